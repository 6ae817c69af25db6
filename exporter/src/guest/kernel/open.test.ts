import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelError } from '../error.ts';
import { FAKE_BANNER, fakeKernel, registersText, type FakeKernel } from '../testing/fake-kernel.ts';
import { fakeMonitor } from '../testing/fake-monitor.ts';
import { KALLSYMS_LAYOUTS } from '../testing/kallsyms-builder.ts';
import type { Kernel } from './kernel.ts';
import { openKernel, type KernelOptions } from './open.ts';
import { createProfiles } from './profiles.ts';
import { isRunning } from './running.ts';

const open = (guest: FakeKernel, options?: KernelOptions): Promise<Kernel> => openKernel(guest.memory, guest.monitor, options);

async function refusal(guest: FakeKernel, options?: KernelOptions): Promise<string> {
  const error: unknown = await open(guest, options).then(() => null, (thrown: unknown) => thrown);
  if (!(error instanceof KernelError)) throw new Error(`no refusal: ${String(error)}`);
  return error.reason;
}

function expectWhole(kernel: Kernel, guest: FakeKernel): void {
  expect(kernel.banner).toBe(FAKE_BANNER);
  expect(kernel.release).toBe('6.1.0-56-fake');
  expect(kernel.symbol('init_task')).toBe(guest.address('init_task'));
  expect(kernel.offsetOf('task_struct', 'tasks.prev')).toBe(40);
  expect(kernel.readText(guest.address('init_task') + 16n)).toBe('swapper/0');
  expect(kernel.physical(guest.address('linux_banner'))).toBe(guest.at('linux_banner'));
  expect(kernel.readText(guest.directMap + BigInt(guest.at('linux_banner')), 13)).toBe('Linux version');
  const page = Buffer.alloc(guest.process.text.length);
  expect(kernel.readUser(guest.process.pgd, guest.process.address, page)).toBe(true);
  expect(page.toString()).toBe(guest.process.text);
  expect(kernel.verify()).toBe(true);
}

