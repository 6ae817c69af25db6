/** One attempt on an app: a rung of its ladder, or an operator's order. Verified by the app's own processes and by perception. */
import { sleep } from '../events/clock.ts';
import { ActionError } from '../execution/action.ts';
import { notDeclared, performAppAction } from '../execution/app.ts';
import type { AppProcesses } from '../execution/app.ts';
import { processName } from '../execution/process-names.ts';
import type { GuestAgentActions } from '../execution/guest-agent-actions.ts';
import type { VerifyAppByProbesOptions } from '../execution/verify-app-by-probes.ts';
import { verifyAppByProbes } from '../execution/verify-app-by-probes.ts';
import type { VerifyAppOptions } from '../execution/verify-app.ts';
import { verifyApp } from '../execution/verify-app.ts';
import type { IncidentRecord } from '../history/store.ts';
import { createMatcher } from '../perception/apps/match.ts';
import type { AppStatus } from '../perception/apps/view.ts';
import { isGuestAgentAllowed } from '../policy/guest-agent.ts';
import type { Action, AppAction } from '../vocabulary.ts';
import { isAppAction } from '../vocabulary.ts';
import type { AppSituation } from './apps-situation.ts';
import type { AttemptEnd, Performing } from './attempt-run.ts';
import { AttemptWithdrawn, runWork } from './attempt-run.ts';
import { performOnDomain } from './attempt.ts';
import type { RecoveryContext } from './context.ts';
import { ownGeneration } from './lease.ts';
import { beginOwnAction, endOwnAction, stepBegins, stepSucceeded } from './own-actions.ts';

export interface AppAttemptRequest {
  situation: AppSituation;
  incident: IncidentRecord;
  action: Action;
  timeoutSeconds: number;
  actor: string;
  objection: () => string | null;
}

/** The guest agent where it is allowed in the app's domain; null: it is not. */
function agentOf({ config, guestAgent }: RecoveryContext, { record, host }: Pick<AppSituation, 'record' | 'host'>): GuestAgentActions | null {
  return isGuestAgentAllowed(config(), { uuid: record.uuid, name: record.name, host }) ? guestAgent : null;
}

/** Why this cannot be done to the app at all; null: it may be tried. */
export function appUnavailable(context: RecoveryContext, action: Action, situation: Pick<AppSituation, 'record' | 'host'>, status: AppStatus | null): string | null {
  if (!isAppAction(action)) return null;
  if (context.guestActions === null) return 'no guest helper that may act is configured';
  return status === null ? 'no app of this name is declared' : notDeclared(action, status.app, agentOf(context, situation) !== null);
}

export interface AppAttemptEnd extends AttemptEnd {
  /** What its verification rests on, for people. */
  by: string;
}

/** Runs one attempt to its end, as `runWork` does. */
export async function runAppAttempt(context: RecoveryContext, request: AppAttemptRequest): Promise<AppAttemptEnd> {
  const seen: Seen = { before: new Set(), missing: '', endedAtMs: Infinity };
  const end = await runSeen(context, request, seen);
  return { ...end, by: seen.before === null ? BY_PROBES : BY_PROCESSES };
}

export const BY_PROCESSES = 'by new processes';
export const BY_PROBES = 'by its probes alone, as its processes could not be listed';

function runSeen(context: RecoveryContext, request: AppAttemptRequest, seen: Seen): Promise<AttemptEnd> {
  const { situation, action } = request;
  const { host, record } = situation;
  const { uuid } = record;
  const common = {
    ...request,
    host,
    verify: (_host: string, _sinceMs: number, signal: AbortSignal) => verify(context, request, seen, signal),
    missing: () => seen.missing,
  };
  if (!isAppAction(action)) {
    // Of its domain: whatever runs after a reset is new.
    return runWork(context, {
      ...common,
      begin: () => beginOwnAction(context, uuid),
      end: () => endOwnAction(context, uuid),
      perform: (attempt) => onDomain(context, request, seen, attempt),
      stepBegins: (name) => stepBegins(context, uuid, name),
      stepSucceeded: (name) => stepSucceeded(context, uuid, name),
    });
  }
  return runWork(context, {
    ...common,
    begin: () => void context.state.appOperations.set(uuid, { fromMs: context.clock.nowMs(), toMs: null }),
    end() {
      const operation = context.state.appOperations.get(uuid);
      if (operation) operation.toMs = context.clock.nowMs();
    },
    perform: (attempt) => onApp(context, request, action, seen, attempt),
  });
}

/** What the action leaves to its verification. */
interface Seen {
  /** Names of the app's processes right before the first side effect; null: they cannot be listed. */
  before: ReadonlySet<string> | null;
  missing: string;
  /** Monotonic, of the end of the action: what perception saw before says nothing. */
  endedAtMs: number;
}

/** Nothing but its probes ever tells how it is. */
export function hasProbesAlone(status: AppStatus | null): boolean {
  return status !== null && status.app.match === undefined && status.app.probes.length > 0;
}

