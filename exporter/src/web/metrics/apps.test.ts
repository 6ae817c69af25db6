import { describe, expect, it } from 'vitest';
import type { AppVerdict } from '../../perception/apps/verdict.ts';
import type { AppStatus } from '../../perception/apps/view.ts';
import { sampleApp } from '../testing/sample-apps.ts';
import { createAppSeries } from './apps.ts';
import { createLabelCache } from './label-cache.ts';
import { createWriter } from './writer.ts';

const FIGURES = { processes: 3, residentBytes: 4096, cpuNanoseconds: 1e9, cpuTotalNanoseconds: 2.5e9, backlogs: [{ port: 80, backlog: 7 }] };
const up = (more: Partial<AppVerdict> = {}): AppVerdict => ({ state: 'up', fault: null, sinceMs: null, basis: null, evidence: [], figures: FIGURES, ...more });
const faulty = (fault: AppVerdict['fault'], more: Partial<AppVerdict> = {}): AppVerdict => up({ state: 'faulty', fault, sinceMs: 1, basis: 'seen', ...more });

function scraper(): (...all: AppStatus[]) => string[] {
  const series = createAppSeries();
  const cache = createLabelCache();
  return (...all) => {
    const writer = createWriter();
    series.write(writer, cache, { all: () => all });
    cache.sweep();
    return writer.finish().toString().trimEnd().split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
}
const scrape = (...all: AppStatus[]): string[] => scraper()(...all);
const only = (lines: string[], name: string): string[] => lines.filter((line) => line.startsWith(name));

describe('series of an app', () => {
  it('are all there while everything is known', () => {
    expect(scrape(sampleApp({ verdict: up() }))).toEqual([
      'virtmedic_app_up{host="h1",domain="web-1",app="web"} 1',
      'virtmedic_app_processes{host="h1",domain="web-1",app="web"} 3',
      'virtmedic_app_resident_memory_bytes{host="h1",domain="web-1",app="web"} 4096',
      'virtmedic_app_cpu_seconds_total{host="h1",domain="web-1",app="web"} 2.5',
      'virtmedic_app_accept_backlog{host="h1",domain="web-1",app="web",port="80"} 7',
    ]);
  });

  it.each([
    ['unknown', up({ state: 'unknown', figures: { ...FIGURES, processes: 0 } })],
    ['muted', up({ state: 'muted' })],
    ['doubtful', up({ state: 'doubtful', figures: { ...FIGURES, processes: 0 } })],
  ])('are not there while it is %s: unknown is never 0', (_state, verdict) => {
    expect(scrape(sampleApp({ verdict }))).toEqual([]);
  });

  it.each([
    ['off', up({ state: 'off' }), 0],
    ['starting', up({ state: 'starting' }), 0],
    ['down', faulty('app_down'), 0],
    ['hung', faulty('app_hung'), 0],
    ['degraded', faulty('app_degraded'), 1],
  ])('say of one that is %s whether it serves', (_state, verdict, value) => {
    expect(only(scrape(sampleApp({ verdict })), 'virtmedic_app_up')).toEqual([`virtmedic_app_up{host="h1",domain="web-1",app="web"} ${value}`]);
  });

  it('name a fault only while it is present', () => {
    const next = scraper();
    expect(only(next(sampleApp({ verdict: faulty('app_hung') })), 'virtmedic_app_fault')).toEqual(['virtmedic_app_fault{host="h1",domain="web-1",app="web",fault="app_hung"} 1']);
    expect(only(next(sampleApp({ verdict: faulty('app_down') })), 'virtmedic_app_fault')).toEqual(['virtmedic_app_fault{host="h1",domain="web-1",app="web",fault="app_down"} 1']);
    expect(only(next(sampleApp({ verdict: up() })), 'virtmedic_app_fault')).toEqual([]);
  });

  it('leave out what is not known of all its processes, each for itself', () => {
    expect(scrape(sampleApp({ verdict: up({ figures: { processes: 3, residentBytes: null, cpuNanoseconds: null, cpuTotalNanoseconds: null, backlogs: [] } }) }))).toEqual([
      'virtmedic_app_up{host="h1",domain="web-1",app="web"} 1',
      'virtmedic_app_processes{host="h1",domain="web-1",app="web"} 3',
    ]);
    const undecided = up({ evidence: [{ kind: 'undecided', processes: 1 }] });
    expect(scrape(sampleApp({ verdict: undecided }))).toEqual(['virtmedic_app_up{host="h1",domain="web-1",app="web"} 1']);
  });

  it('count CPU time on over gaps, moves to another host and a count that begins anew; anew once the app was gone', () => {
    const next = scraper();
    const cpu = (cpuTotalNanoseconds: number | null, more: Partial<AppStatus> = {}): string | undefined =>
      only(next(sampleApp({ verdict: up({ figures: { ...FIGURES, cpuTotalNanoseconds } }), ...more })), 'virtmedic_app_cpu')[0]?.split(' ').at(-1);
    expect([cpu(5e9), cpu(6e9), cpu(1e9), cpu(null), cpu(2e9), cpu(3e9, { host: 'h2' })]).toEqual(['5', '6', '6', undefined, '7', '8']);
    next();
    expect(cpu(1e9)).toBe('1');
  });

  it('are of at most 16 ports, whatever a guest listens on; of the declared one where there is one', () => {
    const backlogs = Array.from({ length: 60_000 }, (_, index) => ({ port: index + 1, backlog: 0 }));
    const next = scraper();
    const ports = (given: typeof backlogs): number => only(next(sampleApp({ verdict: up({ figures: { ...FIGURES, backlogs: given } }) })), 'virtmedic_app_accept').length;
    expect([ports(backlogs), ports(backlogs.slice(30_000)), ports(backlogs.slice(0, 4))]).toEqual([16, 0, 4]);
    const declared = sampleApp({ port: 443, verdict: up({ figures: { ...FIGURES, backlogs } }) });
    expect(only(scrape(declared), 'virtmedic_app_accept')).toEqual(['virtmedic_app_accept_backlog{host="h1",domain="web-1",app="web",port="443"} 0']);
  });

  it('are written once where two domains have one name on one host: of the one that was looked at last', () => {
    const old = sampleApp({ uuid: 'u-old', atMs: 5, verdict: faulty('app_down') });
    const now = sampleApp({ uuid: 'u-new', atMs: 9, verdict: up() });
    for (const lines of [scrape(old, now), scrape(now, old)]) {
      expect(only(lines, 'virtmedic_app_up')).toEqual(['virtmedic_app_up{host="h1",domain="web-1",app="web"} 1']);
      expect(new Set(lines.map((line) => line.replace(/ [^ ]*$/, ''))).size).toBe(lines.length);
    }
  });

  it('say in their help that they are cached', () => {
    const writer = createWriter();
    createAppSeries().write(writer, createLabelCache(), { all: () => [sampleApp({ verdict: faulty('app_hung') })] });
    const help = writer.finish().toString().split('\n').filter((line) => line.startsWith('# HELP'));
    expect(help).toHaveLength(6);
    for (const line of help) expect(line).toContain('Cached: of the latest look');
  });
});
