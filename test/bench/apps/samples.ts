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

/** One fault. */
export interface Sample extends FaultCase {
  path: Path;
  /** From the fault until a client is served again; infinite where that was not seen. */
  seconds: number;
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
  const counts = samples.length === 0 ? { faults: null, recovered: null, not_recovered: null } : { faults: samples.length, recovered, not_recovered: samples.length - recovered };
  return { ...Object.fromEntries(byPath), ...counts };
}
