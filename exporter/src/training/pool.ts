/** Worker threads that train: each one job at a time; one that crashes or hangs is replaced, its job has failed. */
import { Worker } from 'node:worker_threads';
import type { Done, Job } from './job.ts';
import type { Progress } from './train.ts';
import { workerFile as ownWorkerFile } from '../worker-file.ts';

export type FromWorker = { kind: 'progress'; progress: Progress } | { kind: 'done'; done: Done } | { kind: 'failed'; text: string };

/** The job came to nothing; the message says to people why. */
export class TrainingFailed extends Error {
  override name = 'TrainingFailed';
}

export interface RunOptions {
  timeoutMs: number;
  onProgress?: (progress: Progress) => void;
}

export interface WorkerPool {
  /** Waits for a free worker. Rejects with TrainingFailed; after `stop` at once. */
  run(job: Job, options: RunOptions): Promise<Done>;
  /** Ends all threads, whatever they do; what they did has failed. */
  stop(): Promise<void>;
}

export interface PoolOptions {
  /** How many threads at once; asked before each job. */
  workers(): number;
  clock: { after(delayMs: number, run: () => void): () => void };
  /** Default: training's own. */
  workerFile?: URL;
}

/** A thread without work is ended after this: its memory is not needed before the next training. */
const IDLE_MS = 30_000;
/** Enough for what is pooled of 1,000 targets; more would be a mistake. */
const MOST_HEAP_MB = 1024;

interface Waiting {
  job: Job;
  options: RunOptions;
  resolve(done: Done): void;
  reject(error: TrainingFailed): void;
}

interface Thread {
  readonly worker: Worker;
  /** Ends what it does; null: it has nothing to do. */
  finish: ((end: { done: Done } | { failed: string }) => void) | null;
  onProgress: ((progress: Progress) => void) | undefined;
  cancelIdle: () => void;
}

export function createPool({ workers, clock, workerFile = ownWorkerFile(import.meta.url) }: PoolOptions): WorkerPool {
  const waiting: Waiting[] = [];
  const threads = new Set<Thread>();
  const ends = new Set<Promise<unknown>>();
  let stopped = false;

  function end(thread: Thread, why: string): void {
    thread.cancelIdle();
    if (threads.delete(thread)) {
      const ended = thread.worker.terminate();
      ends.add(ended);
      void ended.finally(() => ends.delete(ended));
    }
    thread.finish?.({ failed: why });
  }

  function give(thread: Thread, { job, options, resolve, reject }: Waiting): void {
    thread.cancelIdle();
    const cancel = clock.after(options.timeoutMs, () => end(thread, `it took more than ${options.timeoutMs / 1000} s`));
    thread.worker.ref();
    thread.onProgress = options.onProgress;
    thread.finish = (result) => {
      cancel();
      Object.assign(thread, { finish: null, onProgress: undefined });
      if ('done' in result) resolve(result.done);
      else reject(new TrainingFailed(result.failed));
      if (threads.has(thread)) rest(thread);
      next();
    };
    thread.worker.postMessage(job);
  }

  function rest(thread: Thread): void {
    thread.worker.unref();
    thread.cancelIdle = clock.after(IDLE_MS, () => end(thread, 'idle'));
  }

  function next(): void {
    while (waiting.length > 0 && !stopped) {
      const idle = [...threads].find(({ finish }) => finish === null);
      if (idle === undefined && threads.size >= workers()) return;
      const thread = idle ?? startThread(workerFile, end);
      threads.add(thread);
      give(thread, waiting.shift()!);
    }
  }

  return {
    run(job, options) {
      if (stopped) return Promise.reject(new TrainingFailed('training was stopped'));
      return new Promise((resolve, reject) => {
        waiting.push({ job, options, resolve, reject });
        next();
      });
    },
    async stop() {
      stopped = true;
      for (const { reject } of waiting.splice(0)) reject(new TrainingFailed('training was stopped'));
      for (const thread of [...threads]) end(thread, 'training was stopped');
      await Promise.all([...ends]);
    },
  };
}

function startThread(workerFile: URL, end: (thread: Thread, why: string) => void): Thread {
  const worker = new Worker(workerFile, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB } });
  const thread: Thread = { worker, finish: null, onProgress: undefined, cancelIdle: () => undefined };
  worker.unref();
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'progress') thread.onProgress?.(message.progress);
    else thread.finish?.(message.kind === 'done' ? { done: message.done } : { failed: message.text });
  });
  worker.on('error', (error) => end(thread, `its worker crashed: ${error instanceof Error ? error.message : String(error)}`));
  worker.on('exit', (code) => end(thread, `its worker ended with code ${code}`));
  return thread;
}
