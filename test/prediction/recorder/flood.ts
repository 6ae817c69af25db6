import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

/** Requests for a guest's page, twice as many a second with every `doublingSeconds`, each on a connection of its own. */
export interface Flood {
  address: string;
  page: string;
  startRequestsPerSecond: number;
  doublingSeconds: number;
}

const MOST_REQUESTS_PER_SECOND = 500;
const MOST_CONNECTIONS = 2000;
const PATIENCE_MS = 5000;
const BEAT_MS = 50;
/** Below the sampler and the guests. */
const PRIORITY = 5;

/** In a thread of its own, so that sampling keeps its pace. Returns what ends it. */
export function startFlood(flood: Flood): () => Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: flood });
  worker.on('error', (error) => console.error(`flood of ${flood.address}: ${String(error)}`));
  worker.unref();
  return async () => void (await worker.terminate());
}

/** How many requests are due so many seconds after the start, all together. */
export function requestsDue({ startRequestsPerSecond, doublingSeconds }: Flood, seconds: number): number {
  const untilMost = doublingSeconds * Math.log2(MOST_REQUESTS_PER_SECOND / startRequestsPerSecond);
  const growing = Math.min(seconds, untilMost);
  const grown = ((2 ** (growing / doublingSeconds) - 1) * startRequestsPerSecond * doublingSeconds) / Math.LN2;
  return Math.floor(grown + Math.max(0, seconds - untilMost) * MOST_REQUESTS_PER_SECOND);
}

function send(flood: Flood): void {
  const startedAt = performance.now();
  let sent = 0;
  let open = 0;
  const request = (): void => {
    const socket = connect({ host: flood.address, port: 80, timeout: PATIENCE_MS });
    open += 1;
    socket.on('connect', () => socket.write(`GET ${flood.page} HTTP/1.0\r\n\r\n`));
    socket.on('timeout', () => socket.destroy());
    // What the guest refuses or drops is the purpose.
    socket.on('error', () => undefined);
    socket.on('close', () => { open -= 1; });
    socket.resume();
  };
  setInterval(() => {
    const due = requestsDue(flood, (performance.now() - startedAt) / 1000);
    // A beat that came late is not made up for.
    const most = Math.min(MOST_CONNECTIONS - open, (2 * MOST_REQUESTS_PER_SECOND * BEAT_MS) / 1000);
    for (let requests = Math.min(due - sent, most); requests > 0; requests -= 1) request();
    sent = due;
  }, BEAT_MS);
}

if (!isMainThread && typeof workerData === 'object' && workerData !== null && 'doublingSeconds' in workerData) {
  // Of this thread alone, as Linux has it.
  setPriority(PRIORITY);
  send(workerData as Flood);
}
