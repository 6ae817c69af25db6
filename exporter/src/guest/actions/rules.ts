import type { ActionRefusal } from './action-error.ts';
import { ActionRefused } from './action-error.ts';
import type { DomainFacts } from './domain-facts.ts';
import type { GuestFacts, HookFacts } from './guest-facts.ts';

/** The ways to make a guest do something. */
export type Way = 'keyboard' | 'sysrq' | 'injection';

/** What is known about who asks. */
export interface RequestFacts {
  /** Writing is allowed for this domain; it is apart from reading. */
  readonly optedIn: boolean;
  /** The way over the serial console is allowed for this domain, on top. */
  readonly sysrqOptedIn: boolean;
  /** null: the system has no user ids. */
  readonly effectiveUid: number | null;
  /** The undo journal has something of an earlier action in this domain. */
  readonly unhealed: boolean;
  /** How long the guest's processors may still be stopped, milliseconds. */
  readonly pauseBudgetMs: number;
}

export interface ActionFacts {
  readonly request: RequestFacts;
  readonly domain: DomainFacts;
  readonly guest: GuestFacts;
}

/** One reason to refuse. */
export interface Rule {
  readonly reason: ActionRefusal;
  /** Ways that it is asked for. */
  readonly ways: readonly Way[];
  /** Text that says what is wrong and what to do; null: nothing is wrong. */
  readonly check: (facts: ActionFacts) => string | null;
}

const ALL: readonly Way[] = ['keyboard', 'sysrq', 'injection'];
const SYSTEM_RUNNING = 3;
const SYSRQ_ALL = 1;
const SYSRQ_SIGNALS = 0x40;
/** Keyboard modes of a console that pass Ctrl-Alt-Del on: VC_XLATE and VC_UNICODE. */
const TRANSLATING = [0, 3];

const when = (wrong: boolean, text: string): string | null => (wrong ? text : null);
const hook = (check: (facts: HookFacts, all: ActionFacts) => string | null) => (all: ActionFacts) =>
  all.guest.hook === null ? 'what has to be known about the guest was not read: ask again' : check(all.guest.hook, all);

