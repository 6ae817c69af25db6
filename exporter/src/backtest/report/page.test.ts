import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { BacktestTick } from '../replay.ts';
import { createSummary } from '../summary.ts';
import { replayed, simulatedValues } from '../testing/leaking.ts';
import { createThinner } from '../thin.ts';
import { reportPage } from './page.ts';
import type { Report } from './page.ts';

const TOLD = { source: 'web-1.csv', model: 'built-in', tickSeconds: 5, horizonSeconds: 60, form: 'filter', threshold: 0.8, utc: true, notes: ['800 rows'] };
const TARGET = { host: '', domain: '' };

function reportOf(ticks: readonly BacktestTick[], mostPoints = 4000, failures: Report['failures'] = []): Report {
  const summary = createSummary({ tickSeconds: 5, alarm: { raiseAbove: 0.8, clearBelow: 0.4, raiseForSeconds: 30, clearForSeconds: 30 }, failures });
  const thinner = createThinner(mostPoints);
  for (const tick of ticks) {
    summary.take(tick);
    thinner.take(tick);
  }
  return { target: TARGET, summary: summary.result(), points: thinner.points(), told: TOLD, failures, trainUntilMs: null };
}

const LEAKING = replayed(simulatedValues({ ticks: 801, leakFromTick: 600 }));

/** Every picture is well-formed by itself. */
function svgs(html: string): string[] {
  const found = html.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
  for (const svg of found) expect(XMLValidator.validate(svg)).toBe(true);
  return found;
}

function pathsOf(svg: string, look: string): string[] {
  return [...svg.matchAll(new RegExp(`<path class="${look}" d="([^"]*)"`, 'g'))].map((match) => match[1]!);
}

describe('the page of a report', () => {
  it('is whole, well-formed, and loads and runs nothing', () => {
    const html = reportPage(reportOf(LEAKING));
    expect(html.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|https?:|\ssrc=|\son\w+=/i);
    expect([...html.matchAll(/url\(([^)]*)\)/g)].every(([, target]) => target!.startsWith('#'))).toBe(true);
    expect(html).toContain("default-src 'none'");
    expect(html).toContain('prefers-color-scheme: dark');
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    for (const [, id] of html.matchAll(/url\(#([^)]*)\)/g)) expect(html).toContain(`<pattern id="${id}"`);
    expect(svgs(html).filter((svg) => svg.includes('role="img"'))).toHaveLength(6);
    new XMLParser().parse(html.slice(html.indexOf('<body>'), html.indexOf('</html>')), true);
  });

  it('draws every tick of a short past, its highest at the top, alarms and failures on the same axis', () => {
    const failure = { fromMs: LEAKING.at(-20)!.atMs, toMs: Infinity };
    const [, , , , , , , , , , , , picture = ''] = svgs(reportPage(reportOf(LEAKING, 4000, [failure])));
    const [line = ''] = pathsOf(picture, 'probability');
    const points = line.split(/[ML]/).slice(1).map((pair) => pair.split(' ').map(Number));
    expect(points).toHaveLength(800);
    expect([points[0]![0], points.at(-1)![0]]).toEqual([70, 988]);
    expect(Math.min(...points.map(([, y]) => y!))).toBeLessThan(10);
    expect(pathsOf(picture, 'alarm')).toHaveLength(1);
    expect(pathsOf(picture, 'failed')[0]).toMatch(/^M966\.2 250h21\.8v12/);
    expect(pathsOf(picture, 'failure')).toHaveLength(1);
    expect(picture).toContain('alarm from 0.8');
    expect(picture).toContain('2023-11-14');
  });

  it('interrupts its lines at gaps', () => {
    const ticks = LEAKING.filter((_, n) => n < 100 || n > 200);
    const [line = ''] = svgs(reportPage(reportOf(ticks))).flatMap((svg) => pathsOf(svg, 'probability')).slice(1);
    expect(line.match(/M/g)).toHaveLength(2);
  });

  it('is bounded, whatever is replayed, and keeps the maximum', () => {
    const many = Array.from({ length: 30_000 }, (_, n): BacktestTick => ({ ...LEAKING[n % 800]!, atMs: 1_700_000_000_000 + n * 5000, failureProbability: n === 17_777 ? 0.987654 : 0.1 }));
    const html = reportPage(reportOf(many));
    expect(html.length).toBeLessThan(1_500_000);
    expect(html).toContain('0.9877 at 2023-11-15 22:54:45Z');
    const [line = ''] = svgs(html).flatMap((svg) => pathsOf(svg, 'probability')).slice(1);
    expect(line.split(/[ML]/).length - 1).toBeLessThanOrEqual(4000);
    expect(line).toContain(' 10.7');
  });

  it('shows names and notes as text', () => {
    const evil = `<script>alert("x")</script>&'\u0007`;
    const html = reportPage({ ...reportOf(LEAKING.slice(0, 5)), told: { ...TOLD, source: evil, model: evil, notes: [evil] } });
    expect(html).not.toContain('<script');
    expect(html.split('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;').length - 1).toBe(5);
    expect(html).not.toContain('\u0007');
  });

  it('says where nothing was told, and where nothing was replayed', () => {
    const cpu = LEAKING.slice(0, 10).map((tick): BacktestTick => ({ ...tick, observation: { ...tick.observation, rates: { ...tick.observation.rates, values: { ...tick.observation.rates.values, networkBytesPerSecond: null } } } }));
    expect(reportPage(reportOf(cpu)).match(/not told by the source/g)).toHaveLength(1);
    expect(reportPage(reportOf([]))).toContain('There was no tick to replay.');
    expect(svgs(reportPage(reportOf(LEAKING.slice(0, 1)))).length).toBeGreaterThan(6);
  });
});
