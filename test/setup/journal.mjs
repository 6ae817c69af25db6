// @ts-check
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What was there before an installation began; a file that outlives its process tells the next run to finish the work.
 *
 * @typedef {object} Journal
 * @property {string[]} packages installed packages, `name:architecture`
 * @property {string[]} links paths of the links that start something
 */

export const JOURNAL_FILE = '/var/lib/virtmedic-setup/journal.json';

/** @param {Journal} journal @param {string} [file] */
export function writeJournal(journal, file = JOURNAL_FILE) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(journal), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** @param {string} [file] @returns {Journal | null} null: no installation is unfinished */
export function readJournal(file = JOURNAL_FILE) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null;
    throw error;
  }
  const { packages, links } = JSON.parse(text);
  if (![packages, links].every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string'))) {
    throw new TypeError(`${file} is not a journal of this set-up; look at it and remove it`);
  }
  return { packages, links };
}

/** @param {string} [file] */
export function removeJournal(file = JOURNAL_FILE) {
  rmSync(`${file}.new`, { force: true });
  rmSync(file, { force: true });
  try {
    rmdirSync(path.dirname(file));
  } catch {
    // never made, or somebody keeps a file in it
  }
}
