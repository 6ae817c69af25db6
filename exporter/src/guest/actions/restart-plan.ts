import { checkUnitName } from './command-line.ts';

/** How a unit is seen from outside. */
export type UnitCondition = 'dead' | 'hung';

/** An earlier start of the unit by us. */
export interface EarlierRestart {
  readonly atMs: number;
  /** Whether processes of the unit came of it: new pids with new start times. */
  readonly brought: boolean;
}

export interface RestartLimits {
  /** systemd's DefaultStartLimitIntervalSec and -Burst, or the unit's own: so many starts in so long, and the next one is refused. */
  readonly intervalMs: number;
  readonly burst: number;
}

/** systemd's own defaults. */
export const SYSTEMD_LIMITS: RestartLimits = { intervalMs: 10_000, burst: 5 };

export type RestartStep =
  | { readonly kind: 'run'; readonly command: readonly string[]; readonly why: 'kill' | 'reset-failed' | 'restart' }
  | { readonly kind: 'wait-until-gone'; readonly limitMs: number };

export interface RestartPlan {
  readonly steps: readonly RestartStep[];
  /** 0: now. Else systemd would refuse: so long from now. */
  readonly waitMs: number;
}

const SYSTEMCTL = '/usr/bin/systemctl';
const GONE_MS = 5000;

/**
 * How a unit is to be restarted. Pure.
 *
 * - A hung unit is killed first: `systemctl restart` alone waits for its stop timeouts (9.5 s were measured, 90 s are the default).
 * - Starts by us stay one below systemd's limit, since its own restarts count as well: more, and it gives the unit up for good.
 * - Where the last start brought nothing, the unit may have been given up (start-limit-hit): that is reset first.
 *
 * @param earlier in any order
 * @throws ActionRefused `unit-name-invalid`
 */
export function planRestart(unit: string, condition: UnitCondition, earlier: readonly EarlierRestart[], nowMs: number, limits: RestartLimits = SYSTEMD_LIMITS): RestartPlan {
  const name = checkUnitName(unit);
  const run = (why: 'kill' | 'reset-failed' | 'restart', ...args: string[]): RestartStep => ({ kind: 'run', command: [SYSTEMCTL, ...args, name], why });
  const steps: RestartStep[] = [];
  if (condition === 'hung') steps.push(run('kill', 'kill', '-s', 'KILL'), { kind: 'wait-until-gone', limitMs: GONE_MS });
  const last = earlier.toSorted((a, b) => a.atMs - b.atMs).at(-1);
  if (last !== undefined && !last.brought) steps.push(run('reset-failed', 'reset-failed'));
  steps.push(run('restart', 'restart'));
  return { steps, waitMs: waitFor(earlier, nowMs, limits) };
}

/** Until fewer than `burst - 1` starts lie within the interval. */
function waitFor(earlier: readonly EarlierRestart[], nowMs: number, limits: RestartLimits): number {
  const most = Math.max(1, limits.burst - 1);
  const recent = earlier.filter(({ atMs }) => atMs > nowMs - limits.intervalMs).map(({ atMs }) => atMs);
  if (recent.length < most) return 0;
  const oldestThatCounts = recent.sort((a, b) => b - a)[most - 1] ?? nowMs;
  return Math.max(0, oldestThatCounts + limits.intervalMs - nowMs);
}
