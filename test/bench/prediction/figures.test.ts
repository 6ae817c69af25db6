import { describe, expect, it } from 'vitest';
import { prove } from '../../prediction/evaluate/proof.ts';
import { leakyTrace, madeTrace } from '../../prediction/evaluate/testing.ts';
import { isMet } from '../frame/report.ts';
import { bench } from '../prediction.ts';
import { figuresOfProof, goalNotes } from './figures.ts';

describe('figures of the bench', () => {
  it('are null where there are no traces, miss their goals then, and say why', () => {
    const nothing = prove([], []);
    const figures = figuresOfProof(nothing);
    expect(figures).toMatchObject({ recall: null, lead_s_p50: null, false_alarms_per_vm_day: null, static_recall: null, brier: null, healthy_vm_days: 0, by_kind: {} });
    for (const [name, goal] of Object.entries(bench.goals)) expect(isMet(goal, figures[name]), name).toBe(false);
    expect(goalNotes(nothing).join('\n')).toMatch(/no training trace fails[^]*0 failures[^]*0\.00 healthy VM-days/);
  });

  it('are those of the test split', () => {
    const training = [1, 2].flatMap((seed) => [leakyTrace(seed, 420), madeTrace({ kind: 'idle', seed, ticks: 300 })]);
    const figures = figuresOfProof(prove(training, [leakyTrace(5000, 420), madeTrace({ kind: 'idle', seed: 5000, ticks: 300 })]));
    expect(figures).toMatchObject({ recall: 1, events: 1, false_alarms: 0, false_alarms_per_vm_day: 0, by_kind: { 'memory-leak': { events: 1, recalled: 1 }, idle: { events: 0, false_alarms: 0 } } });
    expect(figures['healthy_vm_days']).toBeCloseTo((288 + 300) * 5 / 86_400, 9);
  });
});
