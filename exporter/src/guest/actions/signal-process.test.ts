import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signalProcess } from './signal-process.ts';
import { startByInjection, startProcess } from './start-process.ts';
import { goodValues, putProcess, scriptedServer, SITE, toolsWith } from './testing/injection-harness.ts';
import { reasonOf } from './testing/simulated-tools.ts';

const LIMITS = { packetMs: 500, siteMs: 300, callMs: 300 };
const TARGET = { pid: 77, startTimeNanoseconds: 5000 };
const PF_KTHREAD = 0x20_0000;
const PF_EXITING = 0x4;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-signal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function guestWith(process: Parameters<typeof putProcess>[1], returned = 0n) {
  const values = goodValues();
  const address = putProcess(values, process);
  const script = scriptedServer([SITE], { returned });
  return { values, address, script, ...toolsWith(script, values) };
}

describe('a signal', () => {
  test('goes to the process of that pid and start time', async () => {
    const { tools, script, address } = guestWith(TARGET);
    await signalProcess(tools, folder, TARGET, 'KILL', LIMITS);
    expect([script.general['rdi'], script.general['rsi'], script.general['rdx']]).toEqual([9n, address, 1n]);
  });

  test.each<[string, Parameters<typeof putProcess>[1]]>([
    ['process-gone', { ...TARGET, startTimeNanoseconds: 5001 }],
    ['process-gone', { ...TARGET, pid: 78 }],
    ['process-gone', { ...TARGET, exitState: 32 }],
    ['process-gone', { ...TARGET, flags: PF_EXITING }],
    ['process-protected', { ...TARGET, flags: PF_KTHREAD }],
  ])('is refused: %s %j', async (reason, process) => {
    const { tools, servers } = guestWith(process);
    expect(await reasonOf(signalProcess(tools, folder, TARGET, 'KILL', LIMITS))).toBe(reason);
    expect(servers).toEqual([]);
  });

  test('is refused to process 1', async () => {
    const first = { ...TARGET, pid: 1 };
    const { tools, servers } = guestWith(first);
    expect(await reasonOf(signalProcess(tools, folder, first, 'TERM', LIMITS))).toBe('process-protected');
    expect(servers).toEqual([]);
  });

  test('is refused where no consistent list is to be had', async () => {
    const { tools, values, address, servers } = guestWith(TARGET);
    values.set(address + 72n, 0n);
    expect(await reasonOf(signalProcess(tools, folder, TARGET, 'KILL', LIMITS))).toBe('inconsistent');
    expect(servers).toEqual([]);
  });

  test('is not sent where the process ended, and its pid was given away, while the guest was waited for', async () => {
    const { tools, values, address, written, isOpen } = guestWith(TARGET);
    // While the guest stands the processor's registers are asked for first.
    const monitor = { ...tools.monitor, execute: async (name: string, args?: Record<string, unknown>) => (isOpen() && values.set(address + 112n, 6000n), tools.monitor.execute(name, args)) };
    expect(await reasonOf(signalProcess({ ...tools, monitor }, folder, TARGET, 'KILL', LIMITS))).toBe('process-gone');
    expect(written).toEqual([]);
  });

  test('that the kernel did not send has failed', async () => {
    expect(await reasonOf(signalProcess(guestWith(TARGET, 0xffff_fffdn).tools, folder, TARGET, 'KILL', LIMITS))).toBe('call-failed');
  });
});

describe('a program started by a call', () => {
  test('has failed where the kernel says so', async () => {
    const { tools } = guestWith(TARGET, 0xffff_fffen);
    await expect(startByInjection(tools, folder, ['/bin/none'], LIMITS)).rejects.toMatchObject({ reason: 'call-failed', left: false, message: expect.stringContaining('no such file') as string });
  });

  test('is refused where QEMU has no folder for its gdb server', async () => {
    const { tools, servers } = guestWith(TARGET);
    expect(await reasonOf(startProcess(tools, { order: ['injection'], console: null, gdbFolder: null }, ['/bin/none']))).toBe('no-safe-site');
    expect(servers).toEqual([]);
  });

  test('is refused where it names none', async () => {
    const { tools, servers } = guestWith(TARGET);
    expect(await reasonOf(startByInjection(tools, folder, ['none'], LIMITS))).toBe('command-not-absolute');
    expect(servers).toEqual([]);
  });
});
