// @ts-check
import { readFileSync, statSync } from 'node:fs';
import { run, SetupError } from './process.mjs';

/** @typedef {ReadonlyMap<string, string>} InstalledPackages `name:architecture` to version, fully installed ones only */

/**
 * Every package that is completely installed.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<InstalledPackages>}
 */
export async function installedPackages(env) {
  const format = '${db:Status-Status} ${Package}:${Architecture} ${Version}\n';
  const { code, stdout, stderr } = await run('dpkg-query', ['-W', `-f=${format}`], { env, timeoutMs: 60_000 });
  if (code !== 0) throw new SetupError(`dpkg-query failed: ${stderr.trim()}`);
  return parseInstalled(stdout);
}

/** @param {string} text @returns {InstalledPackages} */
export function parseInstalled(text) {
  /** @type {Map<string, string>} */
  const installed = new Map();
  for (const line of text.split('\n')) {
    const [status, name, version] = line.split(' ');
    if (status === 'installed' && name !== undefined && version !== undefined) installed.set(name, version);
  }
  return installed;
}

/**
 * @template {{ name: string }} P
 * @param {readonly P[]} wanted
 * @param {InstalledPackages} installed
 * @returns {P[]}
 */
export function missingPackages(wanted, installed) {
  return wanted.filter(({ name }) => !installed.has(`${name}:amd64`) && !installed.has(`${name}:all`));
}

/**
 * What an installation did to the packages that were there.
 *
 * @param {InstalledPackages} before
 * @param {InstalledPackages} after
 * @returns {{ added: string[], changed: string[] }} `changed`: upgraded, downgraded or removed
 */
export function compareInstalled(before, after) {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    changed: [...before].filter(([name, version]) => after.get(name) !== version).map(([name]) => name),
  };
}

/**
 * The process that holds dpkg's lock, by /proc/locks: fcntl can't be asked from here.
 *
 * @param {string} locks contents of /proc/locks
 * @param {number} inode of the lock file
 * @returns {number | null} process id (0 or -1 where it is in another namespace); null: free
 */
export function lockHolder(locks, inode) {
  for (const line of locks.split('\n')) {
    const match = /POSIX\s+\S+\s+WRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    if (match !== null && Number(match[2]) === inode) return Number(match[1]);
  }
  return null;
}

/** The process that holds dpkg's front-end lock now; null: free. @returns {number | null} */
export function dpkgLockHolder() {
  try {
    return lockHolder(readFileSync('/proc/locks', 'utf8'), statSync('/var/lib/dpkg/lock-frontend').ino);
  } catch {
    return null;
  }
}

/**
 * Files that packages own.
 *
 * @param {readonly string[]} names
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[]>}
 */
export async function packageFiles(names, env) {
  if (names.length === 0) return [];
  const { code, stdout, stderr } = await run('dpkg-query', ['-L', ...names], { env, timeoutMs: 60_000 });
  if (code !== 0) throw new SetupError(`dpkg-query failed: ${stderr.trim()}`);
  return stdout.split('\n').filter((line) => line.startsWith('/'));
}
