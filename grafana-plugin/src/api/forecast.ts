/** Reads a forecast out of an untrusted answer. */
import { finite, inner, isObject, orNull, ratio, text, timeMs, NAME_LENGTH, type Given } from './read';
import type { Forecast } from './types';

/** As many as virtmedic can be configured to have. */
const MOST_HORIZONS = 8;
const MOST_MISSING = 64;

/** Null: there is none, or what is there tells of no probability. */
export function forecastOf(given: unknown): Forecast | null {
  if (!isObject(given)) {
    return null;
  }
  const atMs = timeMs(given.atMs);
  const failureProbability = horizons(given.failureProbability);
  if (atMs === null || failureProbability.length === 0) {
    return null;
  }
  const { health, load } = given;
  return {
    atMs,
    failureProbability,
    health: isObject(health) ? shares(health, ['normal', 'abnormal', 'failed']) : null,
    load: isObject(load) ? shares(load, ['low', 'medium', 'high']) : null,
    coldStart: given.coldStart === true,
    missing: inner(given.missing, missing, MOST_MISSING),
    failing: given.failing === true,
    failingSinceMs: timeMs(given.failingSinceMs),
    model: modelOf(given.model),
  };
}

/** In the given order; of one horizon the first. */
function horizons(given: unknown): Forecast['failureProbability'] {
  const seen = new Set<number>();
  return inner(given, (entry) => {
    const [horizonSeconds, probability] = [finite(entry.horizonSeconds), ratio(entry.probability)];
    if (horizonSeconds === null || horizonSeconds <= 0 || probability === null || seen.has(horizonSeconds)) {
      return null;
    }
    seen.add(horizonSeconds);
    return { horizonSeconds, probability };
  }).slice(0, MOST_HORIZONS);
}

/** Null unless each of them is told. */
function shares<Name extends string>(given: Given, names: readonly Name[]): Record<Name, number> | null {
  const told = names.map((name) => [name, ratio(given[name])] as const);
  return told.some(([, share]) => share === null) ? null : (Object.fromEntries(told) as Record<Name, number>);
}

function missing({ signal, why }: Given): Forecast['missing'][number] | null {
  const reason = text(why, NAME_LENGTH);
  return reason === '' ? null : { signal: orNull(text(signal, NAME_LENGTH)), why: reason };
}

function modelOf(given: unknown): Forecast['model'] {
  const from = isObject(given) ? given : {};
  return { source: text(from.source, NAME_LENGTH), trainedAtMs: timeMs(from.trainedAtMs) };
}
