import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { goodValues, OTHER_SITE, PER_CPU, RSP, scriptedServer, SITE, TASK, TEXT, toolsWith } from '../testing/injection-harness.ts';
import { DOMAIN, reasonOf } from '../testing/simulated-tools.ts';
import type { Monitor } from '../../memory/memory.ts';
import type { ActionTools } from '../tools.ts';
import { ActionRefused } from '../action-error.ts';
import { JournalError } from '../journal-entry.ts';
import type { LibvirtFacts } from '../domain-facts.ts';
import { injectCall } from './call.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-call-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const CALL = { function: 'send_sig', args: [9n, TASK, 1n] };
const LIMITS = { packetMs: 500, siteMs: 300, callMs: 300 };

describe('a call of a kernel function', () => {
  test('is made at a safe place, its result told, breakpoints removed, the server closed, the journal empty', async () => {
    const script = scriptedServer([SITE], { returned: 0xffff_fffen });
    const { tools, guest, written, asked, isOpen } = toolsWith(script);
    const result = await injectCall(tools, folder, CALL, LIMITS);
    expect(result).toMatchObject({ returned: -2, site: '__x64_sys_read', unsafe: [] });
    expect([script.general['rsi'], script.general['rdx']]).toEqual([TASK, 1n]);
    expect(written.every(({ address, bytes }) => address + BigInt(bytes.length) <= RSP)).toBe(true);
    expect(asked().at(-1)).toBe('D;1');
    expect(script.breakpoints.size).toBe(0);
    expect(isOpen()).toBe(false);
    expect(guest.journal.domains()).toEqual([]);
  });

  test('writes all registers in one packet, after the frame', async () => {
    const { tools, asked } = toolsWith(scriptedServer([SITE]));
    await injectCall(tools, folder, CALL, LIMITS);
    expect(asked().filter((packet) => /^[GP]/.test(packet))).toHaveLength(1);
    expect(asked().some((packet) => /^[MX]|^Z0/.test(packet))).toBe(false);
  });

  test('goes on to another place where one is not safe, and says why', async () => {
    const values = goodValues();
    let looks = 0;
    const { tools } = toolsWith(scriptedServer([SITE, OTHER_SITE]), values);
    const kernel = { ...tools.kernel, readU32: (address: bigint) => (address === PER_CPU + 0x1008n && ++looks === 1 ? 0x101 : tools.kernel.readU32(address)) };
    expect(await injectCall({ ...tools, kernel }, folder, CALL, LIMITS)).toMatchObject({ site: 'vmstat_shepherd', unsafe: ['__x64_sys_read: preempt-count'] });
  });

  test('is not made where no place is safe; the guest runs on without breakpoints', async () => {
    const script = scriptedServer([SITE, OTHER_SITE], { eflags: 0 });
    const { tools, written, asked, isOpen, guest } = toolsWith(script);
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('no-safe-site');
    expect(written).toEqual([]);
    expect(asked().some((packet) => packet.startsWith('G'))).toBe(false);
    expect([script.breakpoints.size, isOpen(), guest.journal.domains().length]).toEqual([0, false, 0]);
  });

  test('is given up when no processor comes to a place in time', async () => {
    const script = scriptedServer([]);
    const { tools, asked, isOpen } = toolsWith(script);
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('no-safe-site');
    expect(asked()).toContain('interrupt');
    expect([script.breakpoints.size, isOpen()]).toEqual([0, false]);
  });

  test('is given up when the guest was stopped for too long before it', async () => {
    const script = scriptedServer([SITE]);
    const { tools, written } = toolsWith(script);
    let now = 0;
    const clock = { ...tools.clock, now: () => (now += 60) };
    expect(await reasonOf(injectCall({ ...tools, clock, request: { ...tools.request, pauseBudgetMs: 100 } }, folder, CALL, { ...LIMITS, siteMs: 100_000 }))).toBe('pause-budget-spent');
    expect([written.length, script.breakpoints.size]).toEqual([0, 0]);
  });

  test('is given up when the guest stood for too long only when the place was found safe', async () => {
    const script = scriptedServer([SITE]);
    const { tools, written } = toolsWith(script);
    const answer = script.answer;
    let stood = 0;
    script.answer = (packet, server) => {
      if (packet === 'p19') stood = 1000;
      return answer(packet, server);
    };
    const clock = { ...tools.clock, now: () => stood };
    expect(await reasonOf(injectCall({ ...tools, clock, request: { ...tools.request, pauseBudgetMs: 100 } }, folder, CALL, LIMITS))).toBe('pause-budget-spent');
    expect([written.length, script.breakpoints.size]).toEqual([0, 0]);
  });

  test('is not made where the guest stands and was not asked to', async () => {
    const { tools, written, isOpen, guest } = toolsWith(scriptedServer([TEXT + 0x900n]));
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('gdb-failed');
    expect([written.length, isOpen(), guest.journal.domains().length]).toEqual([0, false, 0]);
  });

  test.each([['another place', { returnsTo: TEXT + 0x12n }], ['another stack', { returnStackOff: 16n }]] as const)('that comes back to %s is lost', async (_what, where) => {
    const script = scriptedServer([SITE], where);
    const { tools, isOpen } = toolsWith(script);
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('call-lost');
    expect([script.breakpoints.size, isOpen()]).toEqual([0, false]);
  });

  test('is refused where something is left in the guest', async () => {
    const { tools, servers, guest } = toolsWith(scriptedServer([SITE]));
    guest.journal.write({ domain: DOMAIN.uuid, kind: 'injection', openedAt: '2026-01-01T00:00:00Z', qemuPid: 1, qemuStartTicks: 1, boot: 'ab'.repeat(32), work: 0n, hookFunction: 0n, writes: [], gdbSocket: null, gracePeriod: null });
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('journal-unhealed');
    expect(servers).toEqual([]);
  });

  test('that does not return is left to end by itself', async () => {
    const script = scriptedServer([SITE], { neverReturns: true });
    const { tools, isOpen, guest, asked } = toolsWith(script);
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('call-lost');
    // Nothing is ordered of a guest that runs.
    expect(asked()).toContain('interrupt');
    expect([script.breakpoints.size, isOpen(), guest.journal.domains().length]).toEqual([0, false, 0]);
  });

  test('whose arguments are gone when the guest stands is not made', async () => {
    const script = scriptedServer([SITE]);
    const { tools, written, asked } = toolsWith(script);
    const refresh = () => {
      throw new ActionRefused('process-gone', 'it ended');
    };
    expect(await reasonOf(injectCall(tools, folder, { ...CALL, refresh }, LIMITS))).toBe('process-gone');
    expect(written).toEqual([]);
    expect(asked().some((packet) => packet.startsWith('G'))).toBe(false);
  });

  test.each<[string, string, unknown]>([
    ['migrating', 'query-migrate', { status: 'active' }],
    ['job-running', 'query-jobs', [{ id: 'drive0', type: 'mirror', status: 'running' }]],
    ['domain-unclear', 'query-jobs', new Error('monitor closed')],
  ])('is not made where something began while the guest was waited for: %s', async (reason, command, answer) => {
    const script = scriptedServer([SITE]);
    const { tools, written, asked, isOpen, guest } = toolsWith(script);
    const monitor: Monitor = {
      ...tools.monitor,
      execute: async (name, args) => {
        if (name !== command || !isOpen()) return tools.monitor.execute(name, args);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    expect(await reasonOf(injectCall({ ...tools, monitor }, folder, CALL, LIMITS))).toBe(reason);
    expect(written).toEqual([]);
    expect(asked().some((packet) => packet.startsWith('G'))).toBe(false);
    expect([script.breakpoints.size, isOpen(), guest.journal.domains().length]).toEqual([0, false, 0]);
  });

  test('does not keep the guest standing for a monitor that keeps us waiting', async () => {
    const script = scriptedServer([SITE]);
    const { tools, written, isOpen } = toolsWith(script);
    const monitor: Monitor = { ...tools.monitor, execute: (name, args) => (name === 'query-jobs' && isOpen() ? new Promise(() => undefined) : tools.monitor.execute(name, args)) };
    expect(await reasonOf(injectCall({ ...tools, monitor, request: { ...tools.request, pauseBudgetMs: 200 } }, folder, CALL, LIMITS))).toBe('pause-budget-spent');
    expect([written.length, script.breakpoints.size, isOpen()]).toEqual([0, 0, false]);
  });

  test('sets no more breakpoints once the guest has stood as long as is allowed', async () => {
    const script = scriptedServer([SITE]);
    const { tools, asked } = toolsWith(script);
    const answer = script.answer;
    let stood = 0;
    script.answer = (packet, server) => {
      if (packet.startsWith('Z1')) stood = 1000;
      return answer(packet, server);
    };
    const clock = { ...tools.clock, now: () => stood };
    expect(await reasonOf(injectCall({ ...tools, clock, request: { ...tools.request, pauseBudgetMs: 100 } }, folder, CALL, LIMITS))).toBe('pause-budget-spent');
    expect(asked().filter((packet) => packet.startsWith('Z1'))).toHaveLength(1);
    expect(script.breakpoints.size).toBe(0);
  });

  test.each<[string, unknown]>([
    ['are real', { enabled: true, present: true }],
    ['may be real', {}],
    ['are what QEMU does not tell', new Error('no such command')],
  ])('has four breakpoints where processors %s', async (_what, kvm) => {
    const script = scriptedServer([SITE]);
    const symbols = ['__x64_sys_close', 'wb_workfn', 'vmstat_update', 'flush_to_ldisc', '__x64_sys_write'];
    const { tools, asked } = toolsWith(script);
    const execute: Monitor['execute'] = async (name, args) => {
      if (name !== 'query-kvm') return tools.monitor.execute(name, args);
      if (kvm instanceof Error) throw kvm;
      return kvm;
    };
    const kernel = {
      ...tools.kernel,
      hasSymbol: (name: string) => symbols.includes(name) || tools.kernel.hasSymbol(name),
      symbol: (name: string) => (symbols.includes(name) ? TEXT + 0x500n + BigInt(symbols.indexOf(name) * 16) : tools.kernel.symbol(name)),
    };
    await injectCall({ ...tools, kernel, monitor: { ...tools.monitor, execute } }, folder, CALL, LIMITS);
    const first = asked().indexOf('c');
    expect(asked().slice(0, first).filter((packet) => packet.startsWith('Z1'))).toHaveLength(4);
  });

  test.each<[string, (tools: ActionTools, values: Map<bigint, bigint>) => Partial<ActionTools>]>([
    ['not-opted-in', ({ request }) => ({ request: { ...request, optedIn: false } })],
    ['helper-not-root', ({ request }) => ({ request: { ...request, effectiveUid: 1000 } })],
    ['pause-budget-spent', ({ request }) => ({ request: { ...request, pauseBudgetMs: 0 } })],
    ['inconsistent', ({ kernel }) => ({ kernel: { ...kernel, verify: () => false } })],
    ['may-not-act', () => ({ mayAct: () => false })],
    ['journal-unhealed', ({ journal }) => ({ journal: { ...journal, read: () => { throw new JournalError('it is a link'); } } })],
    ['journal-failed', ({ journal }) => ({ journal: { ...journal, write: () => { throw new Error('no space left'); } } })],
    ['job-running', () => ({ libvirt: { xml: '<domain/>', job: 'UNBOUNDED' } satisfies LibvirtFacts })],
    ['encrypted-memory', () => ({ libvirt: { xml: '<domain><launchSecurity type="tdx"/></domain>', job: null } satisfies LibvirtFacts })],
    ['system-not-running', (_tools, values) => (values.set(TEXT + 0x2000n, 6n), {})],
    ['gadget-missing', ({ kernel }) => ({ kernel: { ...kernel, read: (address, into, offset, length) => (address === TEXT ? (into.fill(0x90), true) : kernel.read(address, into, offset, length)) } })],
    ['unreadable', ({ kernel }) => ({ kernel: { ...kernel, read: (address, into, offset, length) => address !== TEXT && kernel.read(address, into, offset, length) } })],
    ['no-safe-site', ({ kernel }) => ({ kernel: { ...kernel, hasSymbol: (name) => !/sys_read|vmstat/.test(name) && kernel.hasSymbol(name) } })],
  ])('is refused: %s', async (reason, spoil) => {
    const values = goodValues();
    const { tools, servers, written, guest } = toolsWith(scriptedServer([SITE]), values);
    expect(await reasonOf(injectCall({ ...tools, ...spoil(tools, values) }, folder, CALL, LIMITS))).toBe(reason);
    expect([servers.length, written.length, guest.journal.domains().length]).toEqual([0, 0, 0]);
  });

  test('is in the journal before a gdb server is opened', async () => {
    const { tools, guest } = toolsWith(scriptedServer([SITE]));
    const seen: unknown[] = [];
    const human = (command: string): Promise<string> => (seen.push(guest.journal.read(DOMAIN.uuid)?.kind), tools.monitor.human(command));
    await injectCall({ ...tools, monitor: { ...tools.monitor, human } }, folder, CALL, LIMITS);
    expect(seen[0]).toBe('injection');
  });

  test('is not made where the permission ends while the guest is waited for', async () => {
    const { tools, written, guest } = toolsWith(scriptedServer([SITE]));
    let asked = 0;
    expect(await reasonOf(injectCall({ ...tools, mayAct: () => asked++ < 1 }, folder, CALL, LIMITS))).toBe('may-not-act');
    expect([written.length, guest.journal.domains().length]).toEqual([0, 0]);
  });

  test('has its arguments looked up anew while the guest stands', async () => {
    const script = scriptedServer([SITE]);
    const { tools } = toolsWith(script);
    await injectCall(tools, folder, { ...CALL, refresh: () => [9n, TASK + 64n, 1n] }, LIMITS);
    expect(script.general['rsi']).toBe(TASK + 64n);
  });

  test('refuses beside a gdb server that is not ours, and does not close that one', async () => {
    const script = scriptedServer([SITE]);
    const { tools, servers, guest } = toolsWith(script, goodValues(), { 'query-chardev': [{ label: 'gdb', filename: 'tcp::1234' }] });
    expect(await reasonOf(injectCall(tools, folder, CALL, LIMITS))).toBe('foreign-gdbserver');
    expect([servers.length, guest.journal.domains().length]).toEqual([0, 0]);
  });

  test('that cannot let go of the guest keeps the journal, for healing', async () => {
    const script = scriptedServer([SITE]);
    const made = toolsWith(script);
    const monitor = {
      ...made.tools.monitor,
      human: async (command: string) => {
        if (command === 'gdbserver none') throw new Error('monitor closed');
        return made.tools.monitor.human(command);
      },
    };
    expect(await reasonOf(injectCall({ ...made.tools, monitor }, folder, CALL, LIMITS))).toBe('gdb-failed');
    expect(made.guest.journal.read(DOMAIN.uuid)?.kind).toBe('injection');
    await made.tools.monitor.human('gdbserver none');
  });

  test('whose server goes away in the middle lets go of the guest by a new connection', async () => {
    const script = scriptedServer([SITE]);
    let isFirst = true;
    const answer = script.answer;
    script.answer = (packet, server) => {
      if (isFirst && packet === 'g') {
        isFirst = false;
        server.sendRaw('garbage');
        return null;
      }
      return answer(packet, server);
    };
    const again = toolsWith(script);
    expect(await reasonOf(injectCall(again.tools, folder, CALL, LIMITS))).toBe('gdb-failed');
    expect(again.servers).toHaveLength(2);
    expect(again.servers[1]?.asked.at(-1)).toBe('D;1');
    expect([script.breakpoints.size, again.isOpen(), again.guest.journal.domains().length]).toEqual([0, false, 0]);
  });
});
