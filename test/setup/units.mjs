// @ts-check
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { run, SetupError } from './process.mjs';
import { findProgram } from './system.mjs';

/**
 * A symbolic link that makes something start by itself.
 *
 * @typedef {object} StartLink
 * @property {'system' | 'user' | 'sysv'} kind
 * @property {string} link path from the root
 * @property {string} unit the unit, or the script in /etc/init.d
 */

/**
 * All links that enable systemd units or SysV scripts.
 *
 * @param {string} [root]
 * @returns {StartLink[]}
 */
export function startLinks(root = '/') {
  return [
    ...unitLinks(root, 'etc/systemd/system', 'system'),
    ...unitLinks(root, 'etc/systemd/user', 'user'),
    ...['2', '3', '4', '5', 'S'].flatMap((level) => sysvLinks(root, `etc/rc${level}.d`)),
  ];
}

/** @param {string} root @param {string} folder @param {'system' | 'user'} kind @returns {StartLink[]} */
function unitLinks(root, folder, kind) {
  return entries(path.join(root, folder)).flatMap((entry) => {
    const relative = path.join(folder, entry.name);
    if (entry.isDirectory()) return unitLinks(root, relative, kind);
    if (!entry.isSymbolicLink()) return [];
    const target = readlinkSync(path.join(root, relative));
    return target === '/dev/null' ? [] : [{ kind, link: `/${relative}`, unit: path.basename(target) }];
  });
}

/** @param {string} root @param {string} folder @returns {StartLink[]} */
function sysvLinks(root, folder) {
  return entries(path.join(root, folder))
    .filter((entry) => entry.isSymbolicLink() && /^S\d/.test(entry.name))
    .map((entry) => {
      const relative = path.join(folder, entry.name);
      return { kind: 'sysv', link: `/${relative}`, unit: path.basename(readlinkSync(path.join(root, relative))) };
    });
}

/** @param {string} folder */
function entries(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * The links that an installation brought: absent before, and of a unit or script that one of the new packages owns.
 *
 * @param {readonly string[]} before paths of the links before it
 * @param {readonly StartLink[]} after
 * @param {readonly string[]} newFiles files of the packages that it added
 * @returns {StartLink[]}
 */
export function broughtLinks(before, after, newFiles) {
  const known = new Set(before);
  const owned = new Set(newFiles
    .filter((file) => /^(\/usr)?\/lib\/systemd\/(system|user)\/[^/]+$|^\/etc\/init\.d\/[^/]+$/.test(file))
    .map((file) => path.basename(file)));
  return after.filter(({ link, unit }) => !known.has(link) && owned.has(unit));
}

/**
 * Disables what the links enable, with the system's own tools so that package upgrades remember it.
 *
 * @param {readonly string[]} before paths of the links before the installation
 * @param {readonly string[]} newFiles files of the packages that it added
 * @param {import('./process.mjs').RunOptions & { env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string[]>} names of the disabled units and scripts
 * @throws {SetupError} naming the links that are still there afterwards
 */
export async function disableBrought(before, newFiles, options) {
  const brought = broughtLinks(before, startLinks(), newFiles);
  const systemctl = findProgram('systemctl', options.env['PATH'] ?? '') !== null;
  const jobs = new Map(brought.map((link) => [`${link.kind} ${link.unit}`, link]));
  for (const { kind, unit } of jobs.values()) {
    const [program, ...args] = disableCommand(kind, unit, systemctl);
    // update-rc.d must not reach for a systemd unit of the same name: that may be the operator's own.
    const env = { ...options.env, _SKIP_SYSTEMD_NATIVE: '1', SYSTEMCTL_SKIP_SYSV: '1' };
    await run(program, args, { timeoutMs: 60_000, ...options, env });
  }
  const left = broughtLinks(before, startLinks(), newFiles);
  if (left.length > 0) {
    throw new SetupError(`These links still start what the installation brought; remove them by hand: ${left.map(({ link }) => link).join(' ')}`);
  }
  return [...new Set(brought.map(({ unit }) => unit))];
}

/**
 * @param {StartLink['kind']} kind
 * @param {string} unit
 * @param {boolean} systemctl whether systemd's own tool is there
 * @returns {[string, ...string[]]}
 */
function disableCommand(kind, unit, systemctl) {
  if (kind === 'sysv') return ['update-rc.d', unit, 'disable'];
  if (systemctl) return ['systemctl', ...(kind === 'user' ? ['--global'] : []), 'disable', unit];
  return ['deb-systemd-helper', ...(kind === 'user' ? ['--user'] : []), 'disable', unit];
}
