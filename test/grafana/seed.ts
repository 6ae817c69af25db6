/** A store with a history as virtmedic would have written it: through its own store code, every outcome, dates up to now. */
import { randomUUID } from 'node:crypto';
import { openSqliteStore } from '../../exporter/src/history/index.ts';
import type { Store } from '../../exporter/src/history/index.ts';
import type { IncidentRecord } from '../../exporter/src/history/store.ts';
import { forecastAt } from './seed-forecast.ts';
import type { SeededFault } from './seed-forecast.ts';
import type { Action, AttemptResult, Fault, Outcome, SuppressReason, Target } from '../../exporter/src/vocabulary.ts';

export interface SeedOptions {
  /** When the newest recovery began, milliseconds since the epoch; the others before it. */
  nowMs: number;
  hosts: number;
  domainsPerHost: number;
  recoveries: number;
  /** Time from one recovery to the next. */
  everyMs: number;
  /** Incidents that are still open, on top. Each needs a domain of its own. */
  open: number;
}

export interface Seeded {
  /** Domain names by host. */
  domains: { uuid: string; name: string; host: string }[];
  /** Faults by domain, those of open incidents too. */
  faults: Map<string, SeededFault[]>;
  /** Ids by how they ended; the newest first. */
  byOutcome: Map<Outcome, string[]>;
  openIds: string[];
}

export const SEED: Omit<SeedOptions, 'nowMs'> = { hosts: 3, domainsPerHost: 4, recoveries: 72, everyMs: 4 * 60_000, open: 2 };

interface Story {
  fault: Fault;
  outcome: Outcome;
  attempts: { action: Action; result: AttemptResult; error?: string }[];
  reason?: SuppressReason;
  text: string;
}

/** Every outcome, the ordinary ones more often. */
const STORIES: readonly Story[] = [
  { fault: 'domain_failing', outcome: 'recovered', attempts: [{ action: 'migrate', result: 'succeeded' }], text: 'migrate: running and verified' },
  { fault: 'domain_crashed', outcome: 'recovered', attempts: [{ action: 'start', result: 'succeeded' }], text: 'start: running and verified' },
  { fault: 'domain_hung', outcome: 'recovered', attempts: [{ action: 'reset', result: 'succeeded' }], text: 'reset: running and verified' },
  { fault: 'domain_crashed', outcome: 'recovered', attempts: [{ action: 'start', result: 'failed', error: 'internal error: process exited while connecting to monitor' }, { action: 'restart', result: 'succeeded' }], text: 'restart: running and verified' },
  { fault: 'domain_stopped', outcome: 'suppressed', attempts: [], reason: 'desired_stopped', text: 'stopped on purpose' },
  { fault: 'domain_missing', outcome: 'recovered', attempts: [{ action: 'rebuild', result: 'succeeded' }], text: 'rebuild: running and verified' },
  { fault: 'domain_panicked', outcome: 'failed', attempts: [{ action: 'reset', result: 'timed_out' }, { action: 'restart', result: 'failed', error: "unable to open /var/lib/libvirt/images/db.qcow2: No such file or directory" }], text: 'no rung is left' },
  { fault: 'domain_crashed', outcome: 'dry_run', attempts: [], reason: 'dry_run', text: 'would start' },
  { fault: 'domain_hung', outcome: 'escalated', attempts: [{ action: 'reset', result: 'failed', error: 'operation failed: domain is not responding' }], text: 'the budget of 3 recoveries in 30 min is spent' },
  { fault: 'domain_crashed', outcome: 'interrupted', attempts: [{ action: 'start', result: 'interrupted' }], text: 'virtmedic was restarted meanwhile' },
];

export async function seedStore(path: string, options: SeedOptions): Promise<Seeded> {
  const store = await openSqliteStore(path);
  try {
    const domains = domainsOf(options);
    for (const domain of domains) await putDomain(store, domain, options.nowMs);
    const byOutcome = new Map<Outcome, string[]>();
    const faults = new Map<string, SeededFault[]>(domains.map(({ uuid }) => [uuid, []]));
    for (let index = options.recoveries - 1; index >= 0; index--) {
      const story = STORIES[index % STORIES.length] as Story;
      const [domain, atMs] = [pick(domains, index * 5), options.nowMs - (index + 1) * options.everyMs];
      faults.get(domain.uuid)?.push({ fault: story.fault, atMs });
      const id = await closed(store, domain, story, atMs);
      byOutcome.set(story.outcome, [id, ...(byOutcome.get(story.outcome) ?? [])]);
    }
    const openIds: string[] = [];
    for (let index = 0; index < options.open; index++) {
      const [domain, atMs] = [pick(domains, index), options.nowMs - (index + 1) * 90_000];
      faults.get(domain.uuid)?.push({ fault: 'domain_hung', atMs });
      openIds.push(await opened(store, domain, atMs));
    }
    return { domains, faults, byOutcome, openIds };
  } finally {
    await store.close();
  }
}

