/**
 * Turns what came over the network into the types of `types.ts`. Nothing is believed: texts are cut, lists are bounded, what has the
 * wrong type counts as missing, an item without what makes it one is left out and counted. Only an answer that is not of this API at
 * all throws.
 */
import type {
  AlertReference,
  Attempt,
  AttemptSummary,
  Changes,
  Decision,
  Domain,
  Host,
  Outcome,
  Page,
  ProblemDetails,
  Recovery,
  RecoveryDetail,
  RecoveryState,
  Step,
  Target,
  Timings,
} from './types';
import { appsOf, guestOf } from './apps';
import { forecastOf } from './forecast';
import {
  count,
  inner,
  isObject,
  itemsOf,
  NotVirtmedicError,
  objectOf,
  orNull,
  ratio,
  size,
  text,
  timeMs,
  finite,
  NAME_LENGTH,
  TEXT_LENGTH,
  type Given,
  type Listed,
} from './read';

const CURSOR_LENGTH = 512;

const STATES: readonly RecoveryState[] = ['open', 'executing', 'verifying', 'escalated', 'suppressed', 'closed'];
const HOST_STATES: ReadonlyArray<Host['state']> = ['up', 'connecting', 'unreachable'];

export function parseRecoveries(answer: unknown): Page<Recovery> & Listed<Recovery> {
  return { ...itemsOf(answer, recovery), nextCursor: orNull(text(objectOf(answer).nextCursor, CURSOR_LENGTH)) };
}

export function parseIncidents(answer: unknown): Listed<Recovery> {
  return itemsOf(answer, recovery);
}

export function parseHosts(answer: unknown): Listed<Host> {
  return itemsOf(answer, host);
}

export function parseDomains(answer: unknown): Listed<Domain> {
  return itemsOf(answer, domain);
}

export function parseChanges(answer: unknown): Changes & Listed<Recovery> {
  const listed = itemsOf(answer, recovery);
  const { nextCursor, reset } = objectOf(answer);
  const cursor = text(nextCursor, CURSOR_LENGTH);
  if (cursor === '') {
    throw new NotVirtmedicError('json');
  }
  return { ...listed, nextCursor: cursor, reset: reset === true };
}

export function parseRecoveryDetail(answer: unknown): RecoveryDetail {
  const { incident, timings: given, attempts, steps, decisions, forecast } = objectOf(answer);
  const read = recovery(incident);
  if (read === null) {
    throw new NotVirtmedicError('json');
  }
  const {
    timings: own,
    attempts: _attempts,
    fromHost: _from,
    toHost: _to,
    failureProbability: _probability,
    ...rest
  } = read;
  const evidence = inner(objectOf(incident).evidence, (entry) => {
    const atMs = timeMs(entry.atMs);
    return atMs === null
      ? null
      : { atMs, source: text(entry.source, NAME_LENGTH), text: text(entry.text, TEXT_LENGTH) };
  });
  return {
    incident: { ...rest, evidence },
    timings: isObject(given) ? timings(given, read) : own,
    attempts: inner(attempts, attempt),
    steps: inner(steps, step),
    decisions: inner(decisions, decision),
    forecast: forecastOf(forecast),
  };
}

/** Out of the API's own description. */
export function parseVersion(answer: unknown): string | null {
  const { info } = objectOf(answer);
  return isObject(info) ? orNull(text(info.version, NAME_LENGTH)) : null;
}

/** A problem document (RFC 9457), or null where the body of an error is something else. */
export function parseProblem(answer: unknown): ProblemDetails | null {
  if (!isObject(answer)) {
    return null;
  }
  const detail = text(answer.detail, TEXT_LENGTH);
  const title = text(answer.title, NAME_LENGTH);
  return detail === '' && title === '' ? null : { status: finite(answer.status) ?? 0, title, detail };
}

function recovery(given: unknown): Recovery | null {
  const from = isObject(given) ? given : {};
  const id = text(from.id, NAME_LENGTH);
  const target = targetOf(from.target);
  const openedAtMs = timeMs(from.openedAtMs) ?? timeMs(from.faultAtMs);
  if (id === '' || target === null || openedAtMs === null) {
    return null;
  }
  const times = { faultAtMs: timeMs(from.faultAtMs) ?? openedAtMs, openedAtMs, closedAtMs: timeMs(from.closedAtMs) };
  const state = text(from.state, NAME_LENGTH);
  return {
    id,
    target,
    fault: text(from.fault, NAME_LENGTH),
    state: STATES.find((known) => known === state) ?? (times.closedAtMs === null ? 'open' : 'closed'),
    ...times,
    releasedAtMs: timeMs(from.releasedAtMs),
    releasedBy: orNull(text(from.releasedBy, NAME_LENGTH)),
    hold: holdOf(from.hold),
    outcome: orNull(text(from.outcome, NAME_LENGTH)) as Outcome | null,
    outcomeReason: orNull(text(from.outcomeReason, NAME_LENGTH)),
    outcomeText: orNull(text(from.outcomeText, TEXT_LENGTH)),
    acknowledgedBy: orNull(text(from.acknowledgedBy, NAME_LENGTH)),
    acknowledgedAtMs: timeMs(from.acknowledgedAtMs),
    alerts: inner(from.alerts, alert),
    timings: timings(from.timings, times),
    attempts: inner(from.attempts, attemptSummary),
    fromHost: text(from.fromHost, NAME_LENGTH) || target.host,
    toHost: text(from.toHost, NAME_LENGTH) || target.host,
    failureProbability: ratio(from.failureProbability),
  };
}

