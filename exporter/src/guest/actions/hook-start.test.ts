import { describe, expect, test } from 'vitest';
import { KernelError } from '../error.ts';
import { healDomain } from './heal.ts';
import { startByKeyboard } from './keyboard-start.ts';
import { startProcess } from './start-process.ts';
import { startBySysrq } from './sysrq-start.ts';
import { simulateGuest } from './testing/simulated-guest.ts';
import type { SimulatedGuest } from './testing/simulated-guest.ts';
import { DOMAIN, reasonOf, simulatedHealTools, simulatedTools } from './testing/simulated-tools.ts';
import { JournalError } from './journal-entry.ts';
import { createActionTasks } from './tasks.ts';
import type { ActionTools } from './tools.ts';

const COMMAND = ['/bin/touch', '/tmp/a'];
const SLOW_READ = { key: () => 2, pickUp: () => 1, read: () => 60_000, run: () => 1 };

/** Reason, what makes it, in the guest itself. */
const BY_KEYBOARD: readonly (readonly [string, (guest: SimulatedGuest) => void])[] = [
  ['system-not-running', (guest) => guest.set32('system_state', 6)],
  ['locked-down', (guest) => guest.set32('kernel_locked_down', 1)],
  ['usermodehelper-disabled', (guest) => guest.set32('usermodehelper_disabled', 2)],
  // movq $0x01010101, 40(%rax)
  ['static-usermodehelper', (guest) => guest.set64('call_usermodehelper_setup', 0x0101_0101_2840_c748n)],
  ['poweroff-force-set', (guest) => guest.set32('poweroff_force', 1)],
  ['poweroff-command-unexpected', (guest) => guest.setText('poweroff_cmd', '/bin/true')],
  ['cad-work-unexpected', (guest) => guest.set64('cad_work.2', 0x1234n, 24n)],
  ['cad-work-pending', (guest) => guest.set64('cad_work.2', 1n)],
  ['modifier-down', (guest) => guest.set32('shift_state', 4)],
  ['keyboard-off', (guest) => guest.setKeyboardMode(2)],
  ['keyboard-off', (guest) => guest.set32('fg_console', 9999)],
  ['symbol-missing', (guest) => guest.removeSymbol('cad_work.2')],
  ['symbol-ambiguous', (guest) => guest.addSymbol('cad_work.7')],
  ['paused', (guest) => (guest.settings.status = 'paused')],
  ['domain-debug', (guest) => (guest.settings.status = 'debug')],
  ['domain-unclear', (guest) => guest.settings.failing.set('query-jobs', 'monitor closed')],
  ['migrating', (guest) => guest.settings.answers.set('query-migrate', { status: 'active' })],
  ['job-running', (guest) => guest.settings.answers.set('query-jobs', [{ id: 's0', type: 'snapshot-save', status: 'running' }])],
  ['block-job-running', (guest) => guest.settings.answers.set('query-block-jobs', [{ device: 'vda', type: 'mirror' }])],
  ['encrypted-memory', (guest) => guest.settings.answers.set('qom-get', '/objects/tdx0')],
  ['foreign-gdbserver', (guest) => guest.settings.answers.set('query-chardev', [{ label: 'gdb', filename: 'tcp::1234' }])],
];

/** Reason, what is otherwise with who asks. */
const OF_WHO_ASKS: readonly (readonly [string, (tools: ActionTools) => Partial<ActionTools>])[] = [
  ['not-opted-in', ({ request }) => ({ request: { ...request, optedIn: false } })],
  ['helper-not-root', ({ request }) => ({ request: { ...request, effectiveUid: 1000 } })],
  ['job-running', () => ({ libvirt: { xml: '<domain/>', job: 'UNBOUNDED' } })],
  ['encrypted-memory', () => ({ libvirt: { xml: '<domain><launchSecurity type="sev"/></domain>', job: null } })],
  ['journal-unhealed', ({ journal }) => ({ journal: { ...journal, read: () => { throw new JournalError('it is a link'); } } })],
];

