import { ActionRefused, refusingGuestErrors } from './action-error.ts';
import { waitUntil } from './clock.ts';
import { planRestart, SYSTEMD_LIMITS } from './restart-plan.ts';
import type { EarlierRestart, RestartLimits, UnitCondition } from './restart-plan.ts';
import { startProcess } from './start-process.ts';
import type { Ways } from './start-process.ts';
import { createActionTasks } from './tasks.ts';
import type { ActionTools, StartResult } from './tools.ts';
import type { Way } from './rules.ts';

/** A unit of the guest's systemd that is to be restarted. */
export interface UnitToRestart {
  readonly name: string;
  readonly condition: UnitCondition;
  readonly earlier: readonly EarlierRestart[];
  readonly limits?: RestartLimits;
  /** Whether a good list of processes shows none of the unit. */
  readonly isGone: () => boolean;
  /** Told after each command that was run: what fails afterwards leaves the guest other than it was. */
  readonly onRun?: (result: StartResult & { readonly way: Way }) => void;
}

const POLL_MS = 20;

/**
 * Restarts a unit of the guest's systemd, as `planRestart` says. Success is judged by the caller, by new pids and start times: an
 * old process may still answer at the port, and systemctl tells nothing.
 *
 * @returns one result for each command that was run
 * @throws ActionRefused `rate-limited`, `no-systemd` and those of starts
 * @throws ActionFailed
 */
export async function restartUnit(tools: ActionTools, ways: Ways, unit: UnitToRestart): Promise<(StartResult & { readonly way: Way })[]> {
  const plan = planRestart(unit.name, unit.condition, unit.earlier, tools.clock.now(), unit.limits ?? SYSTEMD_LIMITS);
  if (plan.waitMs > 0) {
    throw new ActionRefused('rate-limited', `${unit.name} was started so often that systemd would give it up: not before ${Math.ceil(plan.waitMs)} ms from now`);
  }
  const init = refusingGuestErrors(() => createActionTasks(tools.kernel).list())?.find(({ pid }) => pid === 1);
  if (init?.name !== 'systemd') throw new ActionRefused('no-systemd', `the guest's first process is ${JSON.stringify(init?.name ?? 'unknown')}, not systemd: declare a command instead of a unit`);
  const results: (StartResult & { readonly way: Way })[] = [];
  for (const step of plan.steps) {
    if (step.kind === 'run') {
      const result = await startProcess(tools, ways, step.command);
      results.push(result);
      unit.onRun?.(result);
    }
    // Still there after the time: restart stops them as systemd does.
    else await waitUntil(tools.clock, step.limitMs, POLL_MS, unit.isGone);
  }
  return results;
}
