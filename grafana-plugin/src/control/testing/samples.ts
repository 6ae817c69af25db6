/** For tests: what virtmedic answers. */
import { sampleDomain as anyDomain } from '../../api/samples';
import type { Domain, Recovery } from '../../api/types';
import type { Answers } from './fakeProxy';

export const UUID = '11111111-2222-3333-4444-555555555555';
export const INCIDENT = '0199-incident-1';

export function sampleDomain(change: Partial<Domain> = {}): Domain {
  return anyDomain({ uuid: UUID, name: 'web-3', sinceMs: 1_000_000, ...change });
}

export function sampleIncident(change: Partial<Recovery> = {}): Recovery {
  return {
    id: INCIDENT,
    target: { kind: 'domain', uuid: UUID, name: 'web-3', host: 'h1' },
    fault: 'domain_crashed',
    state: 'escalated',
    faultAtMs: 1_000_000,
    openedAtMs: 1_000_100,
    releasedAtMs: null,
    releasedBy: null,
    hold: null,
    closedAtMs: null,
    outcome: null,
    outcomeReason: null,
    outcomeText: null,
    acknowledgedBy: null,
    acknowledgedAtMs: null,
    alerts: [],
    timings: { detectMs: 100, decideMs: null, executeMs: null, verifyMs: null, totalMs: null },
    attempts: [],
    fromHost: 'h1',
    toHost: 'h1',
    failureProbability: null,
    ...change,
  };
}

/** All that the pages read, for one healthy domain. */
export function calmAnswers(change: Answers = {}): Answers {
  return {
    'GET domains': () => ({ body: { items: [sampleDomain()] } }),
    'GET hosts': () => ({
      body: {
        items: [{ name: 'h1', uri: 'qemu:///system', state: 'up', heardAtMs: 1, error: null, domains: 1, running: 1 }],
      },
    }),
    'GET incidents': () => ({ body: { items: [] } }),
    'GET recoveries': () => ({ body: { items: [], nextCursor: null } }),
    'GET maintenance': () => ({ body: { items: [] } }),
    'GET pause': () => ({ body: { paused: null } }),
    'GET settings': () => ({
      body: { samplingIntervalSeconds: { value: 15, default: 15, minimum: 0.001, maximum: 3600 } },
    }),
    ...change,
  };
}
