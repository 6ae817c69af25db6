/** The bench's windows of time, with virtmedic watching and without, and what they add up to. */
import { median } from '../frame/statistics.ts';

export interface Window {
  watched: boolean;
  seconds: number;
  /** CPU seconds in it; virtmedic's are null without it. */
  virtmedicSeconds: number | null;
  libvirtdSeconds: number;
  guestSeconds: number;
  /** Of the loaded guest. */
  responseMs: number[];
}

/** With, without; without, with; …: what drifts evenly falls on both alike. */
export function orderOf(rounds: number): boolean[] {
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? [true, false] : [false, true])).flat();
}

export interface Sums {
  cpuShare: number;
  daemonCpuShare: number;
  daemonCpuShareWithout: number;
  guestCpuShare: number;
  /** Median over the rounds of: median with / median without. */
  responseRatio: number;
  responseMsWith: number;
  responseMsWithout: number;
}

/** @throws RangeError when windows are missing: a round is two windows that follow each other, one with and one without. */
export function sumsOf(windows: readonly Window[]): Sums {
  const [watched, unwatched] = [windows.filter((one) => one.watched), windows.filter((one) => !one.watched)];
  if (watched.length === 0 || watched.length !== unwatched.length) throw new RangeError('windows with and without: expected as many of both, and at least one');
  const share = (those: readonly Window[], of: (window: Window) => number): number => total(those, of) / total(those, ({ seconds }) => seconds);
  const ratios = watched.map((_, round) => {
    const pair = windows.slice(2 * round, 2 * round + 2);
    const [on, off] = [pair.find((one) => one.watched), pair.find((one) => !one.watched)];
    if (on === undefined || off === undefined) throw new RangeError(`round ${round + 1}: expected one window with and one without`);
    return median(on.responseMs) / median(off.responseMs);
  });
  const without = share(unwatched, ({ libvirtdSeconds }) => libvirtdSeconds);
  return {
    cpuShare: share(watched, ({ virtmedicSeconds }) => virtmedicSeconds ?? Number.NaN),
    daemonCpuShare: share(watched, ({ libvirtdSeconds }) => libvirtdSeconds) - without,
    daemonCpuShareWithout: without,
    guestCpuShare: share(windows, ({ guestSeconds }) => guestSeconds),
    responseRatio: median(ratios),
    responseMsWith: median(watched.flatMap(({ responseMs }) => responseMs)),
    responseMsWithout: median(unwatched.flatMap(({ responseMs }) => responseMs)),
  };
}

function total(windows: readonly Window[], of: (window: Window) => number): number {
  return windows.reduce((sum, window) => sum + of(window), 0);
}