describe('a start that is refused leaves the guest as it was, without a key or a journal', () => {
  test.each(BY_KEYBOARD)('%s', async (reason, spoil) => {
    const guest = simulateGuest();
    spoil(guest);
    const before = guest.hooked();
    expect(await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND))).toBe(reason);
    guest.pass(1000);
    expect([guest.happened.keysHandled, guest.hooked(), guest.journal.domains()]).toEqual([0, before, []]);
  });

  test.each([...OF_WHO_ASKS, ['sysrq-not-opted-in', ({ request }: ActionTools) => ({ request: { ...request, sysrqOptedIn: false } })] as const])('%s, by who asks', async (reason, change) => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = { ...simulatedTools(guest), ...change(simulatedTools(guest)) };
    const byKeyboard = await reasonOf(startByKeyboard(tools, COMMAND));
    if (reason !== 'sysrq-not-opted-in') {
      expect(byKeyboard).toBe(reason);
      expect([guest.happened.keysHandled, guest.hooked()]).toEqual([0, before]);
    }
    expect(await reasonOf(startBySysrq(tools, guest, COMMAND))).toBe(reason);
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
  });

  test.each<[string, string, unknown]>([
    ['migrating', 'query-migrate', { status: 'active' }],
    ['job-running', 'query-jobs', [{ id: 's0', type: 'snapshot-save', status: 'running' }]],
    ['foreign-gdbserver', 'query-chardev', [{ label: 'gdb', filename: 'tcp::1234' }]],
  ])('what begins while Ctrl and Alt are held is noticed before anything is written: %s', async (reason, command, answer) => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = simulatedTools(guest);
    const monitor = {
      ...tools.monitor,
      execute: async (name: string, args?: Record<string, unknown>) => {
        if (name === 'input-send-event') guest.settings.answers.set(command, answer);
        return tools.monitor.execute(name, args);
      },
    };
    expect(await reasonOf(startByKeyboard({ ...tools, monitor, writer: { write: () => { throw new Error('nothing may be written'); } } }, COMMAND))).toBe(reason);
    expect([guest.hooked(), guest.journal.domains(), guest.happened.ran]).toEqual([before, [], []]);
  });

  test.each<[string, (guest: SimulatedGuest) => bigint]>([
    ['poweroff_force', ({ kernel }) => kernel.symbol('poweroff_force')],
    ['system_state', ({ kernel }) => kernel.symbol('system_state')],
    ['the code of call_usermodehelper_setup', ({ kernel }) => kernel.symbol('call_usermodehelper_setup')],
  ])('unreadable: %s', async (_what, placeOf) => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const place = placeOf(guest);
    const tools = simulatedTools(guest);
    const kernel = {
      ...tools.kernel,
      read: (address: bigint, into: Buffer, offset?: number, length?: number) => address !== place && tools.kernel.read(address, into, offset, length),
      readU32: (address: bigint) => (address === place ? null : tools.kernel.readU32(address)),
    };
    expect(await reasonOf(startByKeyboard({ ...tools, kernel }, COMMAND))).toBe('unreadable');
    expect([guest.happened.keysHandled, guest.hooked()]).toEqual([0, before]);
  });

  test('cad-work-pending, where its state cannot be read, or a worker is at it', async () => {
    const guest = simulateGuest(SLOW_READ);
    const tools = simulatedTools(guest);
    const data = guest.kernel.symbol('cad_work.2');
    const kernel = { ...tools.kernel, readU64: (address: bigint) => (address === data ? null : tools.kernel.readU64(address)) };
    expect(await reasonOf(startByKeyboard({ ...tools, kernel }, COMMAND))).toBe('cad-work-pending');
    const worker = guest.kernel.readU64((createActionTasks(guest.kernel).list()?.find(({ isWorker }) => isWorker)?.workerPrivate ?? 0n) + 24n) ?? 0n;
    const unknown = { ...tools.kernel, readU64: (address: bigint) => (address === worker + 24n ? null : tools.kernel.readU64(address)) };
    expect(await reasonOf(startByKeyboard({ ...tools, kernel: unknown }, COMMAND))).toBe('cad-work-pending');
    // Somebody at the console, in a guest whose Ctrl-Alt-Del is followed by the kernel itself.
    guest.set32('C_A_D', 1);
    const keys = [['ctrl', true], ['alt', true], ['delete', true], ['delete', false], ['alt', false], ['ctrl', false]];
    await guest.monitor.execute('input-send-event', { events: keys.map(([key, down]) => ({ data: { down, key: { data: key } } })) });
    guest.pass(100);
    expect(guest.kernel.readU64(data)).toBe(0x20n);
    expect(await reasonOf(startByKeyboard(tools, COMMAND))).toBe('cad-work-pending');
  });

  test('what the kernel handle itself refuses keeps its word', async () => {
    const guest = simulateGuest();
    const tools = simulatedTools(guest);
    const kernel = {
      ...tools.kernel,
      symbol: (name: string) => {
        if (name === 'poweroff_cmd') throw new KernelError('symbol-ambiguous', 'two of them');
        return tools.kernel.symbol(name);
      },
    };
    expect(await reasonOf(startByKeyboard({ ...tools, kernel }, COMMAND))).toBe('symbol-ambiguous');
  });

  test('a console that is taken over between the question and the hook is noticed: nothing is written', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = simulatedTools(guest);
    const monitor = {
      ...tools.monitor,
      execute: async (command: string, args?: Record<string, unknown>) => {
        const answer = await tools.monitor.execute(command, args);
        if (command === 'input-send-event') guest.setKeyboardMode(2);
        return answer;
      },
    };
    expect(await reasonOf(startByKeyboard({ ...tools, monitor }, COMMAND))).toBe('keyboard-off');
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
  });
});

