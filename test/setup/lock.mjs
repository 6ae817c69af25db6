// @ts-check
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does `work` while no other set-up holds the same lock. A lock whose process has gone (by process id and start time) is taken over.
 *
 * @template T
 * @param {string} file
 * @param {{ onWait: (pid: number) => void, check: () => void }} hooks `check` throws to give up
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, { onWait, check }, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  for (;;) {
    check();
    const holder = tryLock(file);
    if (holder === null) break;
    if (!told) onWait(holder);
    told = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file @returns {number | null} the process that holds it; null: it is ours now */
function tryLock(file) {
  const own = { pid: process.pid, startTime: startTime(process.pid) };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
      return null;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = livingHolder(file);
    if (holder !== null) return holder;
    rmSync(file, { force: true });
  }
  return 0;
}

/** @param {string} file @returns {number | null} */
function livingHolder(file) {
  try {
    const { pid, startTime: started } = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(pid) && started === startTime(pid) ? pid : null;
  } catch {
    return null;
  }
}

/** Start time of a process in clock ticks since boot, which tells it from a later one with the same id. @param {number} pid */
function startTime(pid) {
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
}
