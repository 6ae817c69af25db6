// @ts-check
import { readFileSync } from 'node:fs';
import { SetupError } from './process.mjs';

/**
 * Tells how the set-up comes on: one line for each stage, with the time taken.
 *
 * @typedef {object} Progress
 * @property {(text: string) => void} say
 * @property {<T>(title: string, work: () => Promise<T>) => Promise<T>} stage
 */

const HEARTBEAT_MS = 30_000;

/**
 * @param {{ write(text: string): unknown, isTTY?: boolean | undefined }} output
 * @returns {Progress}
 */
export function progressTo(output) {
  const clearLine = output.isTTY === true ? '\r\x1b[K' : '';
  return {
    say: (text) => void output.write(`${clearLine}${text}\n`),
    async stage(title, work) {
      const startMs = performance.now();
      const elapsed = () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
      const terminal = output.isTTY === true;
      output.write(terminal ? `· ${title} …` : `· ${title} …\n`);
      const timer = setInterval(
        () => void output.write(terminal ? `\r· ${title} … ${elapsed()}` : `  still at it after ${elapsed()}\n`),
        terminal ? 1000 : HEARTBEAT_MS,
      );
      const line = (/** @type {string} */ mark) => output.write(`${clearLine}${mark} ${title} (${elapsed()})\n`);
      try {
        const result = await work();
        line('✓');
        return result;
      } catch (error) {
        line('✗');
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/**
 * The error for a program that failed: what failed, its last words, and where to read all of them.
 *
 * @param {string} what a sentence without its full stop
 * @param {import('./process.mjs').RunResult} result
 * @param {string} logFile
 * @returns {SetupError}
 */
export function failure(what, result, logFile) {
  const reason = result.timedOut ? 'ran out of time' : `exit code ${result.code ?? 'none, ended by a signal'}`;
  return new SetupError(`${what} (${reason}). The last lines of ${logFile}:\n${lastLines(readFileSync(logFile, 'utf8'), 15)}`);
}

/** @param {string} text @param {number} count @returns {string} indented */
export function lastLines(text, count) {
  const lines = text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
  return lines.slice(-count).map((line) => `  ${line}`).join('\n');
}

/** @param {number} bytes @returns {string} with the unit that suits it */
export function formatBytes(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
