/** The thread that trains, so that no training ever holds up the daemon. One job at a time; to be ended at any moment. */
import { parentPort } from 'node:worker_threads';
import { performJob } from './job.ts';
import type { Job } from './job.ts';
import type { FromWorker } from './pool.ts';

/** How often it is told how far a job is. */
const PROGRESS_EVERY_MS = 1000;

const port = parentPort;
if (!port) throw new Error('worker.ts is started by pool.ts as a worker thread');

function tell(message: FromWorker): void {
  port?.postMessage(message);
}

port.on('message', (job: Job) => {
  let toldMs = performance.now();
  const onProgress = (progress: { start: number; starts: number; iteration: number; objective: number }): void => {
    if (performance.now() - toldMs < PROGRESS_EVERY_MS) return;
    toldMs = performance.now();
    tell({ kind: 'progress', progress });
  };
  performJob(job, onProgress).then(
    (done) => tell({ kind: 'done', done }),
    (error: unknown) => tell({ kind: 'failed', text: error instanceof Error ? error.message : String(error) }),
  );
});
