import type { EarlierRestart, ProcessName } from '../actions/index.ts';

/** Restarts of units by this helper, so that systemd does not give a unit up because of them. */
export interface RestartHistory {
  /** @param now processes of the unit: whether the latest restart brought any is told by them */
  of(unit: string, now: readonly ProcessName[]): EarlierRestart[];
  /** @param before processes of the unit before it */
  add(unit: string, atMs: number, before: readonly ProcessName[]): void;
}

const MOST_UNITS = 1024;
const MOST_RESTARTS = 16;

/** Units are told apart by any text; it has to name domain and boot too. */
export function createRestartHistory(): RestartHistory {
  /** In the order of last use. */
  const units = new Map<string, { atMs: number; before: ReadonlySet<string> }[]>();
  return {
    of(unit, now) {
      const names = now.map(nameOf);
      return (units.get(unit) ?? []).map(({ atMs, before }) => ({ atMs, brought: names.some((name) => !before.has(name)) }));
    },
    add(unit, atMs, before) {
      const all = [...(units.get(unit) ?? []), { atMs, before: new Set(before.map(nameOf)) }].slice(-MOST_RESTARTS);
      units.delete(unit);
      units.set(unit, all);
      for (const oldest of units.keys()) {
        if (units.size <= MOST_UNITS) break;
        units.delete(oldest);
      }
    },
  };
}

function nameOf({ pid, startTimeNanoseconds }: ProcessName): string {
  return `${pid} ${startTimeNanoseconds}`;
}
