import { afterEach, describe, expect, it } from 'vitest';
import { emptyRecord, sampleIncident, UUID } from './testing/fakes.ts';
import { document } from './testing/conformance.ts';
import { viewOfApps } from './testing/sample-apps.ts';
import { bearer, call, start, stopAll, TOKENS, tokens } from './testing/test-client.ts';

afterEach(stopAll);

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const BODIES: Record<string, object> = {
  '/api/v1/actions': { domain: 'web-1', action: 'recover' },
  '/api/v1/pause': { paused: true, reason: 'x' },
  '/api/v1/settings': { samplingIntervalSeconds: 5 },
  '/api/v1/maintenance': { all: true, reason: 'x', durationSeconds: 60 },
  '/api/v1/incidents/{id}/close': { reason: 'x' },
};

describe('a token that may read', () => {
  it('can do nothing but that, on either listener, with any method', async () => {
    const recorded = emptyRecord();
    recorded.incidents = [sampleIncident()];
    recorded.domains = [{ uuid: UUID, name: 'web-1', host: 'h1', desired: 'running', desiredSource: 'observed', firstSeenMs: 1, lastSeenMs: 2, lastNotification: null, undefinedAtMs: null }];
    recorded.maintenance = [{ id: sampleIncident().id, scope: { kind: 'all' }, fromMs: 0, untilMs: 1, reason: 'x', createdBy: 'ann' }];
    const before = structuredClone(recorded);
    const { webUrl, controlUrl } = await start(recorded, { control: { tokens }, apps: viewOfApps([], [], async () => ({ processes: [] })) });
    const answers: string[] = [];
    for (const [template, operations] of Object.entries(document.paths)) {
      const path = template.replace('{uuid}', UUID).replace('{id}', sampleIncident().id);
      for (const [listener, url] of [['web', webUrl], ['control', controlUrl]] as const) {
        for (const method of METHODS) {
          const body = method === 'GET' ? undefined : (BODIES[template] ?? {});
          const { status } = await call(`${url}${path}`, method, body, bearer(TOKENS.read));
          const operation = operations[method.toLowerCase()];
          const isServed = operation?.['x-virtmedic-listeners'].includes(listener) ?? false;
          const mayRead = method === 'GET' && isServed;
          expect([listener, method, template, mayRead ? status === 200 : [403, 404, 405].includes(status)]).toEqual([listener, method, template, true]);
          if (!mayRead) answers.push(`${listener} ${method} ${status}`);
        }
      }
    }
    // Orders are known, and refused for want of the scope.
    expect(answers.filter((answer) => answer === 'control POST 403').length).toBe(8);
    expect(answers.filter((answer) => answer === 'control DELETE 403').length).toBe(2);
    expect({ ...recorded, attemptReads: 0, queries: [] }).toEqual(before);
  });
});
