// @ts-check
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { run } from './process.mjs';

/**
 * @typedef {object} Simulation what `apt-get -s install` would do
 * @property {{ name: string, version: string }[]} added
 * @property {string[]} upgraded
 * @property {string[]} removed
 * @property {string[]} unknown packages that the lists don't have
 */

const OPTIONS = [
  '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Use-Pty=0', '-o', 'Acquire::Retries=3',
  '-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold',
];
const INSTALL = ['install', '--yes', '--no-install-recommends', '--no-upgrade'];

/**
 * Environment for apt and dpkg: no questions, plain English to parse, and no hook that restarts services.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function aptEnvironment(env) {
  return {
    ...env,
    LC_ALL: 'C.UTF-8',
    LANGUAGE: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
    APT_LISTCHANGES_FRONTEND: 'none',
    NEEDRESTART_SUSPEND: '1',
  };
}

/**
 * When the package lists were fetched last, in milliseconds since the epoch; null where there are none. The lists themselves
 * carry the server's time, so the folder that each fetch goes through is asked.
 *
 * @param {string} listsFolder
 * @returns {number | null}
 */
export function listsFetchedAtMs(listsFolder) {
  let names;
  try {
    names = readdirSync(listsFolder);
  } catch {
    return null;
  }
  if (!names.some((name) => name.includes('_Packages'))) return null;
  return Math.max(...['.', 'partial'].map((name) => {
    try {
      return statSync(path.join(listsFolder, name)).mtimeMs;
    } catch {
      return 0;
    }
  }));
}

/** @param {readonly string[]} names @param {import('./process.mjs').RunOptions} options */
export async function simulateInstall(names, options) {
  const result = await run('apt-get', ['-s', ...OPTIONS, ...INSTALL, ...names], { timeoutMs: 120_000, ...options });
  return { ...result, simulation: parseSimulation(result.stdout, result.stderr) };
}

/** @param {string} stdout @param {string} stderr @returns {Simulation} */
export function parseSimulation(stdout, stderr) {
  /** @type {Simulation} */
  const simulation = { added: [], upgraded: [], removed: [], unknown: [] };
  for (const line of stdout.split('\n')) {
    const install = /^Inst (\S+) (\[[^\]]*\] )?\((\S+)/.exec(line);
    const remove = /^(?:Remv|Purg) (\S+)/.exec(line);
    if (remove?.[1] !== undefined) simulation.removed.push(remove[1]);
    else if (install?.[1] !== undefined && install[2] !== undefined) simulation.upgraded.push(install[1]);
    else if (install?.[1] !== undefined) simulation.added.push({ name: install[1], version: install[3] ?? '' });
  }
  for (const match of stderr.matchAll(/(?:Unable to locate package (\S+)|Package '?([^\s']+)'? has no installation candidate)/g)) {
    simulation.unknown.push(match[1] ?? match[2] ?? '');
  }
  return simulation;
}

/** @typedef {{ name: string, version: string, downloadBytes: number, installedBytes: number }} PackageSize */

/**
 * @param {readonly { name: string, version: string }[]} packages
 * @param {import('./process.mjs').RunOptions} options
 * @returns {Promise<PackageSize[]>} sizes that the lists don't tell are 0
 */
export async function packageSizes(packages, options) {
  const wanted = packages.map(({ name, version }) => `${name}=${version}`);
  const { stdout } = await run('apt-cache', ['show', '--no-all-versions', ...wanted], { timeoutMs: 60_000, ...options });
  const sizes = parseSizes(stdout);
  return packages.map(({ name, version }) => ({
    name, version, ...(sizes.get(name.replace(/:.*/, '')) ?? { downloadBytes: 0, installedBytes: 0 }),
  }));
}

/** @param {string} text output of `apt-cache show` @returns {Map<string, { downloadBytes: number, installedBytes: number }>} */
export function parseSizes(text) {
  const sizes = new Map();
  for (const record of text.split('\n\n')) {
    const name = /^Package: (\S+)$/m.exec(record)?.[1];
    if (name === undefined) continue;
    sizes.set(name, {
      downloadBytes: Number(/^Size: (\d+)$/m.exec(record)?.[1] ?? 0),
      installedBytes: Number(/^Installed-Size: (\d+)$/m.exec(record)?.[1] ?? 0) * 1024,
    });
  }
  return sizes;
}

/** @param {import('./process.mjs').RunOptions} options */
export function updateLists(options) {
  return run('apt-get', ['update', ...OPTIONS], { timeoutMs: 300_000, ...options });
}

/** Fetches the packages only: safe to interrupt. @param {readonly string[]} names @param {import('./process.mjs').RunOptions} options */
export function downloadPackages(names, options) {
  return run('apt-get', [...OPTIONS, ...INSTALL, '--no-remove', '--download-only', ...names], { timeoutMs: 1_200_000, ...options });
}

/** Unpacks and configures what has been fetched: never to be interrupted. @param {readonly string[]} names @param {import('./process.mjs').RunOptions} options */
export function installDownloaded(names, options) {
  return run('apt-get', [...OPTIONS, ...INSTALL, '--no-remove', ...names], { timeoutMs: 1_800_000, ...options });
}

/** Whether a download failed because the lists are older than the archive. @param {string} stderr @returns {boolean} */
export function listsOutdated(stderr) {
  return /\b404\b|Hash Sum mismatch|File has unexpected size/.test(stderr);
}
