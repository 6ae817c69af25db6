import { describe, expect, test } from 'vitest';
import { ACTION_REFUSALS, ActionRefused } from './action-error.ts';
import { findRefusal, refuseByRules, RULES } from './rules.ts';
import type { ActionFacts, RequestFacts, Way } from './rules.ts';
import type { DomainFacts } from './domain-facts.ts';
import type { GuestFacts, HookFacts } from './guest-facts.ts';

const GOOD: ActionFacts = {
  request: { optedIn: true, sysrqOptedIn: true, effectiveUid: 0, unhealed: false, pauseBudgetMs: 100 },
  domain: { status: 'running', migration: null, jobs: [], blockJobs: [], launchSecurity: null, confidentialGuest: null, gdbserver: null, unclear: [] },
  guest: {
    systemState: 3,
    lockdown: 0,
    usermodehelperDisabled: 0,
    staticUsermodehelper: false,
    hook: { isForced: false, command: '/sbin/poweroff', isOriginal: true, isPending: false, isRunning: false, shiftState: 0, keyboardMode: 3, sysrqMask: 0x1b6, isSysrqAlwaysOn: false },
  },
};
const asked = (change: Partial<RequestFacts>): ActionFacts => ({ ...GOOD, request: { ...GOOD.request, ...change } });
const domain = (change: Partial<DomainFacts>): ActionFacts => ({ ...GOOD, domain: { ...GOOD.domain, ...change } });
const guest = (change: Partial<GuestFacts>): ActionFacts => ({ ...GOOD, guest: { ...GOOD.guest, ...change } });
const hook = (change: Partial<HookFacts>): ActionFacts => guest({ hook: { ...(GOOD.guest.hook as HookFacts), ...change } });