describe('a kernel', () => {
  describe.each(['registers', 'scan'] as const)('found by %s', (find) => {
    it.each(KALLSYMS_LAYOUTS)('with symbols laid out as %s', async (layout) => {
      const guest = fakeKernel({ layout });
      expectWhole(await open(guest, { find }), guest);
    });

    it.each([4, 5] as const)('with page tables of %d levels', async (levels) => {
      const guest = fakeKernel({ levels });
      expectWhole(await open(guest, { find }), guest);
    });

    it('in a process whose page tables are isolated', async () => {
      const guest = fakeKernel({ isolated: true });
      expectWhole(await open(guest, { find }), guest);
    });

    it('that lies higher in memory than in its map', async () => {
      const guest = fakeKernel({ offset: 0x60_0000, physical: 0x120_0000 });
      expectWhole(await open(guest, { find }), guest);
    });
  });

  it('is searched for where the registers lead nowhere', async () => {
    const guest = fakeKernel();
    const monitor = fakeMonitor({ 'info registers': registersText({ cr3: 0x50_0000, cr4: 0xef0, idt: 0xffff_fe00_0000_0000n, efer: 0xd01 }) });
    expectWhole(await openKernel(guest.memory, monitor), guest);
    expectWhole(await openKernel(guest.memory, fakeMonitor({})), guest);
  });

  it('is found where it takes interrupts without a table: by what runs, or by searching while a program runs', async () => {
    const guest = fakeKernel();
    const registers = { cr3: guest.at('init_top_pgt'), cr4: 0xef0, idt: 0n, efer: 0xd01 };
    const inKernel = fakeMonitor({ 'info registers': registersText({ ...registers, rip: guest.address('_text') + 0x1234n }) });
    expectWhole(await openKernel(guest.memory, inKernel, { find: 'registers' }), guest);
    const inProgram = fakeMonitor({ 'info registers': registersText({ ...registers, rip: 0x5555_5555_4000n, level: 3 }) });
    expectWhole(await openKernel(guest.memory, inProgram), guest);
  });

  it('is found behind remains of its unpacking', async () => {
    const guest = fakeKernel({ physical: 0x180_0000 });
    guest.bytes.copy(guest.bytes, guest.at('__start_BTF') - 0xc0_0000, guest.at('__start_BTF'), guest.at('__stop_BTF'));
    expectWhole(await open(guest, { find: 'scan' }), guest);
  });

  it('has symbols and types, and says what it lacks', async () => {
    const kernel = await open(fakeKernel());
    const reason = (ask: () => unknown): string => {
      try {
        ask();
      } catch (error) {
        if (error instanceof KernelError) return error.reason;
      }
      return 'none';
    };
    expect(reason(() => kernel.symbol('nothing'))).toBe('symbol-missing');
    expect(reason(() => kernel.symbol('twice'))).toBe('symbol-ambiguous');
    expect([kernel.hasSymbol('twice'), kernel.hasSymbol('nothing'), kernel.hasSymbol('init_task')]).toEqual([false, false, true]);
    expect(kernel.symbol('current_task')).toBe(0x1_fb80n);
    expect(kernel.symbolsLike('init_')).toEqual(['init_task', 'init_top_pgt']);
    expect(reason(() => kernel.sizeOf('nothing'))).toBe('type-missing');
    expect(reason(() => kernel.offsetOf('task_struct', 'nothing'))).toBe('type-missing');
    expect([kernel.sizeOf('pid_t'), kernel.tryOffsetOf('task_struct', 'nothing'), kernel.tryOffsetOf('task_struct', 'comm')]).toEqual([4, null, 16]);
  });

  it('reads nothing from addresses that are none, and never throws', async () => {
    const guest = fakeKernel();
    const kernel = await open(guest);
    const into = Buffer.alloc(32);
    const anywhere = fc.oneof(fc.bigInt(-(2n ** 70n), 2n ** 70n), fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 2n ** 64n - 8n, guest.directMap + 2n ** 25n - 8n));
    fc.assert(
      fc.property(anywhere, fc.oneof(fc.integer(), fc.double()), fc.oneof(fc.integer(), fc.double()), (address, offset, length) => {
        for (const read of [kernel.read(address, into, offset, length), kernel.readUser(address, address, into, offset, length)]) {
          if (read) expect(offset + length).toBeLessThanOrEqual(into.length);
        }
        kernel.readUser(guest.process.pgd, address, into);
        kernel.readText(address, length);
        kernel.readU32(address);
        kernel.physical(address);
      }),
      { numRuns: 500 },
    );
    expect(kernel.read(guest.directMap + BigInt(guest.bytes.length) - 8n, into)).toBe(false);
    expect(kernel.read(0x1000n, into)).toBe(false);
    expect(kernel.readUser(guest.process.pgd, guest.address('linux_banner'), into)).toBe(false);
    expect(kernel.readUser(guest.process.pgd + 8n, guest.process.address, into)).toBe(false);
    expect([kernel.readU64(2n ** 63n), kernel.readU32(1n), kernel.readText(2n ** 64n - 1n)]).toEqual([null, null, null]);
  });
});

describe('a kernel that is not the one any more', () => {
  it.each([
    ['another banner', (guest: FakeKernel) => guest.bytes.write('Linux version 6.2 ', guest.at('linux_banner'))],
    ['nothing there', (guest: FakeKernel) => guest.bytes.fill(0, guest.at('linux_banner'), guest.at('linux_banner') + 64)],
    ['another place', (guest: FakeKernel) => guest.bytes.writeBigInt64LE(-0x20_0000n, guest.at('phys_base'))],
    ['another first task', (guest: FakeKernel) => guest.bytes.writeInt32LE(1, guest.at('init_task'))],
  ])('is noticed: %s', async (_what, change) => {
    const guest = fakeKernel();
    const kernel = await open(guest);
    expect(kernel.verify()).toBe(true);
    change(guest);
    expect(kernel.verify()).toBe(false);
  });
});