type Domain = Seeded['domains'][number];

function domainsOf({ hosts, domainsPerHost }: SeedOptions): Domain[] {
  const names = ['web', 'db', 'mail', 'cache', 'queue', 'build'];
  return Array.from({ length: hosts * domainsPerHost }, (_, index) => ({
    uuid: randomUUID(), name: `${names[index % names.length]}-${Math.floor(index / names.length) + 1}`, host: `host-${(index % hosts) + 1}`,
  }));
}

function pick(domains: readonly Domain[], index: number): Domain {
  return domains[index % domains.length] as Domain;
}

async function putDomain(store: Store, { uuid, name, host }: Domain, nowMs: number): Promise<void> {
  await store.putDomain({ uuid, name, host, desired: 'running', desiredSource: 'observed', firstSeenMs: nowMs - 86_400_000, lastSeenMs: nowMs, lastNotification: null, undefinedAtMs: null });
}

async function open(store: Store, domain: Domain, fault: Fault, faultAtMs: number): Promise<IncidentRecord> {
  const target: Target = { kind: 'domain', ...domain };
  const evidence = [{ atMs: faultAtMs + 40, source: 'event', text: `libvirt: ${domain.name} stopped (failed)` }];
  // What is not there any more is forecast no longer.
  const forecast = fault === 'domain_missing' ? null : forecastAt(faultAtMs, [{ fault, atMs: faultAtMs }]);
  const { incident } = await store.openIncident({ target, fault, faultAtMs, openedAtMs: faultAtMs + 60, evidence, alerts: [], forecast });
  await store.addDecision({ incidentId: incident.id, atMs: faultAtMs + 70, kind: 'wait', reason: 'waiting_for_alert', why: 'the alert has not come back yet' });
  return incident;
}

async function closed(store: Store, domain: Domain, story: Story, faultAtMs: number): Promise<string> {
  const { id } = await open(store, domain, story.fault, faultAtMs);
  let atMs = faultAtMs + 1500;
  if (story.attempts.length > 0) {
    const alert = { fingerprint: id.slice(-12), startsAtMs: atMs, name: 'VirtmedicDomainCrashed' };
    await store.patchIncident(id, { state: 'executing', releasedAtMs: atMs, releasedBy: 'alert', addAlert: alert });
    await store.addDecision({ incidentId: id, atMs, kind: 'act', reason: story.attempts[0]?.action ?? '', why: 'the alert is firing and the fault is proven' });
  }
  for (const { action, result, error } of story.attempts) atMs = await attempt(store, id, domain, { action, result, error: error ?? null, fromMs: atMs });
  await store.closeIncident(id, { atMs, outcome: story.outcome, reason: story.reason ?? null, text: story.text });
  return id;
}

/** Returns when it ended. */
async function attempt(store: Store, incidentId: string, { host, name }: Domain, { action, result, error, fromMs }: { action: Action; result: AttemptResult; error: string | null; fromMs: number }): Promise<number> {
  const { id } = await store.planAttempt({ incidentId, action, host, plannedAtMs: fromMs, actor: 'policy' });
  await store.patchAttempt(id, { state: 'executing', executingAtMs: fromMs + 10 });
  const step = await store.beginStep({ attemptId: id, name: 'create', startedAtMs: fromMs + 12 });
  const actedMs = fromMs + 900;
  const succeeded = result === 'succeeded';
  await store.endStep(id, step.ordinal, { state: succeeded ? 'succeeded' : 'failed', endedAtMs: actedMs, detail: error });
  if (succeeded) {
    await store.patchAttempt(id, { state: 'verifying', verifyingAtMs: actedMs });
    const verify = await store.beginStep({ attemptId: id, name: `verify ${name} is running`, startedAtMs: actedMs });
    await store.endStep(id, verify.ordinal, { state: 'succeeded', endedAtMs: actedMs + 5000, detail: null });
  }
  const endedAtMs = actedMs + (succeeded ? 5000 : 30_000);
  await store.patchAttempt(id, { state: 'ended', endedAtMs, result, error });
  return endedAtMs + 20;
}

/** An incident in progress that a restart leaves alone: it was escalated and waits for a person. */
async function opened(store: Store, domain: Domain, faultAtMs: number): Promise<string> {
  const { id } = await open(store, domain, 'domain_hung', faultAtMs);
  await attempt(store, id, domain, { action: 'reset', result: 'failed', error: 'operation failed: domain is not responding', fromMs: faultAtMs + 200 });
  await store.patchIncident(id, { state: 'escalated', releasedAtMs: faultAtMs + 150, releasedBy: 'direct', outcomeText: 'no rung is left: a person has to look' });
  return id;
}
