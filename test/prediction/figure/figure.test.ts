import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { live } from '../evaluate/cross-validate.ts';
import { leakyTrace, madeTrace } from '../evaluate/testing.ts';
import { DEFAULT_METHOD } from '../evaluate/train-on-traces.ts';
import { choosePair, csvOf, figureOf } from './figure.ts';
import { svgOf } from './svg.ts';

const LIMITS = { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 0, clearForSeconds: 0 };
const traces = [
  leakyTrace(5000, 420), leakyTrace(5001, 430, 310), madeTrace({ kind: 'idle', seed: 5000, ticks: 300 }),
  madeTrace({ kind: 'batch', seed: 5000, ticks: 300, labels: [[200, 'busy-start'], [220, 'busy-end'], [290, 'busy-start']] }),
];
const lived = live(traces, [], { ...DEFAULT_METHOD, training: null });
const pairs = traces.map((trace, n) => ({ trace, lived: lived[n]! }));

describe('the figure', () => {
  const { failing, healthy } = choosePair(pairs, LIMITS, 5);
  const figure = figureOf(failing, healthy, LIMITS, 60);

  it('shows a failure that was forecast and what only looks like one', () => {
    expect([failing.trace.kind, healthy.trace.kind]).toEqual(['memory-leak', 'batch']);
    const { numbers } = figure;
    expect(numbers.lastMinuteMean).toBeGreaterThan(0.9);
    expect(numbers.beforeDeclineMean).toBeLessThan(0.1);
    expect(numbers.leadSeconds).toBeGreaterThan(50);
    expect(numbers.lookAlikeHighest).toBeLessThan(0.5);
    expect(figure.healthy.busy).toEqual([{ from: 1000, to: 1100 }, { from: 1450, to: 1495 }]);
    expect([figure.failing.failed! - figure.failing.decline!, figure.healthy.failed]).toEqual([500, null]);
  });

  it('is a sound picture, with a point for each tick', () => {
    const svg = svgOf(figure);
    expect(XMLValidator.validate(svg)).toBe(true);
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(svg) as { svg: { polyline: { '@_points': string }[]; text: unknown[] } };
    expect(parsed.svg.polyline.map((line) => line['@_points'].split(' ').length)).toEqual([figure.failing.seconds.length, figure.healthy.seconds.length]);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg.match(/>(decline begins|alarm|failed)</g)).toEqual(['>alarm<', '>decline begins<', '>alarm<', '>failed<', '>alarm<']);
  });

  it('comes with its numbers', () => {
    const lines = csvOf(figure).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + figure.failing.seconds.length + figure.healthy.seconds.length);
    expect(lines[1]).toMatch(/^memory-leak-500\d,0,0?\.?\d+$/);
  });

  it('cannot be made of nothing', () => {
    expect(() => choosePair(pairs.slice(2), LIMITS, 5)).toThrow(/no failure was recalled/);
    expect(() => choosePair(pairs.slice(0, 3), LIMITS, 5)).toThrow(/batch or flash-crowd/);
  });
});