describe('a kernel that a restart has left behind', () => {
  it('is noticed by the registers at once', async () => {
    const guest = fakeKernel({ isolated: true });
    const kernel = await open(guest);
    expect(await isRunning(guest.memory, guest.monitor, kernel)).toBe(true);
    const elsewhere = { idt: 0xffff_fe00_0000_0000n, cr4: 0xef0, efer: 0xd01 };
    for (const text of ['', registersText({ ...elsewhere, cr3: 0x50_0000 }), registersText({ ...elsewhere, cr3: 0x1_2000, efer: 0 })]) {
      expect(await isRunning(guest.memory, fakeMonitor({ 'info registers': text }), kernel)).toBe(false);
    }
    expect(await isRunning(guest.memory, fakeMonitor({}), kernel)).toBe(false);
    // Of several CPUs one is enough: others may be in firmware's code, or not started.
    const [asleep, awake] = [registersText({ ...elsewhere, cr3: 0x50_0000 }), registersText({ ...elsewhere, cr3: 0x1_2000 })];
    const both = fakeMonitor({ 'info registers': asleep, 'info registers -a': `CPU#0\r\n${asleep}\r\n\r\nCPU#1\r\n${awake}\r\n` });
    expect(await isRunning(guest.memory, both, kernel)).toBe(true);
    guest.bytes.fill(0, guest.at('linux_banner'), guest.at('linux_banner') + 16);
    expect(await isRunning(guest.memory, both, kernel)).toBe(false);
  });
});

describe('no kernel', () => {
  const monitorWith = (values: Partial<Parameters<typeof registersText>[0]>): ReturnType<typeof fakeMonitor> =>
    fakeMonitor({ 'info registers': registersText({ cr3: 0x1_2000, cr4: 0xef0, idt: 0xffff_fe00_0000_0000n, efer: 0xd01, ...values }) });

  it.each([
    ['in firmware', { efer: 0 }, 'not-up-yet'],
    ['in 64-bit firmware', { idt: 0x7f00_1000n, rip: 0x7f01_0000n }, 'not-up-yet'],
  ] as const)('%s: %s', async (_what, values, reason) => {
    const { memory } = fakeKernel();
    await expect(openKernel(memory, monitorWith(values))).rejects.toMatchObject({ reason });
  });

  it('where another system runs', async () => {
    const guest = fakeKernel();
    guest.bytes.writeUInt32LE(0xffff_f803, 0x1_6008); // Its handlers lie elsewhere.
    expect(await refusal(guest)).toBe('not-linux');
  });

  it('in empty memory', async () => {
    const guest = fakeKernel();
    guest.bytes.fill(0);
    expect(await refusal(guest)).toBe('not-linux');
    expect(await refusal(guest, { find: 'scan' })).toBe('not-linux');
  });

  it.each([
    ['without symbols', (guest: FakeKernel) => guest.bytes.fill(0, guest.at('init_top_pgt') + 0x8000, guest.at('init_top_pgt') + 0x10_0000), 'unsupported-kernel'],
    ['without types', (guest: FakeKernel) => guest.bytes.fill(0, guest.at('__start_BTF'), guest.at('__stop_BTF')), 'inconsistent'],
    ['with another place than it says', (guest: FakeKernel) => guest.bytes.writeBigInt64LE(0x20_0000n, guest.at('phys_base')), 'inconsistent'],
    ['without its first task', (guest: FakeKernel) => guest.bytes.fill(0, guest.at('init_task'), guest.at('init_task') + 64), 'inconsistent'],
    ['with a map that leads elsewhere', (guest: FakeKernel) => guest.bytes.writeBigUInt64LE(0xffff_8880_0000_0000n, guest.at('page_offset_base')), 'inconsistent'],
    ['without a banner', (guest: FakeKernel) => guest.bytes.fill(0x41, guest.at('linux_banner'), guest.at('linux_banner') + 600), 'inconsistent'],
  ] as const)('%s is refused', async (_what, change, reason) => {
    const guest = fakeKernel();
    change(guest);
    expect(await refusal(guest)).toBe(reason);
  });

  it.each([
    [['__start_BTF', '__stop_BTF'], 'unsupported-kernel'],
    [['phys_base'], 'symbol-missing'],
    [['init_task'], 'symbol-missing'],
  ])('that lacks the symbols %s is refused', async (without, reason) => {
    expect(await refusal(fakeKernel({ without }), { find: 'registers' })).toBe(reason);
  });

  it('is not searched for where registers lead to a kernel that lacks something', async () => {
    const guest = fakeKernel({ without: ['__start_BTF'] });
    let searched = false;
    const present = (...args: Parameters<typeof guest.memory.present>): ReturnType<typeof guest.memory.present> => ((searched = true), guest.memory.present(...args));
    await expect(openKernel({ ...guest.memory, present }, guest.monitor)).rejects.toMatchObject({ reason: 'unsupported-kernel' });
    expect(searched).toBe(false);
  });

  it('that is only starting is told from one that contradicts itself', async () => {
    const guest = fakeKernel({ systemState: 0 });
    guest.bytes.fill(0, guest.at('init_task'), guest.at('init_task') + 64);
    expect(await refusal(guest)).toBe('not-up-yet');
  });

  it('in encrypted memory', async () => {
    const guest = fakeKernel();
    guest.bytes.fill(0);
    const monitor = { ...guest.monitor, execute: async (command: string) => (command === 'query-sev' ? { enabled: true } : {}) };
    await expect(openKernel(guest.memory, monitor)).rejects.toMatchObject({ reason: 'encrypted' });
  });
});

