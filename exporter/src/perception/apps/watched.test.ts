import { expect, it } from 'vitest';
import { declared } from './testing/declared.ts';
import { judge, newWatched, probesAnsweredAtMs } from './watched.ts';

const probe = (port: number) => ({ type: 'tcp' as const, address: '{domain}', port });
const app = declared({ name: 'iis', probes: [probe(80), probe(443)] });
const DOMAIN = { uuid: 'u', name: 'vm', host: 'h1', hold: null };

it('knows when all probes of an app had answered, none of them having failed since, and forgets it with work of our own', () => {
  const watched = newWatched(DOMAIN, [{ app, declaredBy: 'configuration' }], 0);
  const outcome = (port: number, atMs: number, ok = true): number | null => {
    const result = ok ? ({ ok } as const) : ({ ok, error: 'refused' } as const);
    judge(watched, { kind: 'probe', app: 'iis', outcome: { atMs, name: `tcp vm:${port}`, result, failures: 3, intervalSeconds: 5, timeoutSeconds: 2 } });
    return probesAnsweredAtMs(watched, 'iis');
  };
  expect(probesAnsweredAtMs(watched, 'iis')).toBeNull();
  expect([outcome(80, 1000), outcome(443, 2000), outcome(80, 6000), outcome(443, 7000, false), outcome(443, 12_000)]).toEqual([null, 1000, 2000, null, 6000]);
  judge(watched, { kind: 'muted', app: 'iis', atMs: 13_000, untilMs: 20_000, why: 'work' });
  expect([probesAnsweredAtMs(watched, 'iis'), outcome(80, 14_000), outcome(443, 14_000)]).toEqual([null, null, null]);
  judge(watched, { kind: 'unmuted', app: 'iis', atMs: 15_000 });
  expect([outcome(80, 16_000), outcome(443, 17_000), probesAnsweredAtMs(watched, 'other')]).toEqual([null, 16_000, null]);
});
