/** What a start finds in the store: the state before, and perhaps the remains of a crash. */
import { z } from 'zod';
import type { IncidentRecord } from '../history/store.ts';
import type { RecoveryContext } from './context.ts';
import { takeLease } from './lease.ts';
import { loadMigrations } from './migrations.ts';
import { dropStaleOrder } from './operator.ts';
import { restoreOwnAction } from './own-actions.ts';
import { settle } from './settle.ts';

const pauseSchema = z.object({ by: z.string(), reason: z.string(), atMs: z.number() });
const sinceByUuid = z.record(z.string(), z.number());

export async function loadState(context: RecoveryContext): Promise<void> {
  const { store, state, clock } = context;
  await takeLease(context);
  await store.releaseAllLocks();
  for (const record of await store.domains()) state.domains.set(record.uuid, record);
  for (const incident of await store.openIncidents()) state.open.set(incident.targetKey, incident);
  state.maintenance = await store.maintenance(clock.nowMs());
  // A kill switch that can't be read must not be taken for one that is off.
  const pause = await store.setting('pause');
  if (pause !== null && pause !== undefined) {
    const parsed = pauseSchema.safeParse(pause);
    state.paused = parsed.success ? parsed.data : { by: 'virtmedic', reason: 'the stored pause cannot be read; unpause to go on', atMs: clock.nowMs() };
  }
  await loadTimes(context, 'forgotten', state.forgotten);
  await loadTimes(context, 'definitionRemoved', state.definitionRemoved);
  await loadTimes(context, 'toldHosts', state.toldHosts);
  const told = z.record(z.string(), z.string()).safeParse(await store.setting('toldApps'));
  if (told.success) for (const [key, word] of Object.entries(told.data)) state.toldApps.set(key, word);
  await loadMigrations(context);
  for (const incident of (await store.recoveries({ limit: RECENT })).items.reverse()) {
    if (incident.closedAtMs !== null) state.lastClosed.set(incident.targetKey, { incidentId: incident.id, closedAtMs: incident.closedAtMs });
  }
  for (const attempt of await store.unfinishedAttempts()) {
    const incident = await store.incident(attempt.incidentId);
    if (incident) state.unsettled.add(incident.targetKey);
  }
  await settleAll(context);
}

/** So many of the latest incidents tell to which recovery an alert belongs that still fires. */
const RECENT = 1000;

async function loadTimes(context: RecoveryContext, key: string, into: Map<string, number>): Promise<void> {
  const stored = sinceByUuid.safeParse(await context.store.setting(key));
  if (stored.success) for (const [uuid, atMs] of Object.entries(stored.data)) into.set(uuid, atMs);
}

/**
 * Ends what the last process left unfinished. What was done is not known and not repeated: the first look at the domain,
 * once its host is listed, decides.
 */
async function settleAll(context: RecoveryContext): Promise<void> {
  const { state } = context;
  for (const incident of [...state.open.values()]) {
    const unfinished = state.unsettled.has(incident.targetKey) || incident.state === 'executing' || incident.state === 'verifying';
    if (unfinished) await settle(context, incident.targetKey);
    await restoreMemory(context, incident);
    if (incident.fault === 'requested') await dropStaleOrder(context, state.open.get(incident.targetKey) ?? incident);
  }
  if (state.open.size > 0) context.log.info({ incidents: state.open.size }, 'open incidents were taken over from the last run');
}

/** What the last process knew of the incident beyond its record follows from its attempts. */
async function restoreMemory(context: RecoveryContext, incident: IncidentRecord): Promise<void> {
  const { store, state } = context;
  const detail = await store.recovery(incident.id);
  if (!detail) return;
  const { attempts, steps } = detail;
  if (incident.target.kind === 'domain') restoreOwnAction(context, incident.target.uuid, attempts, steps);
  const { releasedBy, releasedAtMs } = incident;
  if (releasedBy === 'operator') state.ladderFrom.set(incident.id, attempts.filter((attempt) => attempt.plannedAtMs < (releasedAtMs ?? 0)).length);
}