describe('a start by the serial console', () => {
  test('runs the command and leaves the guest as it was', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    expect(await startBySysrq(simulatedTools(guest), guest, COMMAND)).toMatchObject({ started: 'seen' });
    expect([guest.happened.ran, guest.happened.oomKills, guest.hooked(), guest.journal.domains()]).toEqual([['/bin/touch /tmp/a'], 0, before, []]);
  });

  test.each<[string, (guest: SimulatedGuest) => void]>([
    ['sysrq-open', (guest) => guest.set32('sysrq_enabled', 1)],
    ['sysrq-open', (guest) => guest.set32('sysrq_always_enabled', 1)],
    ['sysrq-work-unexpected', (guest) => guest.set64('moom_work', 5n, 24n)],
    ['sysrq-work-pending', (guest) => guest.set64('moom_work', 1n)],
  ])('is refused: %s', async (reason, spoil) => {
    const guest = simulateGuest();
    spoil(guest);
    const before = guest.hooked();
    expect(await reasonOf(startBySysrq(simulatedTools(guest), guest, COMMAND))).toBe(reason);
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
  });

  test('a permission that ends, and a journal that cannot be written, stop it before anything is done', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = simulatedTools(guest);
    expect(await reasonOf(startBySysrq({ ...tools, mayAct: () => false }, guest, COMMAND))).toBe('may-not-act');
    const journal = { ...tools.journal, write: () => { throw new Error('no space left'); } };
    expect(await reasonOf(startBySysrq({ ...tools, journal }, guest, COMMAND))).toBe('journal-failed');
    expect([guest.hooked(), guest.journal.domains(), guest.happened.ran]).toEqual([before, [], []]);
  });

  test('is refused where the kernel does not tell when a late key is over', async () => {
    const guest = simulateGuest();
    const before = guest.hooked();
    const tools = simulatedTools(guest);
    const kernel = {
      ...tools.kernel,
      symbol: (name: string) => {
        if (name === 'rcu_state') throw new KernelError('symbol-missing', 'no rcu_state');
        return tools.kernel.symbol(name);
      },
    };
    expect(await reasonOf(startBySysrq({ ...tools, kernel }, guest, COMMAND))).toBe('symbol-missing');
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
  });

  test('needs a console', async () => {
    expect(await reasonOf(startBySysrq(simulatedTools(simulateGuest()), null, COMMAND))).toBe('no-serial-console');
  });

  test('a key that is not taken in time kills nothing, whenever it comes', async () => {
    const guest = simulateGuest({ ...SLOW_READ, key: () => 20_000, read: () => 1 });
    const before = guest.hooked();
    expect(await reasonOf(startBySysrq(simulatedTools(guest), guest, COMMAND))).toBe('not-started');
    expect([guest.hooked(), guest.journal.domains()]).toEqual([before, []]);
    guest.pass(100_000);
    expect([guest.happened.oomKills, guest.happened.ran]).toEqual([0, []]);
  });

  test('a key that the guest is working on when the permission goes is waited for; else the function stays until healing finds that it is over', async () => {
    const guest = simulateGuest(SLOW_READ);
    const before = guest.hooked();
    expect(await reasonOf(startBySysrq(simulatedTools(guest), guest, COMMAND))).toBe('fence-lost');
    expect(guest.get32('sysrq_enabled')).toBe(0x1b6);
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason: 'fence-lost' });
    guest.pass(400_000);
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'healed' });
    expect([guest.happened.oomKills, guest.happened.ran, guest.hooked()]).toEqual([0, ['/bin/true'], before]);
  });
});

