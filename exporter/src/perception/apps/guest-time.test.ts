import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guestTime, isNewBoot, type GuestTime } from './guest-time.ts';
import type { ListLook, SeenLiveness } from './look.ts';
import { list, process } from './testing/looks.ts';

const at = (atMs: number, jiffies: bigint | null, given: Partial<SeenLiveness> = {}): ListLook =>
  list(atMs, [], { liveness: jiffies === null ? null : { jiffies, jiffiesPerSecond: 250, panicked: false, uptimeSeconds: 100, ...given } });
const ran = (...looks: ListLook[]): number => looks.reduce<GuestTime | null>(guestTime, null)?.ranMs ?? NaN;

describe('guestTime', () => {
  it('is what the guest’s ticks say, never more than what passed', () => {
    expect(ran(at(0, 1_000n), at(10_000, 1_250n))).toBe(1_000);
    expect(ran(at(0, 1_000n), at(10_000, 9_999n))).toBe(10_000);
    expect(ran(at(0, 1_000n), at(3_600_000, 1_000n))).toBe(0);
  });

  it('is bounded where the length of a tick, or the ticks, are not known', () => {
    const unknownRate = { jiffiesPerSecond: null };
    expect(ran(at(0, 1n, unknownRate), at(1_000, 2n, unknownRate))).toBe(1_000);
    expect(ran(at(0, 1n, unknownRate), at(90_000, 2n, unknownRate))).toBe(30_000);
    expect(ran(at(0, 1n, unknownRate), at(90_000, 1n, unknownRate))).toBe(0);
    expect(ran(at(0, null), at(90_000, null))).toBe(30_000);
  });

  it('begins anew with a boot, be it told or seen by ticks that run back', () => {
    const first = guestTime(guestTime(null, at(0, 1_000n)), at(1_000, 1_250n));
    for (const next of [at(2_000, 5n), { ...at(2_000, 1_500n), boot: 'boot 2' }]) {
      const after = guestTime(first, next);
      expect(isNewBoot(first, after)).toBe(true);
      expect(after.ranMs).toBe(0);
    }
    expect(isNewBoot(first, guestTime(first, at(2_000, 1_250n)))).toBe(false);
    expect(isNewBoot(first, guestTime(first, at(2_000, null)))).toBe(false);
  });

  it('knows by the youngest process, and by what passed since, how long the guest is up at least', () => {
    const dark = (atMs: number, seconds: number) => list(atMs, [process({ startTimeNanoseconds: seconds * 1e9 })], { liveness: null });
    const first = guestTime(null, dark(0, 50));
    expect(first.upMs).toBe(50_000);
    expect(guestTime(first, dark(5_000, 52)).upMs).toBe(55_000);
    expect(guestTime(first, dark(5_000, 70)).upMs).toBe(70_000);
    expect(guestTime(first, at(5_000, 1n)).upMs).toBe(100_000);
  });

  it('never runs back within a boot, whatever the guest says', () => {
    const said = fc.record({ atMs: fc.nat(1e6), jiffies: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), jiffiesPerSecond: fc.option(fc.integer({ min: 1, max: 10_000 })), uptimeSeconds: fc.option(fc.double({ noNaN: true })) });
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: 20 }), (all) => {
        let time: GuestTime | null = null;
        for (const { atMs, jiffies, ...given } of all) {
          const next: GuestTime = guestTime(time, at(atMs, jiffies, given));
          expect(next.ranMs).toBeGreaterThanOrEqual(isNewBoot(time, next) ? 0 : (time?.ranMs ?? 0));
          expect(next.upMs >= 0 && next.upMs <= 1e14).toBe(true);
          time = next;
        }
      }),
    );
  });
});
