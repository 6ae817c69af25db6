/** A worker thread that does what the key of its job says. */
import { parentPort } from 'node:worker_threads';
import type { Job } from '../job.ts';
import type { FromWorker } from '../pool.ts';

parentPort?.on('message', ({ key }: Job) => {
  const tell = (message: FromWorker): void => parentPort?.postMessage(message);
  if (key === 'crash') throw new Error('out of luck');
  if (key === 'exit') process.exit(3);
  if (key === 'hang') for (;;);
  if (key === 'progress') tell({ kind: 'progress', progress: { start: 1, starts: 2, iteration: 3, objective: -4 } });
  tell({ kind: 'done', done: { outcomes: [], notes: [key] } });
});
