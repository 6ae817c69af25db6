import { describe, expect, it } from 'vitest';
import type { ProbeConfig } from '../config/schema.ts';
import { createFakeClock, type FakeClock } from '../events/fake-clock.ts';
import type { ProbeResult } from './probe.ts';
import { createProber, type ProbeOutcome, type Prober } from './prober.ts';

const PROBE: ProbeConfig = { type: 'tcp', address: '{domain}', port: 22, intervalSeconds: 5, timeoutSeconds: 2, failures: 3 };
const FAILED: ProbeResult = { ok: false, error: 'ECONNREFUSED' };

interface Bed {
  clock: FakeClock;
  prober: Prober;
  outcomes: ProbeOutcome[];
  answer: { result: ProbeResult };
  runs: () => number;
}

function bed(): Bed {
  const clock = createFakeClock();
  const outcomes: ProbeOutcome[] = [];
  const answer = { result: FAILED };
  let runs = 0;
  const prober = createProber({
    clock,
    onOutcome: (outcome) => outcomes.push(outcome),
    run: () => {
      runs++;
      return Promise.resolve(answer.result);
    },
  });
  return { clock, prober, outcomes, answer, runs: () => runs };
}

describe('prober', () => {
  it('runs each probe once per interval', async () => {
    const { clock, prober, runs } = bed();
    prober.watch('u', 'vm', [PROBE]);
    await clock.advance(50_000);
    expect(runs()).toBe(10);
    prober.unwatch('u');
    await clock.advance(50_000);
    expect(runs()).toBe(10);
    expect(clock.timers).toBe(0);
  });

  it('does not count failures of a guest that boots', async () => {
    const { clock, prober, outcomes } = bed();
    prober.watch('u', 'vm', [PROBE]);
    await clock.advance(119_000);
    expect(outcomes).toEqual([]);
    await clock.advance(11_000);
    expect(outcomes.length).toBeGreaterThanOrEqual(2);
  });

  it('counts failures from the first answer on', async () => {
    const { clock, prober, outcomes, answer } = bed();
    prober.watch('u', 'vm', [PROBE]);
    await clock.advance(10_000);
    answer.result = { ok: true };
    await clock.advance(5_000);
    answer.result = FAILED;
    await clock.advance(10_000);
    expect(outcomes.map(({ result }) => result.ok)).toEqual([true, false, false]);
    prober.rebooted('u');
    await clock.advance(100_000);
    expect(outcomes).toHaveLength(3);
  });

  it('keeps its state when told the same again, and forgets probes that were taken away', async () => {
    const { clock, prober, runs } = bed();
    const probes = [PROBE];
    prober.watch('u', 'vm', probes);
    await clock.advance(2_500);
    prober.watch('u', 'vm', probes);
    await clock.advance(47_500);
    expect(runs()).toBe(10);
    prober.watch('u', 'vm', []);
    expect(clock.timers).toBe(0);
  });

  it('drops the result of a probe that a stop or a reboot overtook', async () => {
    const clock = createFakeClock();
    const outcomes: ProbeOutcome[] = [];
    const pending: ((result: ProbeResult) => void)[] = [];
    const run = () => new Promise<ProbeResult>((resolve) => pending.push(resolve));
    const prober = createProber({ clock, onOutcome: (outcome) => outcomes.push(outcome), run, bootGraceMs: 0 });
    prober.watch('u', 'vm', [PROBE]);
    await clock.advance(5_000);
    prober.rebooted('u');
    await clock.advance(1);
    pending[0]?.(FAILED);
    await clock.settle();
    expect(outcomes).toEqual([]);
    await clock.advance(5_000);
    prober.unwatch('u');
    pending[1]?.(FAILED);
    await clock.settle();
    expect(outcomes).toEqual([]);
  });

  it('runs a bounded number at once, and all of them in the end', async () => {
    const clock = createFakeClock();
    const pending: (() => void)[] = [];
    let ended = 0;
    const run = () => new Promise<ProbeResult>((resolve) => pending.push(() => resolve({ ok: true })));
    const prober = createProber({ clock, onOutcome: () => ended++, run });
    for (let n = 0; n < 200; n++) prober.watch(`u${n}`, `vm${n}`, [PROBE]);
    await clock.advance(5_000);
    expect(pending).toHaveLength(64);
    while (ended < 200) {
      pending.splice(0).forEach((end) => end());
      await clock.settle();
    }
    prober.stop();
    expect(clock.timers).toBe(0);
  });
});
