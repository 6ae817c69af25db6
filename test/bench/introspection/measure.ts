/** What is measured in one guest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GuestError, isRunning } from '../../../exporter/src/guest/index.ts';
import type { Kernel } from '../../../exporter/src/guest/index.ts';
import { createLivenessReader } from '../../../exporter/src/guest/liveness/liveness.ts';
import { createProcessLister } from '../../../exporter/src/guest/processes/list.ts';
import { guestProcesses } from '../../lab/guest-processes.ts';
import type { LinuxGuest } from '../../lab/lab.ts';
import type { OpenedGuest } from '../../guests/checks/open-guest.ts';
import type { BusyClients } from '../overhead/busy-clients.ts';
import { median } from '../frame/statistics.ts';
import { orderOf } from '../overhead/windows.ts';
import { createChurnWatch } from './churn.ts';
import type { ChurnVerdict } from './churn.ts';
import { endForkLog, startForkLog } from './fork-log.ts';

const BETWEEN_LISTS_MS = 20;
const POLL_MS = 1000;
const LIST_DEADLINE_MS = 300_000;

/** Milliseconds from opening QEMU's memory, with nothing known of the guest, until there is a list; each time anew. */
export async function coldStarts(opened: OpenedGuest, times: number, signal: AbortSignal): Promise<number[]> {
  const tookMs: number[] = [];
  for (let start = 0; start < times; start++) {
    signal.throwIfAborted();
    tookMs.push(await opened.openAnew((kernel) => void createProcessLister(kernel).list()));
  }
  return tookMs;
}

/** Milliseconds of each list of one lister, and the fewest processes in one. */
export async function warmLists(kernel: Kernel, times: number, signal: AbortSignal): Promise<{ tookMs: number[]; processes: number }> {
  const lister = createProcessLister(kernel);
  lister.list();
  const tookMs: number[] = [];
  let processes = Infinity;
  for (let list = 0; list < times; list++) {
    await sleep(BETWEEN_LISTS_MS, undefined, { signal });
    const startedMs = performance.now();
    const found = lister.list().processes;
    tookMs.push(performance.now() - startedMs);
    processes = Math.min(processes, found.length);
  }
  return { tookMs, processes };
}

/** Each makes some processes that end at once, one that executes something, and one that lives for a moment. */
const CHURN = `touch /tmp/churn; for loop in 1 2; do
setsid sh -c 'while [ -e /tmp/churn ]; do (true); sh -c "exec true"; (sleep 0.05; true) & done' < /dev/null > /dev/null 2>&1 &
done`;

/** So many lists while processes begin and end, as fast as they can be had. `refused`: looks that came to no list. */
export async function listsUnderChurn(guest: LinuxGuest, kernel: Kernel, times: number, signal: AbortSignal): Promise<ChurnVerdict & { refused: number; retries: number; forks: number }> {
  const watch = createChurnWatch();
  await startForkLog(guest);
  const before = await guestProcesses(guest.agent, LIST_DEADLINE_MS);
  await guest.agent.run(CHURN);
  const lister = createProcessLister(kernel);
  let [refused, retries, accepted] = [0, 0, 0];
  try {
    while (accepted < times) {
      signal.throwIfAborted();
      try {
        const list = lister.list();
        watch.look(list.processes);
        retries += list.retries;
        accepted += 1;
      } catch (error) {
        if (!(error instanceof GuestError)) throw error;
        refused += 1;
        if (refused > times) throw new Error(`more looks were refused than came to a list: ${error.message}`, { cause: error });
      }
      await sleep(1);
    }
  } finally {
    await guest.agent.run('rm -f /tmp/churn; sleep 1', LIST_DEADLINE_MS);
  }
  const after = await guestProcesses(guest.agent, LIST_DEADLINE_MS);
  const log = await endForkLog(guest);
  const verdict = watch.judge({ before, after, forks: log });
  if (verdict.seenNew === 0) throw new Error('no list shows a process that began meanwhile: nothing was shown');
  return { ...verdict, refused, retries, forks: [...log.values()].reduce((sum, count) => sum + count, 0) };
}

export interface LatencyOptions {
  rounds: number;
  windowSeconds: number;
  signal: AbortSignal;
  progress(text: string): void;
}

export interface Latency {
  /** Median over the rounds of: median time of an answer with polling / without. */
  ratio: number;
  withMs: number;
  withoutMs: number;
  answers: number;
  failed: number;
  looks: number;
}

/** The guest's answers to clients that ask all the time, while it is looked into each second and while it is not, in turns. */
export async function latency(opened: OpenedGuest, clients: BusyClients, { rounds, windowSeconds, signal, progress }: LatencyOptions): Promise<Latency> {
  const all: { polled: boolean; tookMs: number[] }[] = [];
  let [failed, looks] = [0, 0];
  for (const polled of orderOf(rounds)) {
    const poller = polled ? startPolling(opened) : null;
    try {
      clients.take();
      await sleep(windowSeconds * 1000, undefined, { signal });
    } finally {
      looks += (await poller?.end()) ?? 0;
    }
    const window = clients.take();
    failed += window.failed;
    all.push({ polled, tookMs: window.answered.map(({ tookMs }) => tookMs) });
    progress(`window ${all.length} of ${2 * rounds}, ${polled ? 'looked into' : 'left alone'}: ${window.answered.length} answers`);
  }
  const of = (polled: boolean): number[] => all.filter((window) => window.polled === polled).flatMap(({ tookMs }) => tookMs);
  const ratios = Array.from({ length: rounds }, (_, round) => {
    const pair = all.slice(2 * round, 2 * round + 2);
    const medianOf = (polled: boolean): number => median(pair.find((window) => window.polled === polled)?.tookMs ?? []);
    return medianOf(true) / medianOf(false);
  });
  return { ratio: median(ratios), withMs: median(of(true)), withoutMs: median(of(false)), answers: of(true).length + of(false).length, failed, looks };
}

/** All that supervision looks at: whether the kernel runs, its processes, its liveness. */
function startPolling({ memory, monitor, kernel }: OpenedGuest): { end(): Promise<number> } {
  const lister = createProcessLister(kernel);
  const liveness = createLivenessReader(kernel);
  const ending = new AbortController();
  let looks = 0;
  const polling = (async () => {
    while (!ending.signal.aborted) {
      if (!(await isRunning(memory, monitor, kernel))) throw new Error('no virtual CPU runs the kernel that was found');
      lister.list();
      liveness.read();
      looks += 1;
      await sleep(POLL_MS, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  // It is told at the end of the window.
  polling.catch(() => undefined);
  return {
    async end() {
      ending.abort();
      await polling;
      return looks;
    },
  };
}
