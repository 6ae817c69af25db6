import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuestError } from '../error.ts';
import { damage, damages } from '../processes/testing/damage.ts';
import { createFakeKernel, type FakeKernel } from '../processes/testing/fake-kernel.ts';
import { createLivenessReader } from './liveness.ts';

const PANIC_NONE = -1;

function words(...values: (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 8 * index));
  return bytes;
}

function set(kernel: FakeKernel, name: string, ...values: (number | bigint)[]): bigint {
  const address = kernel.symbols.get(name) ?? kernel.allocate(8 * values.length);
  kernel.symbols.set(name, address);
  kernel.write(address, words(...values));
  return address;
}

/** Two zones of one node; their low watermarks are 100 and 20 pages. */
function addNode(kernel: FakeKernel): void {
  kernel.define('zone', { _watermark: { size: 32, kind: 'array', count: 4 }, watermark_boost: 8 });
  const step = kernel.sizeOf('zone');
  kernel.define('pglist_data', { nr: 8, node_zones: { size: 2 * step, kind: 'array', typeName: 'zone', count: 2 } });
  const node = kernel.allocate('pglist_data');
  [100, 15].forEach((low, index) => {
    const zone = node + BigInt(kernel.offsetOf('pglist_data', 'node_zones') + index * step);
    kernel.write(zone + BigInt(kernel.offsetOf('zone', '_watermark')), words(1, low, 3, 4));
    kernel.set('zone', zone, 'watermark_boost', index === 0 ? 0 : 5);
  });
  set(kernel, 'node_data', 0, node);
  set(kernel, 'nr_node_ids', 2);
}

function addClock(kernel: FakeKernel): bigint {
  kernel.define('timekeeper', { 'tkr_mono.clock': 8, 'tkr_mono.shift': 4, 'tkr_mono.xtime_nsec': 8, 'tkr_mono.base': 8, xtime_sec: 8, offs_boot: 8 });
  const core = kernel.allocate(8 + kernel.sizeOf('timekeeper'));
  const keeper = core + 8n;
  kernel.symbols.set('tk_core', core);
  kernel.write(core, words(6));
  const member = (path: string, value: number | bigint) => kernel.set('timekeeper', keeper, path, value);
  member('tkr_mono.clock', core);
  member('tkr_mono.shift', 8);
  member('tkr_mono.xtime_nsec', 500_000_000n << 8n);
  member('tkr_mono.base', 3_600_000_000_000n);
  member('offs_boot', 60_000_000_000n);
  member('xtime_sec', 1_800_000_000);
  return core;
}

function guest(seed = 1): FakeKernel {
  const kernel = createFakeKernel(seed);
  set(kernel, 'jiffies_64', 4_294_912_345);
  set(kernel, 'panic_cpu', PANIC_NONE);
  set(kernel, 'oops_in_progress', 0);
  set(kernel, 'system_state', 3);
  set(kernel, 'tick_nsec', 4_000_012);
  set(kernel, 'oops_count', 0);
  set(kernel, 'tainted_mask', 0x1000);
  set(kernel, 'avenrun', 2048, 1024, 512);
  set(kernel, 'nr_threads', 123);
  set(kernel, 'total_forks', 4567);
  set(kernel, '_totalram_pages', 100_000);
  set(kernel, 'totalreserve_pages', 1000);
  set(kernel, 'vm_zone_stat', 50_000, -1);
  set(kernel, 'vm_node_stat', 9, 9, 4000, 2000, 0, 100, 77);
  set(kernel, 'total_swap_pages', 512);
  set(kernel, 'nr_swap_pages', 256);
  addNode(kernel);
  addClock(kernel);
  return kernel;
}

