import { describe, expect, it } from 'vitest';
import { courseOf } from './course.ts';
import { leakyTrace, madeTrace, START_MS, TICK_MS } from './testing.ts';

const at = (tick: number): number => START_MS + tick * TICK_MS;

describe('the course of a trace', () => {
  it('of a healthy guest is healthy to its end', () => {
    expect(courseOf(madeTrace({ kind: 'idle', seed: 1, ticks: 100 }))).toEqual({ kind: 'idle', seed: 1, healthy: { fromMs: at(0), toMs: at(100) }, event: null, survived: false });
  });
  it('of one that fails is healthy until a minute before its decline, and over with its failure', () => {
    const { healthy, event, survived } = courseOf(leakyTrace(1));
    expect(healthy).toEqual({ fromMs: at(0), toMs: at(288) });
    expect(event).toEqual({ watchedFromMs: at(288), declineMs: at(300), failedMs: at(400), abrupt: false });
    expect(survived).toBe(false);
  });
  it('of one that survived is no event', () => {
    const survivor = courseOf(madeTrace({ kind: 'runaway-cpu', seed: 1, ticks: 400, labels: [[200, 'decline'], [380, 'restarted']] }));
    expect(survivor).toMatchObject({ event: null, survived: true, healthy: { toMs: at(188) } });
  });
  it('of one that was killed is abrupt', () => {
    expect(courseOf(madeTrace({ kind: 'kill', seed: 5000, ticks: 100, labels: [[50, 'decline'], [50, 'failed']] })).event).toMatchObject({ abrupt: true });
  });
});