function targetOf(given: unknown): Target | null {
  if (!isObject(given)) {
    return null;
  }
  const hostName = text(given.host, NAME_LENGTH);
  const uuid = text(given.uuid, NAME_LENGTH);
  const name = text(given.name, NAME_LENGTH) || uuid;
  if (given.kind === 'domain' && name !== '') {
    return { kind: 'domain', uuid, name, host: hostName };
  }
  const app = text(given.app, NAME_LENGTH);
  if (given.kind === 'app' && name !== '' && app !== '') {
    return { kind: 'app', uuid, name, host: hostName, app };
  }
  return given.kind === 'host' && hostName !== '' ? { kind: 'host', host: hostName } : null;
}

function holdOf(given: unknown): Recovery['hold'] {
  if (!isObject(given)) {
    return null;
  }
  return {
    reason: text(given.reason, NAME_LENGTH),
    why: text(given.why, TEXT_LENGTH),
    retryAtMs: timeMs(given.retryAtMs),
  };
}

function alert(given: Given): AlertReference | null {
  const name = text(given.name, NAME_LENGTH);
  return name === ''
    ? null
    : { fingerprint: text(given.fingerprint, NAME_LENGTH), startsAtMs: timeMs(given.startsAtMs) ?? 0, name };
}

/** What is not told but follows from the times of the recovery is worked out. */
function timings(given: unknown, times: Pick<Recovery, 'faultAtMs' | 'openedAtMs' | 'closedAtMs'>): Timings {
  const from = isObject(given) ? given : {};
  const { faultAtMs, openedAtMs, closedAtMs } = times;
  return {
    detectMs: size(from.detectMs) ?? Math.max(0, openedAtMs - faultAtMs),
    decideMs: size(from.decideMs),
    executeMs: size(from.executeMs),
    verifyMs: size(from.verifyMs),
    totalMs: size(from.totalMs) ?? (closedAtMs === null ? null : Math.max(0, closedAtMs - faultAtMs)),
  };
}

function attemptSummary(given: Given): AttemptSummary | null {
  const action = text(given.action, NAME_LENGTH);
  if (action === '') {
    return null;
  }
  return {
    action,
    host: text(given.host, NAME_LENGTH),
    result: orNull(text(given.result, NAME_LENGTH)),
    executingAtMs: timeMs(given.executingAtMs),
    verifyingAtMs: timeMs(given.verifyingAtMs),
    endedAtMs: timeMs(given.endedAtMs),
  };
}

function attempt(given: Given): Attempt | null {
  const summary = attemptSummary(given);
  if (summary === null) {
    return null;
  }
  return {
    ...summary,
    id: text(given.id, NAME_LENGTH),
    ordinal: count(given.ordinal),
    state: text(given.state, NAME_LENGTH),
    plannedAtMs: timeMs(given.plannedAtMs) ?? 0,
    error: orNull(text(given.error, TEXT_LENGTH)),
    actor: text(given.actor, NAME_LENGTH),
  };
}

function step(given: Given): Step | null {
  const startedAtMs = timeMs(given.startedAtMs);
  const name = text(given.name, NAME_LENGTH);
  if (startedAtMs === null || name === '') {
    return null;
  }
  return {
    attemptId: text(given.attemptId, NAME_LENGTH),
    ordinal: count(given.ordinal),
    name,
    state: text(given.state, NAME_LENGTH),
    startedAtMs,
    endedAtMs: timeMs(given.endedAtMs),
    detail: orNull(text(given.detail, TEXT_LENGTH)),
  };
}

function decision(given: Given): Decision | null {
  const atMs = timeMs(given.atMs);
  if (atMs === null) {
    return null;
  }
  return {
    atMs,
    kind: text(given.kind, NAME_LENGTH),
    reason: text(given.reason, NAME_LENGTH),
    why: text(given.why, TEXT_LENGTH),
  };
}

function host(given: Given): Host | null {
  const name = text(given.name, NAME_LENGTH);
  if (name === '') {
    return null;
  }
  return {
    name,
    uri: text(given.uri, NAME_LENGTH),
    state: HOST_STATES.find((known) => known === given.state) ?? 'unreachable',
    heardAtMs: timeMs(given.heardAtMs),
    error: orNull(text(given.error, TEXT_LENGTH)),
    domains: count(given.domains),
    running: count(given.running),
    forecast: forecastOf(given.forecast),
  };
}

function domain(given: Given): Domain | null {
  const uuid = text(given.uuid, NAME_LENGTH);
  const name = text(given.name, NAME_LENGTH) || uuid;
  if (name === '') {
    return null;
  }
  return {
    uuid,
    name,
    host: text(given.host, NAME_LENGTH),
    state: text(given.state, NAME_LENGTH),
    reason: orNull(text(given.reason, TEXT_LENGTH)),
    sinceMs: timeMs(given.sinceMs),
    managed: given.managed === true,
    dryRun: given.dryRun === true,
    restartPolicy: text(given.restartPolicy, NAME_LENGTH),
    trigger: text(given.trigger, NAME_LENGTH),
    desired: orNull(text(given.desired, NAME_LENGTH)),
    incidentId: orNull(text(given.incidentId, NAME_LENGTH)),
    forecast: forecastOf(given.forecast),
    apps: appsOf(given.apps),
    guest: guestOf(given.guest),
  };
}
