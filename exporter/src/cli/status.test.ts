import { afterEach, describe, expect, it } from 'vitest';
import type { AppStatus } from '../perception/apps/view.ts';
import { declared } from '../perception/apps/testing/declared.ts';
import { emptyRecord, sampleIncident, UUID } from '../web/testing/fakes.ts';
import { sampleApp, viewOfApps } from '../web/testing/sample-apps.ts';
import { start, stopAll } from '../web/testing/test-client.ts';
import { targetKey } from '../vocabulary.ts';
import { runCommand } from './testing/run-command.ts';
import type { Ended } from './testing/run-command.ts';

afterEach(stopAll);

const HUNG: Partial<AppStatus> = {
  app: declared({ name: 'shop' }),
  verdict: { state: 'faulty', fault: 'app_hung', sinceMs: -60_000, basis: 'silence', evidence: [{ kind: 'probe', probe: 'http', failures: 3, error: 'no\u001b[31m answer' }], figures: null },
};

/** `virtmedic status` against the real listeners, with these apps in web-1 on h1. */
async function status(apps: readonly AppStatus[], ...args: string[]): Promise<Ended> {
  const recorded = emptyRecord();
  const nowMs = Date.now();
  recorded.hosts = [{ name: 'h1', uri: 'x', state: 'up', heardAtMs: nowMs, error: null, listings: 1 }];
  recorded.sightings = [{ uuid: UUID, name: 'web-1', host: 'h1', state: 'running', reason: 'booted', sinceMs: nowMs, persistent: true, autostart: false }];
  recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
  const target = { kind: 'app', uuid: UUID, name: 'web-1', host: 'h1', app: 'shop' } as const;
  recorded.incidents = apps.length > 1 ? [sampleIncident({ id: 'app-incident', fault: 'app_hung', target, targetKey: targetKey(target) })] : [];
  const { controlUrl } = await start(recorded, { apps: viewOfApps(apps) });
  return runCommand(['status', '--url', controlUrl, ...args], () => nowMs);
}

describe('status of apps', () => {
  it('says what is wrong with each, since when, and what tells so; nothing in it steers a terminal', async () => {
    const { code, out } = await status([sampleApp({ uuid: UUID }), sampleApp({ uuid: UUID, ...HUNG })]);
    expect(code).toBe(0);
    const rows = out.split('\n\n').at(-1)?.trimEnd().split('\n').map((line) => line.split(/ {2,}/));
    expect(rows?.[0]).toEqual(['APP', 'DOMAIN', 'HOST', 'STATE', 'FAULT', 'SINCE', 'BASIS', 'PROCESSES', 'INCIDENT', 'EVIDENCE']);
    expect(rows?.slice(1)).toEqual([
      [declared().name, 'web-1', 'h1', 'up', '-', '-', '-', '2'],
      ['shop', 'web-1', 'h1', 'faulty', 'app_hung', expect.stringMatching(/ ago$/), 'silence', '-', 'app-incident', expect.stringContaining('probe http failed 3 times')],
    ]);
    expect(out).not.toContain('\u001b');
  });

  it('has no table where none are declared, or none on the host that is asked for', async () => {
    expect((await status([])).out).not.toContain('APP ');
    expect((await status([sampleApp({ uuid: UUID })], '--host', 'h2')).out).not.toContain('APP ');
  });

  it('is JSON for programs, beside their domain', async () => {
    const { domains } = JSON.parse((await status([sampleApp({ uuid: UUID, ...HUNG })], '--json')).out) as { domains: unknown[] };
    expect(domains).toMatchObject([{ name: 'web-1', apps: [{ name: 'shop', state: 'faulty', fault: 'app_hung', basis: 'silence', sinceMs: expect.any(Number) as unknown }] }]);
  });
});