async function onDomain(context: RecoveryContext, { situation, incident, action, timeoutSeconds, actor, objection }: AppAttemptRequest, seen: Seen, attempt: Performing): Promise<{ host: string }> {
  const { record, host, status } = situation;
  if (hasProbesAlone(status)) seen.before = null;
  const done = await performOnDomain(context, { record, incident, action, host, timeoutSeconds, actor, desired: 'running', objection }, attempt);
  seen.endedAtMs = context.clock.monotonicMs();
  return done;
}

async function onApp(context: RecoveryContext, request: AppAttemptRequest, action: AppAction, seen: Seen, { step, signal, endsAtMs }: Performing): Promise<{ host: string }> {
  const { situation, incident } = request;
  const { host, record, app } = situation;
  const { uuid } = record;
  const status = context.apps.app(uuid, app);
  const objection = appUnavailable(context, action, situation, status);
  if (objection !== null || status === null || context.guestActions === null) throw new ActionError('unavailable', objection ?? 'not declared');
  // Before it is muted, and so not judged any more.
  const late = request.objection();
  if (late !== null) throw new AttemptWithdrawn(late);
  context.supervision.mute(uuid, app, endsAtMs, `virtmedic is at work on it: ${action}`);
  try {
    const { before } = await performAppAction(action, {
      uuid,
      host,
      app: status.app,
      isHung: incident.fault === 'app_hung' || status.verdict.fault === 'app_hung',
      guest: context.guestActions,
      agent: agentOf(context, situation),
      generation: () => ownGeneration(context),
      processes: () => appProcesses(context, status, signal),
      step: (name, detail, run, told) => step(name, run, detail, told),
      wait: (delayMs) => sleep(context.clock, delayMs, signal),
      signal,
    });
    seen.before = before && new Set(before.map(processName));
  } finally {
    context.supervision.unmute(uuid, app);
    seen.endedAtMs = context.clock.monotonicMs();
  }
  return { host };
}

/** The processes that are the app, by a list of this moment. @throws HelperError */
export async function appProcesses(context: RecoveryContext, { uuid, app }: AppStatus, signal: AbortSignal): Promise<AppProcesses> {
  const { processes } = await context.apps.processes(uuid, signal);
  const matched = createMatcher([app]).match(processes, () => false).get(app.name);
  return { members: matched?.members ?? [], undecided: matched?.undecided.length ?? 0 };
}

async function verify(context: RecoveryContext, { situation, action, actor }: AppAttemptRequest, seen: Seen, signal: AbortSignal): Promise<void> {
  if (action === 'notify') return;
  const { before } = seen;
  const watched = { sinceMs: seen.endedAtMs, signal, missing: (text: string): void => void (seen.missing = text) };
  if (before === null) return verifyAppByProbes(probeVerifyOptions(context, situation, watched));
  const options = appVerifyOptions(context, situation, { ...watched, before });
  if (action !== 'kill_process' || actor === 'policy') return verifyApp(options);
  // All that was ordered is that these processes end.
  const now = await options.processes();
  const left = [...(now ?? [])].filter((name) => before.has(name));
  if (now === null || left.length > 0) throw new Error(now === null ? 'killed, but its processes are not known now' : `still there: ${left.slice(0, 8).join(', ')}`);
}

interface Watched {
  /** Monotonic; what was seen before then does not count. */
  sinceMs: number;
  signal: AbortSignal;
  missing(text: string): void;
}

export function probeVerifyOptions(context: RecoveryContext, situation: AppSituation, watched: Watched): VerifyAppByProbesOptions {
  const { record, app } = situation;
  return {
    clock: context.clock,
    verifySeconds: context.config().recovery.verifySeconds,
    ...watched,
    answeredAtMs: () => context.apps.answeredAtMs(record.uuid, app),
    hopeless: () => hopeless(context, situation),
  };
}

export function appVerifyOptions(context: RecoveryContext, situation: AppSituation, { before, sinceMs, signal, missing }: Watched & { before: ReadonlySet<string> }): VerifyAppOptions {
  const { record, app } = situation;
  const { uuid } = record;
  return {
    clock: context.clock,
    verifySeconds: context.config().recovery.verifySeconds,
    before,
    signal,
    missing,
    async processes() {
      const status = context.apps.app(uuid, app);
      return status && new Set((await appProcesses(context, status, signal)).members.map(processName));
    },
    state() {
      const status = context.apps.app(uuid, app);
      if (status === null || status.atMs < sinceMs) return 'unknown';
      const { state } = status.verdict;
      return state === 'up' ? 'up' : state === 'unknown' || state === 'muted' ? 'unknown' : 'not yet';
    },
    hopeless: () => hopeless(context, situation),
  };
}

function hopeless({ view, apps }: RecoveryContext, { record: { uuid }, app, host }: AppSituation): string | null {
  const domain = view.observed(uuid, host);
  if (domain.kind === 'absent' || (domain.kind === 'present' && domain.state === 'shutoff')) return 'its domain does not run any more';
  return apps.app(uuid, app) === null ? 'no app of this name is declared any more' : null;
}
