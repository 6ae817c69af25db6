import { dirname } from 'node:path';
import { removeRun } from './remove-run.ts';
import type { HeldLock } from './run-lock.ts';
import { saveLogs } from './save-logs.ts';
import { removeEmptyBaseFolder } from './stale-runs.ts';

/** Runs of this process that are still up, each with what takes it down. */
const owned = new Map<string, () => void>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ties a run to the life of this process: it is removed when the process ends, by whatever way but SIGKILL. Returns what removes it
 * earlier; calling that twice does nothing more. `keepLogs` is a folder that its logs are copied to before.
 */
export function ownRun(folder: string, lock: HeldLock, keepLogs?: string): () => void {
  const down = (): void => {
    if (!owned.delete(folder)) return;
    try {
      if (keepLogs !== undefined) saveLogs(folder, keepLogs);
    } finally {
      remove(folder, lock);
      if (owned.size === 0) unhook();
    }
  };
  if (owned.size === 0) hook();
  owned.set(folder, down);
  return down;
}

function remove(folder: string, lock: HeldLock): void {
  try {
    removeRun(folder);
  } finally {
    lock.release();
    removeEmptyBaseFolder(dirname(folder));
  }
}

function hook(): void {
  process.on('exit', removeAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unhook(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** Another listener means that the program ends in its own way and time; we come last, with its exit. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.kill(process.pid, signal);
}

function removeAll(): void {
  for (const [folder, down] of [...owned]) {
    try {
      down();
    } catch (error) {
      process.stderr.write(`lab in ${folder}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}