/** Way, reason, what is wrong. */
const CASES: readonly (readonly [Way, string, string, ActionFacts])[] = [
  ['keyboard', 'not-opted-in', 'writing is not allowed', asked({ optedIn: false })],
  ['injection', 'not-opted-in', 'writing is not allowed', asked({ optedIn: false })],
  ['sysrq', 'sysrq-not-opted-in', 'the serial way is not allowed', asked({ sysrqOptedIn: false })],
  ['keyboard', 'helper-not-root', 'another user', asked({ effectiveUid: 1000 })],
  ['keyboard', 'helper-not-root', 'user unknown', asked({ effectiveUid: null })],
  ['keyboard', 'journal-unhealed', 'something is left', asked({ unhealed: true })],
  ['injection', 'pause-budget-spent', 'no budget', asked({ pauseBudgetMs: 0 })],
  ['injection', 'pause-budget-spent', 'a budget that is no number', asked({ pauseBudgetMs: Number.NaN })],
  ['keyboard', 'domain-unclear', 'QEMU did not answer', domain({ unclear: ['query-jobs: closed'] })],
  ['keyboard', 'encrypted-memory', 'SEV by the XML', domain({ launchSecurity: 'sev' })],
  ['keyboard', 'encrypted-memory', 'TDX by the XML', domain({ launchSecurity: 'tdx' })],
  ['keyboard', 'encrypted-memory', 'by QEMU', domain({ confidentialGuest: '/objects/tdx0' })],
  ['keyboard', 'domain-debug', 'at a breakpoint', domain({ status: 'debug' })],
  ['keyboard', 'paused', 'paused', domain({ status: 'paused' })],
  ['keyboard', 'paused', 'panicked', domain({ status: 'guest-panicked' })],
  ['keyboard', 'paused', 'I/O error', domain({ status: 'io-error' })],
  ['keyboard', 'migrating', 'migration', domain({ migration: 'active' })],
  ['keyboard', 'job-running', 'a job', domain({ jobs: ['snapshot-save s0'] })],
  ['keyboard', 'block-job-running', 'a block job', domain({ blockJobs: ['commit vda'] })],
  ['keyboard', 'foreign-gdbserver', 'a debugger', domain({ gdbserver: 'tcp:127.0.0.1:1234,server=on' })],
  ['keyboard', 'system-not-running', 'booting', guest({ systemState: 0 })],
  ['keyboard', 'system-not-running', 'restarting', guest({ systemState: 6 })],
  ['keyboard', 'locked-down', 'integrity', guest({ lockdown: 1 })],
  ['injection', 'locked-down', 'confidentiality', guest({ lockdown: 2 })],
  ['keyboard', 'static-usermodehelper', 'one fixed program', guest({ staticUsermodehelper: true })],
  ['keyboard', 'usermodehelper-disabled', 'going to sleep', guest({ usermodehelperDisabled: 2 })],
  ['keyboard', 'poweroff-force-set', 'forced', hook({ isForced: true })],
  ['sysrq', 'poweroff-force-set', 'forced', hook({ isForced: true })],
  ['keyboard', 'poweroff-command-unexpected', 'left over', hook({ command: '/bin/true' })],
  ['keyboard', 'poweroff-command-unexpected', 'empty', hook({ command: '' })],
  ['keyboard', 'cad-work-unexpected', 'hooked by somebody', hook({ isOriginal: false })],
  ['keyboard', 'cad-work-pending', 'pending', hook({ isPending: true })],
  ['keyboard', 'cad-work-pending', 'running', hook({ isRunning: true })],
  ['keyboard', 'modifier-down', 'Ctrl and Alt', hook({ shiftState: 12 })],
  ['keyboard', 'modifier-down', 'Shift', hook({ shiftState: 1 })],
  ['keyboard', 'keyboard-off', 'medium raw', hook({ keyboardMode: 1 })],
  ['keyboard', 'keyboard-off', 'raw', hook({ keyboardMode: 2 })],
  ['keyboard', 'keyboard-off', 'off', hook({ keyboardMode: 4 })],
  ['keyboard', 'keyboard-off', 'unknown', hook({ keyboardMode: null })],
  ['sysrq', 'sysrq-work-unexpected', 'hooked by somebody', hook({ isOriginal: false })],
  ['sysrq', 'sysrq-work-pending', 'pending', hook({ isPending: true })],
  ['sysrq', 'sysrq-open', 'all allowed', hook({ sysrqMask: 1 })],
  ['sysrq', 'sysrq-open', 'signals allowed', hook({ sysrqMask: 0x1f6 })],
  ['sysrq', 'sysrq-open', 'always on', hook({ isSysrqAlwaysOn: true })],
  ['sysrq', 'sysrq-open', 'unknown', hook({ sysrqMask: null })],
];

describe('rules', () => {
  test.each(['keyboard', 'sysrq', 'injection'] as const)('allow a good domain by %s', (way) => {
    expect(findRefusal(way, way === 'injection' ? guest({ hook: null }) : GOOD)).toBeNull();
  });

  test.each(CASES)('%s: %s (%s)', (way, reason, _what, facts) => {
    const refusal = findRefusal(way, facts);
    expect(refusal?.reason).toBe(reason);
    expect(refusal?.text.length).toBeGreaterThan(20);
    expect(() => refuseByRules(way, facts)).toThrow(ActionRefused);
  });

  test('each has a case here, and a word of the list that is used once', () => {
    const reasons = RULES.map((rule) => rule.reason);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect([...new Set(CASES.map(([, reason]) => reason))].sort()).toEqual([...reasons].sort());
    for (const reason of reasons) expect(ACTION_REFUSALS).toContain(reason);
  });

  test('what concerns a hook does not stop an injection, nor the keyboard the serial console', () => {
    expect(findRefusal('injection', hook({ isForced: true, isOriginal: false, shiftState: 12 }))).toBeNull();
    expect(findRefusal('sysrq', hook({ shiftState: 12, keyboardMode: 2 }))).toBeNull();
  });

  test('a hook about which nothing is known is refused', () => {
    expect(findRefusal('keyboard', guest({ hook: null }))?.reason).toBe('poweroff-force-set');
  });

  test('what a kernel does not have is no reason', () => {
    expect(findRefusal('keyboard', guest({ lockdown: null, usermodehelperDisabled: null }))).toBeNull();
  });
});
