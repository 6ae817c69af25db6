import { describe, expect, test } from 'vitest';
import { restartUnit } from './restart-unit.ts';
import type { UnitToRestart } from './restart-unit.ts';
import { signalProcess } from './signal-process.ts';
import { FAST, simulateGuest } from './testing/simulated-guest.ts';
import { reasonOf, simulatedTools } from './testing/simulated-tools.ts';

const WAYS = { order: ['keyboard'] as const, console: null, gdbFolder: null };
const unit = (change: Partial<UnitToRestart> = {}): UnitToRestart => ({ name: 'nginx.service', condition: 'dead', earlier: [], isGone: () => true, ...change });

describe('restarting a unit in a guest', () => {
  test('runs the commands of the plan one after the other, and leaves the guest as it was', async () => {
    const guest = simulateGuest(FAST);
    const before = guest.hooked();
    let looks = 0;
    const results = await restartUnit(simulatedTools(guest), WAYS, unit({ condition: 'hung', isGone: () => ++looks > 3 }));
    expect(guest.happened.ran).toEqual(['/usr/bin/systemctl kill -s KILL nginx.service', '/usr/bin/systemctl restart nginx.service']);
    expect(results.map(({ way }) => way)).toEqual(['keyboard', 'keyboard']);
    expect([looks, guest.hooked()]).toEqual([4, before]);
  });

  test('goes on to the restart where the processes do not go', async () => {
    const guest = simulateGuest(FAST);
    await restartUnit(simulatedTools(guest), WAYS, unit({ condition: 'hung', isGone: () => false }));
    expect(guest.happened.ran).toHaveLength(2);
  });

  test('is refused where systemd would give the unit up, and where there is no systemd', async () => {
    const guest = simulateGuest(FAST);
    const earlier = [0, 0, 0, 0].map((atMs) => ({ atMs, brought: true }));
    expect(await reasonOf(restartUnit(simulatedTools(guest), WAYS, unit({ earlier })))).toBe('rate-limited');
    const tools = simulatedTools(guest);
    const init = guest.kernel.symbol('init_task');
    const first = (guest.kernel.readU64(init + 16n) ?? 0n) - 16n;
    const kernel = {
      ...tools.kernel,
      read: (address: bigint, into: Buffer, offset?: number, length?: number) => {
        const isRead = tools.kernel.read(address, into, offset, length);
        if (address === first && into.length > 100) into.write('busybox\0', 56, 'latin1');
        return isRead;
      },
    };
    expect(await reasonOf(restartUnit({ ...tools, kernel }, WAYS, unit()))).toBe('no-systemd');
    expect(guest.happened.ran).toEqual([]);
  });
});

describe('a signal', () => {
  test('goes neither to process 1, nor to kernel threads, nor to a process that is not there any more', async () => {
    const guest = simulateGuest(FAST);
    const tools = simulatedTools(guest);
    // Process 1 and the kernel's worker are the first two.
    expect(await reasonOf(signalProcess(tools, '/nowhere', { pid: 1, startTimeNanoseconds: 2 }, 'TERM'))).toBe('process-protected');
    expect(await reasonOf(signalProcess(tools, '/nowhere', { pid: 2, startTimeNanoseconds: 3 }, 'TERM'))).toBe('process-protected');
    expect(await reasonOf(signalProcess(tools, '/nowhere', { pid: 2, startTimeNanoseconds: 4 }, 'TERM'))).toBe('process-gone');
    expect(await reasonOf(signalProcess(tools, '/nowhere', { pid: 77, startTimeNanoseconds: 4 }, 'TERM'))).toBe('process-gone');
  });
});
