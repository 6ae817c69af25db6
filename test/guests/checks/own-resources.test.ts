import { describe, expect, it } from 'vitest';
import { compareResources, ownResourcesScript, parseOwnResources, type Resources } from './own-resources.ts';

const MIB = 2 ** 20;
const OWN = parseOwnResources(`fs 4096 1000 500 400 200 150 /
fs 4096 10 5 5 99 98 /run/a b
MemTotal:        1000000 kB
MemFree:          400000 kB
MemAvailable:     700000 kB
SwapTotal:             0 kB
SwapFree:              0 kB
HugePages_Total:       0
load 0.52 0.40 0.10 2/150 1234
`);

function look(change: { freeBytes?: number; memoryFreeBytes?: number; load?: [number, number, number] } = {}): Resources {
  const use = { totalBytes: 4_096_000, freeBytes: change.freeBytes ?? 2_048_000, availableBytes: 1_638_400, files: 200, freeFiles: 150 };
  const memory = { totalBytes: 1_024_000_000, freeBytes: change.memoryFreeBytes ?? 409_600_000, availableBytes: 716_800_000, swapTotalBytes: 0, swapFreeBytes: 0 };
  return {
    liveness: { load: change.load ?? [0.521, 0.4, 0.1], memory } as Resources['liveness'],
    fileSystems: [
      { mountpoint: '/', device: '/dev/vda', type: 'ext4', readOnly: false, use, unknown: null },
      { mountpoint: '/run/a b', device: 'tmpfs', type: 'tmpfs', readOnly: false, use: { totalBytes: 40_960, freeBytes: 20_480, availableBytes: 20_480, files: null, freeFiles: null }, unknown: null },
    ],
  };
}

describe("a guest's own words on what it has left", () => {
  it('agree with looks that show the same', () => {
    expect([...OWN.fileSystems.keys()]).toEqual(['/', '/run/a b']);
    expect(compareResources(look(), OWN, look())).toEqual([]);
  });

  it('may lie between two looks where something changes', () => {
    expect(compareResources(look({ freeBytes: 3_000_000 }), OWN, look({ freeBytes: 2_000_000 }))).toEqual([]);
    expect(compareResources(look({ load: [9, 9, 9] }), OWN, look())).toEqual([]);
  });

  it.each([
    ['another size', look({ freeBytes: 2_048_001 }), '/: freeBytes'],
    ['other free memory', look({ memoryFreeBytes: 409_600_000 + 17 * MIB }), 'MemFree'],
    ['another load', look({ load: [0.54, 0.4, 0.1] }), 'load: [0.54,0.52,0.54]'],
    ['no load', { ...look(), liveness: { ...look().liveness, load: null } as Resources['liveness'] }, 'load'],
    ['no file systems', { ...look(), fileSystems: null }, '/: its use is not seen'],
    ['nothing', { liveness: null, fileSystems: null }, 'MemTotal'],
  ])('disagree with %s', (_what, seen, line) => {
    expect(compareResources(seen, OWN, seen).join('\n')).toContain(line);
  });

  it('are not half there', () => {
    expect(() => parseOwnResources('MemTotal: 5 kB\n')).toThrow('not whole');
    expect(() => parseOwnResources('load 1 1 1 x\n')).toThrow('not whole');
  });

  it('are asked for every mount', () => {
    expect(ownResourcesScript(['/', '/run/a b'])).toContain("'/run/a b') /run/a b\"");
  });
});
