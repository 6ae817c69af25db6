import { describe, expect, it } from 'vitest';
import { planRestart } from '../actions/index.ts';
import { createRestartHistory } from './restart-history.ts';

const OLD = { pid: 40, startTimeNanoseconds: 1 };
const NEW = { pid: 41, startTimeNanoseconds: 9 };

describe('history of restarts', () => {
  it('knows whether a restart brought anything by what runs at the next', () => {
    const history = createRestartHistory();
    expect(history.of('web', [OLD])).toEqual([]);
    history.add('web', 1000, [OLD]);
    expect(history.of('web', [OLD])).toEqual([{ atMs: 1000, brought: false }]);
    expect(history.of('web', [])).toEqual([{ atMs: 1000, brought: false }]);
    expect(history.of('web', [NEW])).toEqual([{ atMs: 1000, brought: true }]);
    // The same pid again is another process.
    expect(history.of('web', [{ ...OLD, startTimeNanoseconds: 2 }])).toEqual([{ atMs: 1000, brought: true }]);
    expect(history.of('db', [NEW])).toEqual([]);
  });

  it('keeps restarts below what systemd allows, and resets a unit that was given up', () => {
    const history = createRestartHistory();
    for (const atMs of [0, 100, 200, 300]) history.add('web', atMs, []);
    expect(planRestart('web.service', 'dead', history.of('web', [NEW]), 400).waitMs).toBe(9600);
    const late = planRestart('web.service', 'dead', history.of('web', []), 20_000);
    expect(late.waitMs).toBe(0);
    expect(late.steps.map((step) => (step.kind === 'run' ? step.why : step.kind))).toEqual(['reset-failed', 'restart']);
  });

  it('holds only so many units and restarts', () => {
    const history = createRestartHistory();
    for (let index = 0; index < 1025; index++) history.add(`unit ${index}`, 0, []);
    expect([history.of('unit 0', []), history.of('unit 1', [])]).toEqual([[], [{ atMs: 0, brought: false }]]);
    for (let atMs = 1; atMs < 100; atMs++) history.add('unit 1', atMs, []);
    expect(history.of('unit 1', [])).toHaveLength(16);
  });
});
