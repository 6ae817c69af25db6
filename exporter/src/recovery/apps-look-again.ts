/**
 * An app is as it should be, and an attempt of ours was begun that did not end as a success: its end was lost, or it was not verified in
 * time. Nothing is done to what runs; it is looked at whether that is our doing.
 */
import { namesBefore, wasNotListed } from '../execution/process-names.ts';
import { verifyAppByProbes } from '../execution/verify-app-by-probes.ts';
import { verifyApp } from '../execution/verify-app.ts';
import type { AttemptRecord, IncidentRecord } from '../history/store.ts';
import { isAppAction } from '../vocabulary.ts';
import { appVerifyOptions, BY_PROBES, BY_PROCESSES, hasProbesAlone, probeVerifyOptions } from './apps-attempt.ts';
import type { AppSituation } from './apps-situation.ts';
import { scheduleApp } from './apps.ts';
import { AttemptAbandoned, messageOf } from './attempt-run.ts';
import type { RecoveryContext } from './context.ts';
import { closeIncident, escalate, hold, patchIncident } from './incidents.ts';

const LIMIT_MS = 60_000;
const RETRY_MS = 5000;

export async function lookAgain(context: RecoveryContext, situation: AppSituation, incident: IncidentRecord, begun: readonly AttemptRecord[]): Promise<void> {
  const last = begun.at(-1);
  const before = await lastBefore(context, situation, incident, begun);
  if (last === undefined || before === null) return selfRecovered(context, incident, 'no attempt of virtmedic had done anything yet');
  const limit = new AbortController();
  const cancel = context.clock.after(LIMIT_MS, () => limit.abort(new Error('it was not up for long enough in time')));
  const signal = AbortSignal.any([limit.signal, context.state.abandoned.signal]);
  try {
    let missing = '';
    const watched = { sinceMs: -Infinity, signal, missing: (text: string): void => void (missing = text) };
    let verify = (): Promise<void> => verifyAppByProbes(probeVerifyOptions(context, situation, watched));
    if (before !== 'not listed') {
      const options = appVerifyOptions(context, situation, { ...watched, before });
      const now = await options.processes().catch(() => null);
      if (now === null) return await waitForList(context, situation, incident);
      if ([...now].every((name) => before.has(name))) return await selfRecovered(context, incident, 'with the processes that it had before');
      verify = () => verifyApp(options);
    }
    const verifying = await patchIncident(context, incident, { state: 'verifying', hold: null });
    const failure = await verify().then(() => null, (error: unknown) => (error instanceof AttemptAbandoned ? Promise.reject(error) : `${messageOf(error)}${missing === '' ? '' : `: ${missing}`}`));
    if (failure === null) return await closeIncident(context, verifying, { outcome: 'recovered', text: `as it should be again after ${last.action}: verified ${before === 'not listed' ? BY_PROBES : BY_PROCESSES}` });
    await notVerified(context, situation, verifying, last, failure);
  } finally {
    cancel();
  }
}

/** Names of the app's processes before the last attempt that did something, or that they could not be listed; null: none did. */
async function lastBefore(context: RecoveryContext, { status }: AppSituation, incident: IncidentRecord, begun: readonly AttemptRecord[]): Promise<ReadonlySet<string> | 'not listed' | null> {
  const detail = await context.store.recovery(incident.id);
  for (const attempt of begun.toReversed()) {
    const steps = detail?.steps.filter(({ attemptId, state }) => attemptId === attempt.id && state !== 'failed') ?? [];
    // After a reset of the domain whatever runs is new.
    if (steps.length > 0 && !isAppAction(attempt.action)) return hasProbesAlone(status) ? 'not listed' : new Set();
    for (const { detail: text } of steps) {
      if (text !== null && wasNotListed(text)) return 'not listed';
      const names = text === null ? null : namesBefore(text);
      if (names !== null) return names;
    }
  }
  return null;
}

async function waitForList(context: RecoveryContext, { record, app }: AppSituation, incident: IncidentRecord): Promise<void> {
  await hold(context, incident, 'unobserved', 'it is as it should be; whether by new processes cannot be told now', context.clock.nowMs() + RETRY_MS);
  scheduleApp(context, record.uuid, app, { delayMs: RETRY_MS });
}

/** Once is bad luck: looked at again. Twice: it starts over and over, and a person has to look. */
async function notVerified(context: RecoveryContext, { record, app }: AppSituation, incident: IncidentRecord, last: AttemptRecord, failure: string): Promise<void> {
  const isSecond = context.state.lookedAgain.get(incident.id) === last.id;
  context.state.lookedAgain.set(incident.id, last.id);
  const evidence = { atMs: context.clock.nowMs(), source: 'listing', text: `not verified: ${failure}` };
  const open = await patchIncident(context, incident, { state: 'open', addEvidence: [evidence] });
  if (isSecond) await escalate(context, open, `up again and again, but never for long: ${failure}`);
  scheduleApp(context, record.uuid, app, { delayMs: RETRY_MS });
}

async function selfRecovered(context: RecoveryContext, incident: IncidentRecord, how: string): Promise<void> {
  await closeIncident(context, incident, { outcome: 'suppressed', reason: 'self_recovered', text: `as it should be again, ${how}` });
}
