// @ts-check
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ osRelease: string, nodeVersion: string, architecture: string }} SystemFacts */

/** What this machine is. @returns {SystemFacts} */
export function systemFacts() {
  let osRelease = '';
  try {
    osRelease = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // unsupported() names the missing release.
  }
  return { osRelease, nodeVersion: process.versions.node, architecture: process.arch };
}

/**
 * Why the set-up can't work here, as a sentence that says what is needed; null if it can.
 *
 * @param {SystemFacts} facts
 * @returns {string | null}
 */
export function unsupported({ osRelease, nodeVersion, architecture }) {
  const id = field(osRelease, 'ID');
  const version = field(osRelease, 'VERSION_ID');
  if (id !== 'debian' || version !== '12') {
    const found = field(osRelease, 'PRETTY_NAME') ?? 'an unknown system (no /etc/os-release)';
    return `Debian 12 (bookworm) is needed; this is ${found}. A Debian 12 virtual machine or privileged container will do.`;
  }
  if (architecture !== 'x64') return `A 64-bit x86 machine (amd64) is needed; this is ${architecture}.`;
  if (Number.parseInt(nodeVersion, 10) < 20) {
    return `Node.js 20 or newer is needed to start the set-up (it brings its own Node.js 24 afterwards); this is ${nodeVersion}.`;
  }
  return null;
}

/** @param {string} osRelease @param {string} name @returns {string | undefined} */
function field(osRelease, name) {
  return new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1];
}

/**
 * PATH without `node_modules/.bin` folders (npm puts them first, and set-up must run on the machine's own Node while it
 * replaces that folder), and with the folders of the administration tools, which a user's PATH may lack.
 *
 * @param {string} searchPath
 * @returns {string}
 */
export function ownPath(searchPath) {
  const folders = searchPath.split(':').filter((folder) => folder !== '' && !/\/node_modules(\/|$)/.test(folder));
  for (const folder of ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    if (!folders.includes(folder)) folders.push(folder);
  }
  return folders.join(':');
}

/**
 * Full path of a program, or null.
 *
 * @param {string} name
 * @param {string} searchPath
 * @returns {string | null}
 */
export function findProgram(name, searchPath) {
  for (const folder of searchPath.split(':')) {
    const candidate = path.join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this folder
    }
  }
  return null;
}

/** Where `sudo` looks by default on Debian. */
const SUDO_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * The command that repeats this run as root, ready to be pasted.
 *
 * @param {{ npmScript: string, args: readonly string[], folder: string, sudo: boolean, npmFolder: string | null }} run
 *   `npmScript` as in package.json; `npmFolder` the folder of the npm in use
 * @returns {string}
 */
export function rootCommand({ npmScript, args, folder, sudo, npmFolder }) {
  const script = npmScript === 'test' ? 'npm test' : `npm run ${npmScript}`;
  const command = args.length === 0 ? script : `${script} -- ${args.map(shellQuote).join(' ')}`;
  const inSudoPath = npmFolder === null || SUDO_FOLDERS.includes(npmFolder);
  const environment = inSudoPath ? '' : `env PATH=${shellQuote(`${npmFolder}:${SUDO_FOLDERS.join(':')}`)} `;
  if (sudo) return `sudo ${environment}${command}`;
  return `su -c ${shellQuote(`cd ${shellQuote(folder)} && ${environment}${command}`)}`;
}

/** @param {string} word @returns {string} */
export function shellQuote(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
