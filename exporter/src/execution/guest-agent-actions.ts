/**
 * Actions inside guests by the QEMU guest agent, for guests that the operator allows it for: where the ways from outside are not there or refuse, and
 * for guests that are not Linux. The agent runs as root (on Windows as Local System), so only what the operator or the domain's definition
 * declares is run.
 */
import type { Clock } from '../events/clock.ts';
import { HelperError } from '../guest/helper/client.ts';
import type { Caller } from '../libvirt/index.ts';
import { lookupDomainByUuid, qemuGuestAgent } from '../libvirt/index.ts';
import { AGENT_REASONS, agentError, agentErrorOf } from './guest-agent-error.ts';
import type { AgentReason } from './guest-agent-error.ts';
import type { GuestProgram, GuestProgramEnd } from './guest-agent.ts';
import { runInGuest } from './guest-agent.ts';
import type { GuestActions, GuestAnswer, GuestOrder } from './guest-actions.ts';
import { describeProcesses } from './process-names.ts';

export const GUEST_AGENT = 'guest-agent';

export interface GuestAgentActions extends GuestActions {
  /** What an app declares for the agent (`start.agentCommand`), without any shell: it ends what there is of the app and starts it. */
  runDeclared(order: GuestOrder & { command: readonly string[] }, signal: AbortSignal): Promise<GuestAnswer>;
}

export interface GuestAgentActionsOptions {
  /** Null: the host is not connected. */
  connection(host: string): Caller | null;
  /** Rejects where an opt-in is missing or the order's lease is not ours any more. Asked first, and again right before something is started. */
  permitted(order: GuestOrder): Promise<void>;
  clock: Clock;
  /** Told of everything that the agent did not do, or of which nobody knows whether it did. */
  refused(reason: AgentReason): void;
}

/** For each command of the agent; they are short. libvirt waits for its turn on top: one command at a time, whoever asks. */
const AGENT_SECONDS = 5;
const CALL_MS = 15_000;
const UNIT_LIMIT_MS = 20_000;
const DECLARED_LIMIT_MS = 20_000;
/** After it, what still runs is the app itself. */
const COMMAND_LIMIT_MS = 3000;
const KILL_LIMIT_MS = 5000;
const MOST_SHOWN = 8;
const NANOSECONDS_PER_TICK = 10_000_000;

const SAFE_PATH = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH';
/** `$1` the unit, `$2` `kill` where it hangs. Where not even its start was begun, systemd has given it up, as started too often: it has to forget that first. */
const RESTART_UNIT = `${SAFE_PATH}
begun() { systemctl show --property=ExecMainStartTimestampMonotonic --value -- "$1"; }
[ "$2" = kill ] && systemctl kill --signal=KILL -- "$1"
before=$(begun "$1")
systemctl restart -- "$1" && exit
code=$?
[ "$(begun "$1")" = "$before" ] && systemctl reset-failed -- "$1" 2>/dev/null || exit $code
exec systemctl restart -- "$1"`;
/** In a scope of its own where systemd runs: otherwise it would belong to the agent's service, and end with that. */
const START_COMMAND = `${SAFE_PATH}
exec </dev/null >/dev/null 2>&1
if [ -d /run/systemd/system ] && command -v systemd-run; then exec systemd-run --scope --quiet --collect -- "$@"; fi
exec "$@"`;
/**
 * Words `PID@START` after the signal, the start in ticks since the boot, field 22 of proc(5)'s stat. A pid with another start is another
 * process. Prints how many were gone.
 */
const KILL_PROCESSES = `${SAFE_PATH}
signal=$1; gone=0; shift
start() { shift 19; printf %s "$1"; }
for one in "$@"; do
  line=$(cat "/proc/\${one%@*}/stat" 2>/dev/null)
  if ! { [ "$(start \${line##*) } 2>/dev/null)" = "\${one#*@}" ] && kill -s "$signal" "\${one%@*}"; }; then gone=$((gone + 1)); fi
done
echo "$gone"`;

