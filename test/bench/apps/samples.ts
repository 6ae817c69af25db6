/** What was measured of faults, and the figures that come of it. Pure. */
import type { Figure } from '../frame/bench.ts';
import { median } from '../frame/statistics.ts';
import { INFLICTIONS, SERVICES } from './services.ts';
import type { Infliction, ServiceName } from './services.ts';
import { PATHS } from './stage.ts';
import type { Path } from './stage.ts';

export interface FaultCase {
  service: ServiceName;
  kind: Infliction;
}

/** Between two that take forever lies none that can be computed. */
function medianOf(seconds: readonly number[]): number {
  const value = median(seconds);
  return Number.isNaN(value) ? Infinity : value;
}

/** Where the time went: until virtmedic had recorded the fault, from there until it acted, from there until a client was served. */
export interface Phases {
  detectSeconds: number;
  releaseSeconds: number;
  serveSeconds: number;
}

/** One fault. */
export interface Sample extends FaultCase {
  path: Path;
  /** From the fault until a client is served again; infinite where that was not seen. */
  seconds: number;
  /** Null: there is nothing to tell them by. */
  phases: Phases | null;
  recovered: boolean;
}

/** Each service killed and hung, `times` times; a service's turn comes again only after the others'. */
export function casesOf(times: number): FaultCase[] {
  return Array.from({ length: times }, () => INFLICTIONS.flatMap((kind) => SERVICES.map((service) => ({ service, kind })))).flat();
}

/** Names as in the design: those without a word for the way are the direct one's. A path that was not run has null. */
export function figuresOf(samples: readonly Sample[]): Record<string, Figure> {
  const of = (path: Path, fits: (sample: Sample) => boolean): number | null => {
    const seconds = samples.filter((sample) => sample.path === path && fits(sample)).map((sample) => sample.seconds);
    return seconds.length === 0 ? null : medianOf(seconds);
  };
  const mostOf = (path: Path): number | null => {
    const seconds = samples.filter((sample) => sample.path === path).map((sample) => sample.seconds);
    return seconds.length === 0 ? null : Math.max(...seconds);
  };
  const byPath = PATHS.flatMap((path) => {
    const prefix = path === 'direct' ? '' : 'alert_';
    return [
      ...SERVICES.map((service) => [`${prefix}${service}_s_p50`, of(path, (sample) => sample.service === service && sample.kind === 'killed')]),
      [`${prefix}hung_s_p50`, of(path, ({ kind }) => kind === 'hung')],
      ...SERVICES.map((service) => [`${prefix}hung_${service}_s_p50`, of(path, (sample) => sample.service === service && sample.kind === 'hung')]),
      [`${prefix === '' ? 'direct_' : prefix}s_max`, mostOf(path)],
    ] as [string, number | null][];
  });
  const recovered = samples.filter((sample) => sample.recovered).length;
  const counts = samples.length === 0 ? { faults: null, recovered: null, not_recovered: null, phases: null } : { faults: samples.length, recovered, not_recovered: samples.length - recovered, phases: phasesOf(samples) };
  return { ...Object.fromEntries(byPath), ...counts };
}

function phasesOf(samples: readonly Sample[]): Figure {
  const of = (path: Path, kind: Infliction): Figure => medianPhases(samples.filter((sample) => sample.path === path && sample.kind === kind));
  return Object.fromEntries(PATHS.map((path) => [path, Object.fromEntries(INFLICTIONS.map((kind) => [kind, of(path, kind)]))]));
}

function medianPhases(samples: readonly Sample[]): Figure {
  const known = samples.flatMap(({ phases }) => (phases === null ? [] : [phases]));
  if (known.length === 0) return null;
  const of = (name: keyof Phases): number => median(known.map((phases) => phases[name]));
  return { detect_s_p50: of('detectSeconds'), release_s_p50: of('releaseSeconds'), serve_s_p50: of('serveSeconds') };
}
