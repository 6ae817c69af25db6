/** Fresh lists of guests' processes: those who ask at the same time share one look, and only a few guests are looked into at once. */
import { HelperError } from '../guest/helper/client.ts';
import type { GuestProcess } from '../guest/processes/process.ts';
import type { AppsView } from '../perception/apps/view.ts';
import { Problem, RETRY_AFTER_SECONDS } from './problem.ts';

export interface ProcessLists {
  /** @throws Problem with the member `reason` */
  list(uuid: string): Promise<GuestProcess[]>;
}

const DEADLINE_MS = 10_000;
const MOST_AT_ONCE = 8;

const NOT_KNOWN: ReadonlySet<string> = new Set(['domain-not-found']);
/** It may go well a little later, and it is not the guest that is to blame. */
const LATER: ReadonlySet<string> = new Set([
  'helper-unreachable',
  'helper-untrusted',
  'helper-lost',
  'helper-silent',
  'too-many-connections',
  'rate-limited',
  'host-unreachable',
  'busy',
  'stopping',
]);
const TOO_SLOW: ReadonlySet<string> = new Set(['deadline']);
/** Faults of a program, of either side. */
const INTERNAL: ReadonlySet<string> = new Set(['internal', 'bad-request', 'unknown-verb', 'bad-frame', 'frame-timeout']);

export function createProcessLists(view: Pick<AppsView, 'processes'>, { deadlineMs = DEADLINE_MS, mostAtOnce = MOST_AT_ONCE } = {}): ProcessLists {
  const underWay = new Map<string, Promise<GuestProcess[]>>();

  async function look(uuid: string): Promise<GuestProcess[]> {
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      return (await view.processes(uuid, signal)).processes;
    } catch (error) {
      throw asProblem(error, signal);
    }
  }

  return {
    list(uuid) {
      const known = underWay.get(uuid);
      if (known !== undefined) return known;
      if (underWay.size >= mostAtOnce) return Promise.reject(later('Many guests are being looked into at the moment. Try again later.', 'busy'));
      const looking = look(uuid).finally(() => underWay.delete(uuid));
      underWay.set(uuid, looking);
      return looking;
    },
  };
}

function asProblem(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof HelperError) {
    const { reason, message } = error;
    return LATER.has(reason) ? later(message, reason) : new Problem(statusOf(reason), message, { members: { reason } });
  }
  if (signal.aborted && error === signal.reason) return new Problem(504, 'The guest was not read in time.', { members: { reason: 'deadline' } });
  return error;
}

function statusOf(reason: string): number {
  if (NOT_KNOWN.has(reason)) return 404;
  if (TOO_SLOW.has(reason)) return 504;
  // What is left is about the guest as it is: not opted in, paused, not Linux, of an unknown kernel.
  return INTERNAL.has(reason) ? 502 : 409;
}

function later(text: string, reason: string): Problem {
  return new Problem(503, text, { headers: { 'retry-after': String(RETRY_AFTER_SECONDS) }, members: { reason } });
}