describe('healing', () => {
  test('does not follow an entry that does not fit the kernel', async () => {
    const guest = simulateGuest(SLOW_READ);
    await reasonOf(startBySysrq(simulatedTools(guest), guest, COMMAND));
    const entry = guest.journal.read(DOMAIN.uuid);
    if (entry === null) throw new Error('there has to be an entry');
    const before = guest.hooked();
    for (const wrong of [
      { ...entry, work: entry.work + 8n },
      { ...entry, hookFunction: entry.hookFunction + 8n },
      { ...entry, writes: entry.writes.map((write) => ({ ...write, address: write.address + 8n })) },
      { ...entry, writes: entry.writes.map((write) => (write.place === 'function' ? { ...write, before: Buffer.alloc(8, 0x41) } : write)) },
      { ...entry, writes: entry.writes.slice(1) },
    ]) {
      guest.journal.write(wrong);
      expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason: 'journal-unreadable' });
      expect(guest.hooked()).toBe(before);
    }
  });

  test('leaves what somebody else changed as it is', async () => {
    let keys = 0;
    const guest = simulateGuest({ key: () => (++keys <= 2 ? 5 : 60_000), pickUp: () => 1, read: () => 1, run: () => 1 });
    await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND));
    guest.pass(400_000);
    guest.set64('cad_work.2', 0x4242n, 24n);
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason: 'changed-by-others' });
    expect(guest.kernel.readU64(guest.kernel.symbol('cad_work.2') + 24n)).toBe(0x4242n);
  });

  test('waits for a domain that is paused', async () => {
    let keys = 0;
    const guest = simulateGuest({ key: () => (++keys <= 2 ? 5 : 60_000), pickUp: () => 1, read: () => 1, run: () => 1 });
    await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND));
    guest.settings.status = 'paused';
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason: 'paused' });
  });

  test.each<[string, (guest: SimulatedGuest) => void]>([
    ['migrating', (guest) => guest.settings.answers.set('query-migrate', { status: 'active' })],
    ['domain-unclear', (guest) => guest.settings.failing.set('query-migrate', 'monitor closed')],
    ['domain-unclear', (guest) => guest.settings.failing.set('query-status', 'monitor closed')],
  ])('waits where writing is not safe: %s', async (reason, spoil) => {
    let keys = 0;
    const guest = simulateGuest({ key: () => (++keys <= 2 ? 5 : 60_000), pickUp: () => 1, read: () => 1, run: () => 1 });
    const before = guest.hooked();
    await reasonOf(startByKeyboard(simulatedTools(guest), COMMAND));
    guest.pass(400_000);
    const hooked = guest.hooked();
    spoil(guest);
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'left', reason });
    expect(guest.hooked()).toBe(hooked);
    guest.settings.answers.clear();
    guest.settings.failing.clear();
    expect(await healDomain(simulatedHealTools(guest))).toMatchObject({ result: 'healed' });
    expect(guest.hooked()).toBe(before);
  });

  test('of an injection releases the guest, of another QEMU is dropped, beside a foreign debugger waits', async () => {
    const guest = simulateGuest();
    const entry = { domain: DOMAIN.uuid, kind: 'injection', openedAt: '2026-01-01T00:00:00Z', qemuPid: DOMAIN.qemuPid, qemuStartTicks: DOMAIN.qemuStartTicks, boot: '0'.repeat(64), work: 0n, hookFunction: 0n, writes: [], gdbSocket: '/run/g.sock', gracePeriod: null } as const;
    const released: string[] = [];
    const tools = (answer: 'released' | 'not-ours') => ({
      ...simulatedHealTools(guest),
      releaseDebugger: async (socket: string) => {
        released.push(socket);
        return answer;
      },
    });
    guest.journal.write(entry);
    expect(await healDomain(tools('not-ours'))).toMatchObject({ result: 'left', reason: 'foreign-gdbserver' });
    expect(await healDomain(tools('released'))).toMatchObject({ result: 'healed' });
    guest.journal.write({ ...entry, qemuPid: 1 });
    expect(await healDomain(tools('released'))).toMatchObject({ result: 'dropped' });
    guest.journal.write({ ...entry, qemuStartTicks: 1 });
    expect(await healDomain(tools('released'))).toMatchObject({ result: 'dropped' });
    expect(released).toEqual(['/run/g.sock', '/run/g.sock']);
  });
});

describe('starting by several ways', () => {
  const ways = (guest: SimulatedGuest) => ({ order: ['keyboard', 'sysrq'] as const, console: guest, gdbFolder: null });

  test('takes the next where one is refused for itself', async () => {
    const guest = simulateGuest();
    guest.settings.hasDriver = false;
    expect(await startProcess(simulatedTools(guest), ways(guest), COMMAND)).toMatchObject({ way: 'sysrq' });
  });

  test('takes no other where all would be refused, or where one had begun', async () => {
    const paused = simulateGuest();
    paused.settings.status = 'paused';
    expect(await reasonOf(startProcess(simulatedTools(paused), ways(paused), COMMAND))).toBe('paused');
    let keys = 0;
    const slow = simulateGuest({ key: () => (++keys <= 2 ? 5 : 60_000), pickUp: () => 1, read: () => 1, run: () => 1 });
    expect(await reasonOf(startProcess(simulatedTools(slow), ways(slow), COMMAND))).toBe('fence-lost');
    expect(await reasonOf(startProcess(simulatedTools(simulateGuest()), { order: [], console: null, gdbFolder: null }, COMMAND))).toBe('not-opted-in');
  });
});