/** Every reason to refuse an action before anything of it is done, in the order in which they are asked. */
export const RULES: readonly Rule[] = [
  {
    reason: 'not-opted-in',
    ways: ALL,
    check: ({ request }) => when(!request.optedIn, 'acting inside this domain is not allowed: opt it in with write: true in the configuration of the guest helper'),
  },
  {
    reason: 'sysrq-not-opted-in',
    ways: ['sysrq'],
    check: ({ request }) => when(!request.sysrqOptedIn, 'acting over the serial console (SysRq) is not allowed for this domain: it is an opt-in of its own, sysrq: true in the configuration of the guest helper'),
  },
  {
    reason: 'helper-not-root',
    ways: ALL,
    check: ({ request }) => when(request.effectiveUid !== 0, `the helper runs as uid ${request.effectiveUid ?? 'unknown'}; writing guest memory needs root: run it as root`),
  },
  {
    reason: 'journal-unhealed',
    ways: ALL,
    check: ({ request }) => when(request.unhealed, 'something of an earlier action is still in this guest: the guest helper takes it back when it starts and each minute; its log says what keeps it from that'),
  },
  {
    reason: 'pause-budget-spent',
    ways: ['injection'],
    check: ({ request }) => when(!(request.pauseBudgetMs > 0), "the guest's processors were stopped as long as is allowed: try again later"),
  },
  {
    reason: 'domain-unclear',
    ways: ALL,
    check: ({ domain }) => when(domain.unclear.length > 0, `QEMU did not tell what has to be known (${domain.unclear.join('; ')}): ask again; where it stays so, look into the log of libvirt`),
  },
  {
    reason: 'encrypted-memory',
    ways: ALL,
    check: ({ domain }) => {
      const how = domain.launchSecurity ?? domain.confidentialGuest;
      return when(how !== null, `the guest's memory is encrypted (${how}): nothing can be done in it from outside; restart the domain instead`);
    },
  },
  {
    reason: 'domain-debug',
    ways: ALL,
    check: ({ domain }) => when(domain.status === 'debug', 'the domain is stopped at a breakpoint (status debug): end the debugger; what a crash of the guest helper left is healed when it starts'),
  },
  {
    reason: 'paused',
    ways: ALL,
    check: ({ domain }) => when(domain.status !== 'running' && domain.status !== 'debug', `the domain is not running but ${domain.status}: resume or start it first`),
  },
  {
    reason: 'migrating',
    ways: ALL,
    check: ({ domain }) => when(domain.migration !== null, `the domain is being migrated or saved (${domain.migration}): what is written now can get lost on the way; ask again when it has ended`),
  },
  {
    reason: 'job-running',
    ways: ALL,
    check: ({ domain }) => when(domain.jobs.length > 0, `a job runs on the domain (${domain.jobs.join(', ')}): try again when it has ended`),
  },
  {
    reason: 'block-job-running',
    ways: ALL,
    check: ({ domain }) => when(domain.blockJobs.length > 0, `a block job runs on the domain (${domain.blockJobs.join(', ')}): try again when it has ended`),
  },
  {
    reason: 'foreign-gdbserver',
    ways: ALL,
    check: ({ domain }) => when(domain.gdbserver !== null, `a gdb server that is not ours is open (${domain.gdbserver}): somebody debugs this guest; ask again when they have ended it (gdbserver none)`),
  },
  {
    reason: 'system-not-running',
    ways: ALL,
    check: ({ guest }) => when(guest.systemState !== SYSTEM_RUNNING, `the guest's kernel is not in normal operation (system_state ${guest.systemState}): it starts, stops or sleeps; ask again when it is up`),
  },
  {
    reason: 'locked-down',
    ways: ALL,
    check: ({ guest }) => when(guest.lockdown !== null && guest.lockdown !== 0, `the guest's kernel is locked down (${guest.lockdown}): its owner wants nobody to change it; use the guest agent, or restart the domain`),
  },
  {
    reason: 'static-usermodehelper',
    ways: ALL,
    check: ({ guest }) => when(guest.staticUsermodehelper, "the guest's kernel starts only one fixed program (CONFIG_STATIC_USERMODEHELPER), not the one that is asked for; use the guest agent, or restart the domain"),
  },
  {
    reason: 'usermodehelper-disabled',
    ways: ALL,
    check: ({ guest }) => when(guest.usermodehelperDisabled !== null && guest.usermodehelperDisabled !== 0, "the guest's kernel starts no programs at the moment: it goes to sleep or shuts down; ask again when it is up"),
  },
  {
    reason: 'poweroff-force-set',
    ways: ['keyboard', 'sysrq'],
    check: hook((facts) => when(facts.isForced, 'poweroff_force is set in the guest: a command that fails would power it off; it powers off already, or has to be restarted')),
  },
  {
    reason: 'poweroff-command-unexpected',
    ways: ['keyboard', 'sysrq'],
    check: hook((facts) => when(!/^\/[\x20-\x7e]+$/.test(facts.command) || facts.command === '/bin/true', `poweroff_cmd of the guest is ${JSON.stringify(facts.command)}: somebody else changed it, or something of an earlier action was left; set kernel.poweroff_cmd in the guest to what it was, /sbin/poweroff`)),
  },
  {
    reason: 'cad-work-unexpected',
    ways: ['keyboard'],
    check: hook((facts) => when(!facts.isOriginal, 'what the guest does on Ctrl-Alt-Del is not what its kernel set up (cad_work.func): somebody else changed it, and the guest should be restarted')),
  },
  {
    reason: 'cad-work-pending',
    ways: ['keyboard'],
    check: hook((facts) => when(facts.isPending || facts.isRunning, 'the guest is working on a Ctrl-Alt-Del already: it restarts, or ask again')),
  },
  {
    reason: 'modifier-down',
    ways: ['keyboard'],
    check: hook((facts) => when(facts.shiftState !== 0, `a modifier key is down in the guest (shift_state ${facts.shiftState}): somebody types at its console, or a key was left down; press and release it there`)),
  },
  {
    reason: 'keyboard-off',
    ways: ['keyboard'],
    check: hook((facts) =>
      when(facts.keyboardMode === null || !TRANSLATING.includes(facts.keyboardMode), `the guest's console does not take Ctrl-Alt-Del (keyboard mode ${facts.keyboardMode ?? 'unknown'}): a graphical session has it; another way than the keyboard is needed`),
    ),
  },
  {
    reason: 'sysrq-work-unexpected',
    ways: ['sysrq'],
    check: hook((facts) => when(!facts.isOriginal, 'what the guest does on SysRq-F is not what its kernel set up (moom_work.func): somebody else changed it, and the guest should be restarted')),
  },
  {
    reason: 'sysrq-work-pending',
    ways: ['sysrq'],
    check: hook((facts) => when(facts.isPending || facts.isRunning, 'the guest is working on a SysRq-F already: ask again')),
  },
  {
    reason: 'sysrq-open',
    ways: ['sysrq'],
    check: hook((facts) =>
      when(
        facts.sysrqMask === null || facts.sysrqMask < 0 || facts.sysrqMask === SYSRQ_ALL || (facts.sysrqMask & SYSRQ_SIGNALS) !== 0 || facts.isSysrqAlwaysOn,
        'SysRq-F is allowed in the guest anyway: a key that comes late would kill one of its processes (kernel.sysrq must be neither 1 nor have 64)',
      ),
    ),
  },
];

/** The first rule that refuses, or null. */
export function findRefusal(way: Way, facts: ActionFacts): { reason: ActionRefusal; text: string } | null {
  for (const rule of RULES) {
    if (!rule.ways.includes(way)) continue;
    const text = rule.check(facts);
    if (text !== null) return { reason: rule.reason, text };
  }
  return null;
}

/** @throws ActionRefused by the first rule that refuses */
export function refuseByRules(way: Way, facts: ActionFacts): void {
  const refusal = findRefusal(way, facts);
  if (refusal !== null) throw new ActionRefused(refusal.reason, refusal.text);
}