/** Rejects with HelperError as `GuestActions` says, with an `AgentReason`. */
export function createGuestAgentActions(options: GuestAgentActionsOptions): GuestAgentActions {
  const run = async (order: GuestOrder, program: Program, signal: AbortSignal): Promise<GuestProgramEnd> => {
    try {
      return succeeded(await runPermitted(options, order, program, signal), program);
    } catch (error) {
      if (isAgentError(error)) options.refused(error.reason);
      throw error;
    }
  };
  return {
    async restartUnit({ unit, killFirst, ...order }, signal) {
      const end = await run(order, { ...shell(RESTART_UNIT, [unit, killFirst ? 'kill' : '']), capture: true, limitMs: UNIT_LIMIT_MS, mayRunOn: false }, signal);
      return answer(killFirst ? `unit ${unit} was killed and is started again` : `unit ${unit} is restarted`, end);
    },
    async startCommand({ command, ...order }, signal) {
      return answer('it was started', await run(order, { ...shell(START_COMMAND, command), capture: false, limitMs: COMMAND_LIMIT_MS, mayRunOn: true }, signal));
    },
    async killProcesses({ processes, signal: name, ...order }, signal) {
      const words = processes.map(({ pid, startTimeNanoseconds }) => `${pid}@${Math.floor(startTimeNanoseconds / NANOSECONDS_PER_TICK)}`);
      const end = await run(order, { ...shell(KILL_PROCESSES, [name, ...words]), capture: true, limitMs: KILL_LIMIT_MS, mayRunOn: false }, signal);
      const gone = end.kind === 'ended' && /^\d+$/.test(end.output) ? Number(end.output) : 0;
      return answer(`SIG${name} for ${describeProcesses(processes, MOST_SHOWN)}${gone > 0 ? `; gone before: ${gone}` : ''}`, end);
    },
    async runDeclared({ command: [path = '', ...args], ...order }, signal) {
      return answer('the declared command was run', await run(order, { path, args, capture: true, limitMs: DECLARED_LIMIT_MS, mayRunOn: true }, signal));
    },
  };
}

/** `mayRunOn`: not to have ended by the limit is no trouble. */
type Program = GuestProgram & { mayRunOn: boolean };

function shell(script: string, words: readonly string[]): Pick<GuestProgram, 'path' | 'args'> {
  return { path: '/bin/sh', args: ['-c', script, 'sh', ...words] };
}

async function runPermitted({ connection, permitted, clock }: GuestAgentActionsOptions, order: GuestOrder, program: GuestProgram, signal: AbortSignal): Promise<GuestProgramEnd> {
  const { host, uuid } = order;
  await permitted(order);
  const caller = connection(host);
  if (caller === null) throw agentError('agent-host-unreachable', `libvirt on host ${host} is not connected`, { isRefusal: true });
  const domain = await caller.call(lookupDomainByUuid, { uuid }).catch((error: unknown) => Promise.reject(agentErrorOf(error, false) as Error));
  const agent = qemuGuestAgent(caller, domain, { timeoutSeconds: AGENT_SECONDS, deadlineMs: CALL_MS });
  return runInGuest(agent, program, { clock, signal, mayStart: () => permitted(order) });
}

/** What it may have changed before it failed nobody knows. */
function succeeded(end: GuestProgramEnd, { path, mayRunOn }: Program): GuestProgramEnd {
  const after = `after ${Math.round(end.afterMs)} ms`;
  if (end.kind === 'runs-on') {
    if (mayRunOn) return end;
    throw agentError('agent-timed-out', `${path} has not ended ${after}; it may still do it`, { isRefusal: false });
  }
  if (end.code === 0) return end;
  const how = end.code === null ? `was ended by signal or exception ${end.signal ?? 'unknown'}` : `ended with ${end.code}`;
  throw agentError('agent-program-failed', `${path} ${how} ${after}${end.output === '' ? '' : `: ${end.output}`}`, { isRefusal: false });
}

function answer(done: string, { kind, afterMs }: GuestProgramEnd): GuestAnswer {
  return { method: GUEST_AGENT, detail: `${done}; ${kind === 'ended' ? 'the agent saw it end after' : 'it still ran after'} ${Math.round(afterMs)} ms` };
}

function isAgentError(error: unknown): error is HelperError & { reason: AgentReason } {
  return error instanceof HelperError && (AGENT_REASONS as readonly string[]).includes(error.reason);
}
