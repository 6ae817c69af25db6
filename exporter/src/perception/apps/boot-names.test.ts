import { beforeEach, describe, expect, it } from 'vitest';
import { createBootNames, type BootNames } from './boot-names.ts';
import type { SeenProcess } from './look.ts';
import { INIT, process } from './testing/looks.ts';

const VM = 'vm';
/** A guest's processes: kernel threads that started `jitter` nanoseconds later than in another boot, init, and one that did so much. */
function guest(jitter: number, work = 0, { threads = 20, initStart = 100_000_000 } = {}): SeenProcess[] {
  const kernelThreads = Array.from({ length: threads }, (_, index) => process({ pid: 2 + index, startTimeNanoseconds: 1e8 + index * 1e6 + jitter, kernelThread: true }));
  return [{ ...INIT, startTimeNanoseconds: initStart }, ...kernelThreads, process({ pid: 500, startTimeNanoseconds: 5e9 + jitter, userNanoseconds: work })];
}

let names: BootNames;
beforeEach(() => {
  names = createBootNames();
});

describe('names of boots', () => {
  it('stay while the guest goes on, whatever comes and goes', () => {
    const name = names.nameOf(VM, guest(0), 0);
    expect(names.nameOf(VM, guest(0, 5), 1)).toBe(name);
    expect(names.nameOf(VM, guest(0, 9, { threads: 25 }), 2)).toBe(name);
    expect(names.nameOf(VM, guest(0, 9, { threads: 15 }), 3)).toBe(name);
    expect(names.nameOf('other', guest(0), 4)).not.toBe(name);
  });

  it('differ from boot to boot, also where init or the first threads started on the same tick', () => {
    const seen = new Set([names.nameOf(VM, guest(0), 0), names.nameOf(VM, guest(17), 1), names.nameOf(VM, guest(17, 0, { initStart: 100_000_001 }), 2)]);
    const [first, ...others] = guest(17, 0, { initStart: 100_000_001 });
    const restarted = [first as SeenProcess, ...others.map((one, index) => (index < 3 ? one : { ...one, startTimeNanoseconds: one.startTimeNanoseconds + 999 }))];
    seen.add(names.nameOf(VM, restarted, 3));
    expect(seen.size).toBe(4);
  });

  it('stay after a restart as long as nothing happens in the memory, as no kernel may run that it shows', () => {
    const name = names.nameOf(VM, guest(0, 1), 0);
    names.rebooted(VM, 10);
    for (const atMs of [5, 11, 12, 13]) expect(names.nameOf(VM, guest(0, atMs === 5 ? 1 : 2), atMs)).toBe(name);
    expect(names.nameOf(VM, guest(0, 1), 14)).toBe(name);
    expect(names.nameOf(VM, guest(99), 15)).not.toBe(name);
  });

  it('become others where the news of a restart came after the boot that it made was seen', () => {
    const name = names.nameOf(VM, guest(0, 1), 0);
    names.rebooted(VM, 10);
    names.nameOf(VM, guest(0, 2), 11);
    const next = names.nameOf(VM, guest(0, 3), 12);
    expect(next).not.toBe(name);
    expect(names.nameOf(VM, guest(0, 4), 13)).toBe(next);
  });

  it('are never used again by another source of looks', () => {
    const name = names.nameOf(VM, guest(0), 0);
    expect(createBootNames().nameOf(VM, guest(5), 0)).not.toBe(name);
  });

  it('are forgotten', () => {
    const name = names.nameOf(VM, guest(0), 0);
    names.forget(VM);
    names.rebooted(VM, 1);
    expect(names.nameOf(VM, guest(0), 2)).not.toBe(name);
  });
});
