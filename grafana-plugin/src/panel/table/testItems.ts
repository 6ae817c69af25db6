import type { RecoveryDetail } from '../../api/types';
import type { PanelModel, RecoveryItem } from '../model/types';

/** Times of the tests: a day in which nothing else happens. */
export const START_MS = Date.UTC(2026, 10, 22, 3, 0, 0);

/** An item as the model makes it; `index` gives it an own id and time. */
export function itemOf(given: Partial<RecoveryItem> = {}, index = 0): RecoveryItem {
  const startMs = given.startMs ?? START_MS + index * 60_000;
  return {
    id: `recovery-${index}`,
    lane: 'lane',
    host: 'host-a',
    domain: `web-${index}`,
    app: '',
    fault: 'domain_crashed',
    status: 'recovered',
    startMs,
    endMs: startMs + 4200,
    phases: [],
    state: '',
    text: '',
    actions: 'start',
    attempts: 1,
    alert: '',
    fromHost: '',
    toHost: '',
    acknowledgedBy: '',
    probability: null,
    row: index,
    fields: {},
    ...given,
  };
}

export function itemsOf(count: number): RecoveryItem[] {
  return Array.from({ length: count }, (_, index) => itemOf({}, index));
}

export function modelOf(items: RecoveryItem[], given: Partial<PanelModel> = {}): PanelModel {
  return { items, lanes: [], skipped: { count: 0, why: '' }, truncated: false, source: 'api', last: null, ...given };
}

/** Details of a domain that was restarted at the second attempt. */
export function detailOf(id: string, incident: Partial<RecoveryDetail['incident']> = {}): RecoveryDetail {
  return {
    incident: {
      id,
      target: { kind: 'domain', uuid: '4b1d3f0e-0000-4000-8000-000000000001', name: 'web-0', host: 'host-a' },
      fault: 'domain_crashed',
      state: 'closed',
      faultAtMs: START_MS,
      openedAtMs: START_MS + 200,
      releasedAtMs: START_MS + 1500,
      releasedBy: 'alert',
      hold: null,
      closedAtMs: START_MS + 9200,
      outcome: 'recovered',
      outcomeReason: null,
      outcomeText: 'running for 5 s',
      acknowledgedBy: 'ada',
      acknowledgedAtMs: START_MS + 5000,
      alerts: [{ fingerprint: 'f1', startsAtMs: START_MS + 1000, name: 'DomainCrashed' }],
      evidence: [{ atMs: START_MS, source: 'event', text: 'STOPPED/FAILED' }],
      ...incident,
    },
    timings: { detectMs: 200, decideMs: 1300, executeMs: 2000, verifyMs: 5000, totalMs: 9200 },
    attempts: [
      attempt({
        id: 'a1',
        ordinal: 1,
        action: 'start',
        result: 'failed',
        error: 'internal error: no disk',
        endedAtMs: START_MS + 2000,
      }),
      attempt({
        id: 'a2',
        ordinal: 2,
        action: 'restart',
        result: 'succeeded',
        plannedAtMs: START_MS + 2100,
        executingAtMs: START_MS + 2200,
        endedAtMs: START_MS + 9200,
      }),
    ],
    steps: [
      {
        attemptId: 'a1',
        ordinal: 1,
        name: 'create',
        state: 'failed',
        startedAtMs: START_MS + 1700,
        endedAtMs: START_MS + 1900,
        detail: 'internal error: no disk',
      },
      {
        attemptId: 'a2',
        ordinal: 1,
        name: 'destroy',
        state: 'succeeded',
        startedAtMs: START_MS + 2300,
        endedAtMs: START_MS + 2400,
        detail: null,
      },
      {
        attemptId: 'a2',
        ordinal: 2,
        name: 'verify running',
        state: 'started',
        startedAtMs: START_MS + 4000,
        endedAtMs: null,
        detail: null,
      },
    ],
    decisions: [
      { atMs: START_MS + 300, kind: 'wait', reason: 'waiting_for_alert', why: 'until Alertmanager says so' },
      { atMs: START_MS + 1600, kind: 'act', reason: 'start', why: 'start on host-a' },
    ],
    forecast: null,
  };
}

function attempt(given: Partial<RecoveryDetail['attempts'][number]>): RecoveryDetail['attempts'][number] {
  return {
    id: 'a',
    ordinal: 1,
    action: 'start',
    host: 'host-a',
    state: 'ended',
    plannedAtMs: START_MS + 1600,
    executingAtMs: START_MS + 1650,
    verifyingAtMs: null,
    endedAtMs: null,
    result: null,
    error: null,
    actor: 'policy',
    ...given,
  };
}
