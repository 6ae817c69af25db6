import { describe, expect, it } from 'vitest';
import { createFaults, type Counters } from './faults.ts';

const VM = 'vm';
const at = (seconds: number, networkTransmitPackets = 5, blockRequests = 7): Counters => ({
  atMs: seconds * 1000,
  networkTransmitPackets,
  blockRequests,
});
const fail = (counters: Counters | null, probe = 'http x') => ({ probe, needed: 3, error: 'no answer within 2 s', counters });

describe('probe', () => {
  it('proves a hang together with standing counters, as often as configured', () => {
    const faults = createFaults();
    expect(faults.probeFailed(VM, fail(at(0)))).toBe(1);
    expect(faults.probeFailed(VM, fail(at(5)))).toBe(2);
    expect(faults.health(VM).health).toBe('healthy');
    expect(faults.probeFailed(VM, fail(at(10)))).toBe(3);
    expect(faults.health(VM)).toEqual({
      health: 'hung',
      evidence: ['probe http x failed 3 times (no answer within 2 s); network transmit and block requests still for 10 s'],
    });
  });

  it.each([
    ['network transmit', at(5, 6)],
    ['block requests', at(5, 5, 8)],
  ])('proves nothing while %s moves', (_, moved) => {
    const faults = createFaults();
    faults.probeFailed(VM, fail(at(0)));
    faults.probeFailed(VM, fail(moved));
    faults.probeFailed(VM, fail({ ...moved, atMs: 10_000 }));
    expect(faults.health(VM).health).toBe('healthy');
    faults.probeFailed(VM, fail({ ...moved, atMs: 15_000 }));
    expect(faults.health(VM).health).toBe('hung');
  });

  it('proves nothing without counters', () => {
    const faults = createFaults();
    for (let n = 0; n < 100; n++) faults.probeFailed(VM, fail(null));
    expect(faults.health(VM)).toEqual({ health: 'healthy', evidence: [] });
  });

  it('needs two looks at the counters even where one failure is enough', () => {
    const faults = createFaults();
    faults.probeFailed(VM, { ...fail(at(0)), needed: 1 });
    expect(faults.health(VM).health).toBe('healthy');
    faults.probeFailed(VM, { ...fail(at(5)), needed: 1 });
    expect(faults.health(VM).health).toBe('hung');
  });

  it('is refuted by another probe that is answered', () => {
    const faults = createFaults();
    faults.probeAnswered(VM, 'tcp y', 0);
    for (let n = 0; n < 5; n++) faults.probeFailed(VM, fail(at(n * 5)));
    expect(faults.health(VM).health).toBe('healthy');
    faults.probeFailed(VM, fail(at(25), 'tcp y'));
    expect(faults.health(VM).health).toBe('hung');
  });

  it('begins anew after an answer and after a restart', () => {
    const faults = createFaults();
    for (let n = 0; n < 3; n++) faults.probeFailed(VM, fail(at(n * 5)));
    expect(faults.probeAnswered(VM, 'http x', 0)).toBe(true);
    expect(faults.probeAnswered(VM, 'http x', 0)).toBe(false);
    expect(faults.health(VM).health).toBe('healthy');
    for (let n = 3; n < 6; n++) faults.probeFailed(VM, fail(at(n * 5)));
    faults.clear(VM);
    expect(faults.health(VM).health).toBe('healthy');
    expect(faults.probeFailed(VM, fail(at(30)))).toBe(1);
  });
});

describe("what the guest's kernel shows", () => {
  const PANIC = { panicked: "panic in the guest's kernel", frozen: null };
  const FROZEN = { panicked: null, frozen: "jiffies of the guest's kernel frozen for 30 s, 15 looks" };
  const NOTHING = { panicked: null, frozen: null };

  it('a panic is a proof, as long as it is seen', () => {
    const faults = createFaults();
    faults.guestSeen(VM, PANIC);
    expect(faults.health(VM)).toEqual({ health: 'panicked', evidence: ["panic in the guest's kernel"] });
    expect([faults.hasPanicked(VM), faults.wantsCounters()]).toEqual([true, []]);
    faults.guestSeen(VM, NOTHING);
    expect([faults.health(VM).health, faults.hasPanicked(VM)]).toEqual(['healthy', false]);
    faults.guestSeen(VM, PANIC);
    faults.clear(VM);
    expect(faults.health(VM).health).toBe('healthy');
  });

  it('frozen ticks are one only together with standing counters', () => {
    const faults = createFaults();
    faults.guestSeen(VM, FROZEN);
    expect([faults.health(VM).health, faults.wantsCounters()]).toEqual(['healthy', [VM]]);
    faults.counters(VM, at(0));
    faults.counters(VM, at(4));
    expect(faults.health(VM).health).toBe('healthy');
    faults.counters(VM, at(6, 6));
    faults.counters(VM, { ...at(6, 6), atMs: 10_000 });
    expect(faults.health(VM).health).toBe('healthy');
    faults.guestSeen(VM, FROZEN);
    faults.counters(VM, { ...at(6, 6), atMs: 11_000 });
    expect(faults.health(VM)).toEqual({ health: 'hung', evidence: ["jiffies of the guest's kernel frozen for 30 s, 15 looks; network transmit and block requests still for 5 s"] });
    faults.guestSeen(VM, NOTHING);
    expect([faults.health(VM).health, faults.wantsCounters()]).toEqual(['healthy', []]);
    faults.guestSeen(VM, FROZEN);
    expect(faults.health(VM).health).toBe('healthy');
  });
});

describe('watchdog', () => {
  it('that paused its guest is a proof', () => {
    const faults = createFaults();
    faults.watchdogFired(VM, 'pause');
    expect(faults.health(VM)).toEqual({ health: 'hung', evidence: ['watchdog fired, guest paused by it'] });
    expect(faults.wantsCounters()).toEqual([]);
  });

  it.each(['reset', 'poweroff', 'shutdown'])('that made QEMU %s is none', (action) => {
    const faults = createFaults();
    faults.watchdogFired(VM, action);
    expect(faults.health(VM).health).toBe('healthy');
  });

  it('that only reported needs standing counters', () => {
    const faults = createFaults();
    faults.watchdogFired(VM, 'none');
    expect(faults.wantsCounters()).toEqual([VM]);
    expect(faults.health(VM).health).toBe('healthy');
    faults.counters(VM, at(0));
    faults.counters(VM, at(15));
    expect(faults.health(VM)).toEqual({
      health: 'hung',
      evidence: ['watchdog fired (action none); network transmit and block requests still for 15 s'],
    });
  });

  it('is refuted by counters that move', () => {
    const faults = createFaults();
    faults.watchdogFired(VM, 'none');
    faults.counters(VM, at(0));
    faults.counters(VM, at(15, 9));
    expect(faults.wantsCounters()).toEqual([]);
    faults.counters(VM, at(30, 9));
    expect(faults.health(VM).health).toBe('healthy');
  });
});

it('a panic is a proof of its own', () => {
  const faults = createFaults();
  faults.panicked(VM);
  expect(faults.health(VM)).toEqual({ health: 'panicked', evidence: ['panic event'] });
  expect(faults.hasPanicked(VM)).toBe(true);
});

it('standing counters alone prove nothing', () => {
  const faults = createFaults();
  for (let second = 0; second < 3600; second += 15) faults.counters(VM, at(second));
  expect(faults.health(VM)).toEqual({ health: 'healthy', evidence: [] });
});
