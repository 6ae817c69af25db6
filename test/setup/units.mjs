// @ts-check
import { existsSync, readdirSync, readlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { run, SetupError } from './process.mjs';

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
 * Disables what an installation brought. The links are removed directly, which is all that `systemctl disable` does and needs no
 * systemd; package upgrades see the missing link and leave the unit disabled. (`deb-systemd-helper disable` forgets that it was
 * ever enabled, so that an upgrade would enable it again.)
 *
 * @param {readonly string[]} before paths of the links before the installation
 * @param {readonly string[]} newFiles files of the packages that it added
 * @param {import('./process.mjs').RunOptions & { env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string[]>} names of the disabled units and scripts
 * @throws {SetupError} naming the links that are still there afterwards
 */
export async function disableBrought(before, newFiles, options) {
  const brought = broughtLinks(before, startLinks(), newFiles);
  for (const { kind, link } of brought) if (kind !== 'sysv') unlinkSync(link);
  for (const script of new Set(brought.filter(({ kind }) => kind === 'sysv').map(({ unit }) => unit))) {
    // update-rc.d must not reach for a systemd unit of the same name: that may be the operator's own.
    const env = { ...options.env, _SKIP_SYSTEMD_NATIVE: '1' };
    await run('update-rc.d', [script, 'disable'], { timeoutMs: 60_000, ...options, env });
  }
  if (brought.length > 0 && existsSync('/run/systemd/system')) await run('systemctl', ['daemon-reload'], { timeoutMs: 60_000, ...options });
  const left = broughtLinks(before, startLinks(), newFiles);
  if (left.length > 0) {
    throw new SetupError(`These links still start what the installation brought; remove them by hand: ${left.map(({ link }) => link).join(' ')}`);
  }
  return [...new Set(brought.map(({ unit }) => unit))];
}
