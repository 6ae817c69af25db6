import { expect, it } from 'vitest';
import { casesOf, figuresOf } from './samples.ts';
import type { Sample } from './samples.ts';

const sample = (change: Partial<Sample>): Sample => ({ path: 'direct', service: 'web', kind: 'killed', seconds: 4, phases: { detectSeconds: 2, releaseSeconds: 0.1, serveSeconds: 1.9 }, recovered: true, ...change });

it('breaks every service in both ways, none of them twice in a row', () => {
  const cases = casesOf(2).map(({ service, kind }) => `${service} ${kind}`);
  expect(cases).toEqual([...['ftp killed', 'stream killed', 'web killed', 'ftp hung', 'stream hung', 'web hung'], ...['ftp killed', 'stream killed', 'web killed', 'ftp hung', 'stream hung', 'web hung']]);
});

it('tells services, faults and ways apart', () => {
  const figures = figuresOf([
    sample({ seconds: 3 }), sample({ seconds: 5 }), sample({ service: 'ftp', seconds: 2 }), sample({ kind: 'hung', seconds: 14 }), sample({ kind: 'hung', service: 'ftp', seconds: 12 }),
    sample({ path: 'alert', seconds: 11 }), sample({ path: 'alert', service: 'stream', seconds: Infinity, recovered: false }),
  ]);
  expect(figures).toMatchObject({
    web_s_p50: 4, ftp_s_p50: 2, stream_s_p50: null, hung_s_p50: 13, hung_web_s_p50: 14, direct_s_max: 14,
    alert_web_s_p50: 11, alert_stream_s_p50: Infinity, alert_hung_s_p50: null, alert_s_max: Infinity, faults: 7, recovered: 6, not_recovered: 1,
  });
});

it('tells where the time went, of what was acted on', () => {
  const phases = { detectSeconds: 3, releaseSeconds: 5, serveSeconds: 2 };
  const figures = figuresOf([sample({ kind: 'hung', phases }), sample({ kind: 'hung', phases: { ...phases, detectSeconds: 5 } }), sample({ kind: 'hung', phases: null, seconds: Infinity })]);
  expect(figures.phases).toEqual({ direct: { killed: null, hung: { detect_s_p50: 4, release_s_p50: 5, serve_s_p50: 2 } }, alert: { killed: null, hung: null } });
});

it('has no figure for what did not run', () => {
  expect(Object.values(figuresOf([])).every((figure) => figure === null)).toBe(true);
});
