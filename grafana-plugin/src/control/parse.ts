/** Answers that only the control pages read; nothing in them is trusted. All others: `api/parse.ts`. */
import { finite, isObject, itemsOf, NAME_LENGTH, NotVirtmedicError, objectOf, orNull, text, TEXT_LENGTH, timeMs, type Given } from '../api/read';
import type { Maintenance, OrderResult, PauseState, Settings } from '../api/types';

/** An order's answer; `incidentId`: the incident under which it is carried out. */
export type OrderAnswer = OrderResult & { incidentId: string | null };

export function parseMaintenance(answer: unknown): Maintenance[] {
  return itemsOf(answer, maintenance).items;
}

function maintenance(given: Given): Maintenance | null {
  const id = text(given.id, NAME_LENGTH);
  const scope = scopeOf(given.scope);
  if (id === '' || scope === null) {
    return null;
  }
  const [fromMs, untilMs] = [timeMs(given.fromMs) ?? Number.NaN, timeMs(given.untilMs) ?? Number.NaN];
  return { id, scope, fromMs, untilMs, reason: text(given.reason, TEXT_LENGTH), createdBy: text(given.createdBy, NAME_LENGTH) };
}

function scopeOf(given: unknown): Maintenance['scope'] | null {
  if (!isObject(given)) {
    return null;
  }
  switch (given.kind) {
    case 'all':
      return { kind: 'all' };
    case 'host':
      return { kind: 'host', host: text(given.host, NAME_LENGTH) };
    case 'domain':
      return { kind: 'domain', uuid: text(given.uuid, NAME_LENGTH) };
    default:
      return null;
  }
}

/** Whether recovery is paused has to be said: an answer that does not say it is none. */
export function parsePause(answer: unknown): PauseState {
  const { paused } = objectOf(answer);
  if (paused === null) {
    return { paused: null };
  }
  if (!isObject(paused)) {
    throw new NotVirtmedicError('json');
  }
  return { paused: { by: text(paused.by, NAME_LENGTH), reason: text(paused.reason, TEXT_LENGTH), atMs: timeMs(paused.atMs) ?? Number.NaN } };
}

/** Without the value in force there is nothing to show or to change. */
export function parseSettings(answer: unknown): Settings {
  const { samplingIntervalSeconds: interval } = objectOf(answer);
  const value = isObject(interval) ? finite(interval.value) : null;
  if (!isObject(interval) || value === null) {
    throw new NotVirtmedicError('json');
  }
  const { default: standard, minimum, maximum } = interval;
  return {
    samplingIntervalSeconds: { value, default: finite(standard) ?? value, minimum: finite(minimum) ?? 0, maximum: finite(maximum) ?? Number.MAX_SAFE_INTEGER },
  };
}

/** `accepted` and `dryRun` are what the answer to an order must say. */
export function parseOrder(answer: unknown): OrderAnswer {
  const { accepted, dryRun, explanation, incidentId } = objectOf(answer);
  if (typeof accepted !== 'boolean' || typeof dryRun !== 'boolean') {
    throw new NotVirtmedicError('json');
  }
  return { accepted, dryRun, explanation: text(explanation, TEXT_LENGTH), incidentId: orNull(text(incidentId, NAME_LENGTH)) };
}
