/** The answers of one stretch of time as readings of each domain. */
import type { DomainReading } from '../../../prediction/observation/reading.ts';
import type { Series } from './answers.ts';
import { FIELDS } from './queries.ts';

export interface Answers {
  scraped: Series[];
  state: Series[];
  single: Series[];
  byDevice: Series[];
}

export interface Grid {
  fromMs: number;
  stepMs: number;
  points: number;
}

export interface DomainReadings {
  host: string;
  domain: string;
  readings: DomainReading[];
}

/** VIR_DOMAIN_RUNNING of libvirt. */
const RUNNING = 1;

const EMPTY: Omit<DomainReading, 'atMs' | 'running'> = {
  vcpus: null, cpuNanoseconds: null, vcpuDelayNanoseconds: null, memoryTotalBytes: null, memoryUnusedBytes: null, memoryUsableBytes: null, memoryRssBytes: null, majorFaults: null, swapInBytes: null,
  swapOutBytes: null, receivedBytes: null, transmittedBytes: null, receivedPackets: null, transmittedPackets: null, readBytes: null, writtenBytes: null, readRequests: null,
  writeRequests: null, readNanoseconds: null, writeNanoseconds: null, diskAllocatedBytes: null, diskCapacityBytes: null,
};

/**
 * One reading for each scrape, at its own time: a step that has nothing newer than the one before is none. Series without a name of host
 * and domain are left out.
 *
 * @param lastMs of each domain, when its last reading was; brought up to date
 */
export function readingsOf(answers: Answers, { fromMs, stepMs, points }: Grid, hostLabel: string, lastMs: Map<string, number>): DomainReadings[] {
  const keyOf = ({ labels }: Series): string => JSON.stringify([labels[hostLabel] ?? '', labels['domain'] ?? '']);
  const place = (seconds: number): number => Math.round((seconds * 1000 - fromMs) / stepMs);
  const steps = new Map<string, (DomainReading | undefined)[]>();
  for (const series of answers.scraped) {
    const list = Array<DomainReading | undefined>(points);
    for (const [at, seconds] of series.samples) {
      const n = place(at);
      if (n >= 0 && n < points) list[n] = { ...EMPTY, atMs: Math.round(seconds * 1000), running: true };
    }
    steps.set(keyOf(series), list);
  }
  const forEach = (series: Series, set: (reading: DomainReading, value: number) => void): void => {
    const list = steps.get(keyOf(series));
    if (list === undefined) return;
    for (const [at, value] of series.samples) {
      const reading = list[place(at)];
      if (reading !== undefined) set(reading, value);
    }
  };
  for (const series of answers.state) forEach(series, (reading, state) => (reading.running = state === RUNNING));
  for (const series of [...answers.single, ...answers.byDevice]) {
    const name = series.labels['__name__'] ?? '';
    const known = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (known !== undefined) forEach(series, (reading, value) => (reading[known.field] = value * known.factor));
  }
  return [...steps].flatMap(([key, list]) => {
    const [host, domain] = JSON.parse(key) as [string, string];
    if (host === '' || domain === '') return [];
    let last = lastMs.get(key) ?? -Infinity;
    const readings = list.filter((reading): reading is DomainReading => {
      if (reading === undefined || reading.atMs <= last) return false;
      last = reading.atMs;
      return true;
    });
    lastMs.set(key, last);
    return [{ host, domain, readings }];
  });
}