describe('liveness of a guest’s kernel', () => {
  it.each([1, 2, 3])('is read whole (layout %i)', (seed) => {
    expect(createLivenessReader(guest(seed)).read()).toEqual({
      jiffies: 4_294_912_345n,
      jiffiesPerSecond: 250,
      systemState: 'running',
      panicked: false,
      panicCpu: null,
      oopsInProgress: false,
      oopses: 0,
      tainted: 0x1000n,
      load: [1, 0.5, 0.25],
      threads: 123,
      forks: 4567n,
      clock: { uptimeSeconds: 3660.5, wallSeconds: 1_800_000_000.5, bootTimeSeconds: 1_799_996_340 },
      memory: {
        totalBytes: 100_000 * 4096,
        freeBytes: 50_000 * 4096,
        // 50,000 - 1000, 6000 - min(3000, 120), 100 - min(50, 120)
        availableBytes: (49_000 + 5880 + 50) * 4096,
        swapTotalBytes: 512 * 4096,
        swapFreeBytes: 256 * 4096,
      },
    });
  });

  it('knows a panic, and an oops', () => {
    const kernel = guest();
    set(kernel, 'panic_cpu', 0);
    set(kernel, 'oops_in_progress', 1);
    expect(createLivenessReader(kernel).read()).toMatchObject({ panicked: true, panicCpu: 0, oopsInProgress: true });
    set(kernel, 'panic_cpu', 3);
    expect(createLivenessReader(kernel).read().panicCpu).toBe(3);
  });

  it('has no load that no machine can have', () => {
    const kernel = guest();
    set(kernel, 'avenrun', 2048, 2n ** 64n - 1n, 512);
    expect(createLivenessReader(kernel).read().load).toBeNull();
  });

  it('says null where a kernel has not what else is read', () => {
    const kernel = guest();
    for (const name of [...kernel.symbols.keys()]) if (!['jiffies_64', 'panic_cpu', 'oops_in_progress'].includes(name)) kernel.symbols.delete(name);
    expect(createLivenessReader(kernel).read()).toMatchObject({ jiffiesPerSecond: null, load: null, clock: null, memory: null, systemState: null, tainted: null });
  });

  it('refuses a kernel without what proves life, and one that was replaced', () => {
    const kernel = guest();
    const reader = createLivenessReader(kernel);
    kernel.verified = false;
    expect(() => reader.read()).toThrow(expect.objectContaining({ reason: 'inconsistent' }));
    kernel.symbols.delete('panic_cpu');
    expect(() => createLivenessReader(kernel)).toThrow(expect.objectContaining({ reason: 'symbol-missing' }));
  });

  it('is unreadable, not dead, where jiffies cannot be read', () => {
    const kernel = guest();
    kernel.symbols.set('jiffies_64', 0xffff_ffff_8000_0000n);
    expect(() => createLivenessReader(kernel).read()).toThrow(expect.objectContaining({ reason: 'unreadable' }));
  });

  it('waits for a clock that is being set, and gives up one that never ends', () => {
    const kernel = guest();
    const core = kernel.symbols.get('tk_core') ?? 0n;
    const reader = createLivenessReader(kernel);
    let reads = 0;
    kernel.write(core, words(7));
    kernel.onRead = () => {
      if (++reads === 20) kernel.write(core, words(8));
    };
    expect(reader.read().clock?.uptimeSeconds).toBe(3660.5);
    kernel.onRead = () => kernel.write(core, words(++reads));
    expect(reader.read().clock).toBeNull();
  });

  it('reads the clock of real-time kernels, whose sequence counter is larger', () => {
    const kernel = guest();
    const old = kernel.symbols.get('tk_core') ?? 0n;
    kernel.define('seqcount_raw_spinlock', { seqcount: { size: 12, kind: 'struct', typeName: 'seqcount' } });
    const size = kernel.sizeOf('seqcount_raw_spinlock');
    const bytes = Buffer.alloc(kernel.sizeOf('timekeeper'));
    kernel.read(old + 8n, bytes);
    const core = kernel.allocate(size + bytes.length);
    kernel.write(core + BigInt(size), bytes);
    kernel.symbols.set('tk_core', core);
    expect(createLivenessReader(kernel).read().clock?.uptimeSeconds).toBe(3660.5);
  });

  it('reads the clock of kernels since 6.13, which names what is around it', () => {
    const kernel = guest();
    kernel.define('tk_data', { seq: 4, timekeeper: { size: kernel.sizeOf('timekeeper'), kind: 'struct', typeName: 'timekeeper' } });
    const old = kernel.symbols.get('tk_core') ?? 0n;
    const bytes = Buffer.alloc(kernel.sizeOf('timekeeper'));
    kernel.read(old + 8n, bytes);
    const core = kernel.allocate('tk_data');
    kernel.write(core + BigInt(kernel.offsetOf('tk_data', 'timekeeper')), bytes);
    kernel.symbols.set('tk_core', core);
    expect(createLivenessReader(kernel).read().clock?.uptimeSeconds).toBe(3660.5);
  });

  it('says nothing impossible, whatever is in the memory', () => {
    let read = 0;
    fc.assert(
      fc.property(damages, (changes) => {
        const kernel = guest();
        damage(kernel, changes);
        try {
          const { memory, clock, jiffiesPerSecond, load } = createLivenessReader(kernel).read();
          read += 1;
          if (memory !== null) {
            expect(memory.freeBytes).toBeLessThanOrEqual(memory.totalBytes);
            expect(memory.availableBytes ?? 0).toBeGreaterThanOrEqual(0);
          }
          if (clock !== null) expect(clock.uptimeSeconds).toBeGreaterThanOrEqual(0);
          expect(Math.max(...(load ?? []))).toBeLessThanOrEqual(4_194_304);
          if (jiffiesPerSecond !== null) expect(jiffiesPerSecond).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof GuestError)) throw error;
        }
      }),
      { numRuns: 300 },
    );
    expect(read).toBeGreaterThan(20);
  });
});
