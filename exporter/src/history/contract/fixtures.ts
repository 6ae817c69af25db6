/** Records and moves that the parts of the contract share. */
import type { TargetForecast } from '../../prediction/forecast-view.ts';
import type { Target } from '../../vocabulary.ts';
import type { DomainRecord, Evidence, IncidentRecord, Store } from '../store.ts';

export const T0 = 1_700_000_000_000;
export const UUID = '6d2f9a0e-3c5b-4b57-9a55-0a8b6d2f9a0e';

export const domainTarget = (name = 'web1', uuid = UUID, host = 'alpha'): Target => ({ kind: 'domain', uuid, name, host });
export const evidence = (text: string, atMs = T0): Evidence => ({ atMs, source: 'event', text });
export const record = (fields: Partial<DomainRecord> = {}): DomainRecord => ({
  uuid: UUID,
  name: 'web1',
  host: 'alpha',
  desired: 'running',
  desiredSource: 'observed',
  firstSeenMs: T0,
  lastSeenMs: T0 + 1,
  lastNotification: null,
  undefinedAtMs: null,
  ...fields,
});

export const forecast = (probability: number): TargetForecast => ({
  atMs: T0 - 1,
  failureProbability: [{ horizonSeconds: 60, probability }, { horizonSeconds: 300, probability: 1 }],
  health: { normal: 0.1, abnormal: 0.6, failed: 0.3 },
  load: { low: 0, medium: 0.25, high: 0.75 },
  coldStart: false,
  missing: [{ signal: 'diskBytesPerSecond', why: 'not-said' }, { signal: null, why: 'gap' }],
  failing: true,
  failingSinceMs: T0 - 60_000,
  model: { source: 'pooled', trainedAtMs: T0 - 1e6 },
});

/** Repeated at once and in parallel: what makes a method safe to repeat. */
export async function twice<T>(call: () => Promise<T>): Promise<[T, T]> {
  return Promise.all([call(), call()]);
}

export async function open(store: Store, fields: { target?: Target; openedAtMs?: number; fault?: IncidentRecord['fault'] } = {}): Promise<IncidentRecord> {
  const { target = domainTarget(), openedAtMs = T0, fault = 'domain_crashed' } = fields;
  const opened = await store.openIncident({ target, fault, faultAtMs: openedAtMs, openedAtMs, evidence: [evidence('QEMU gone')] });
  return opened.incident;
}

export const plan = (store: Store, incidentId: string, plannedAtMs = T0) =>
  store.planAttempt({ incidentId, action: 'start', host: 'alpha', plannedAtMs, actor: 'policy' });

/** An attempt from begin to end at the given times. */
export async function attempted(store: Store, incidentId: string, fromMs: number, toMs: number, action: 'start' | 'notify' | 'migrate' = 'start'): Promise<void> {
  const { id } = await store.planAttempt({ incidentId, action, host: 'alpha', plannedAtMs: fromMs, actor: 'policy' });
  await store.patchAttempt(id, { state: 'executing', executingAtMs: fromMs });
  await store.patchAttempt(id, { state: 'ended', endedAtMs: toMs, result: 'succeeded' });
}

export type Current = () => Store;
export type Reopen = () => Promise<void>;