describe('profiles', () => {
  it('are shared by guests with the same kernel, wherever it lies, and by no others', async () => {
    const profiles = createProfiles(2);
    const first = await open(fakeKernel(), { profiles });
    const guest = fakeKernel({ offset: 0x60_0000, physical: 0x120_0000 });
    const second = await open(guest, { profiles });
    expect(second.btfHash).toBe(first.btfHash);
    expectWhole(second, guest);
    // Same banner and types, other symbols: a guest that lies.
    const liar = fakeKernel({ more: [{ name: 'fn_new', type: 't', offset: 0x1580_1900 }] });
    const third = await open(liar, { profiles });
    expect([third.btfHash === first.btfHash, third.hasSymbol('fn_new'), first.hasSymbol('fn_new')]).toEqual([true, true, false]);
    expect((await open(fakeKernel(), { profiles })).hasSymbol('fn_new')).toBe(false);
  });
});

describe('changed memory', () => {
  it('ends in a kernel or in a refusal', async () => {
    const original = fakeKernel();
    const last = original.at('__start_BTF') + 4096;
    const places = fc.oneof(fc.integer({ min: 0, max: last }), fc.integer({ min: original.at('linux_banner') - 0x2000, max: original.at('linux_banner') + 0x1_0000 }), fc.integer({ min: 0x1_2000, max: 0x2_8000 }));
    const guest = fakeKernel();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(places, fc.nat(255)), { minLength: 1, maxLength: 400 }), async (changes) => {
        for (const [at, value] of changes) guest.bytes[at] = value;
        try {
          const kernel = await open(guest, { find: 'registers' });
          const into = Buffer.alloc(64);
          kernel.read(kernel.symbol('init_task'), into);
          kernel.readUser(guest.process.pgd, guest.process.address, into);
          kernel.verify();
        } catch (error) {
          expect(error).toBeInstanceOf(KernelError);
        } finally {
          for (const [at] of changes) guest.bytes[at] = original.bytes[at] ?? 0;
        }
      }),
      { numRuns: 25 },
    );
  });
});
