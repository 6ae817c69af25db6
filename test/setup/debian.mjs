// @ts-check
import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  aptEnvironment, downloadPackages, installDownloaded, listsFetchedAtMs, listsOutdated, packageSizes, simulateInstall, updateLists,
} from './apt.mjs';
import { compareInstalled, dpkgLockHolder, installedPackages, missingPackages, packageFiles } from './dpkg.mjs';
import { JOURNAL_FILE, readJournal, removeJournal, writeJournal } from './journal.mjs';
import { WANTED_PACKAGES } from './packages.mjs';
import { forbidServices, POLICY_FILE, restorePolicy } from './policy.mjs';
import { run, SetupError } from './process.mjs';
import { failure, formatBytes } from './progress.mjs';
import { disableBrought, startLinks } from './units.mjs';

/**
 * @typedef {object} Context what every step needs
 * @property {string} root folder of the checkout
 * @property {NodeJS.ProcessEnv} env
 * @property {string} logFile
 * @property {import('./process.mjs').Interruption} interruption
 * @property {import('./progress.mjs').Progress} progress
 * @property {(question: string) => Promise<boolean>} confirm
 */

const LISTS_FOLDER = '/var/lib/apt/lists';
const LISTS_MAX_AGE_MS = 24 * 60 * 60 * 1000;
const LOCK_WAIT_MS = 600_000;

/** @param {NodeJS.ProcessEnv} env */
export async function missingWanted(env) {
  return missingPackages(WANTED_PACKAGES, await installedPackages(env));
}

/**
 * Installs what is missing, after saying so and asking. Removes and upgrades nothing, starts and enables nothing.
 *
 * @param {Context} context
 * @returns {Promise<boolean>} whether anything was installed
 */
export async function ensurePackages(context) {
  await finishInterrupted(context);
  const missing = await missingWanted(context.env);
  if (missing.length === 0) return false;
  const apt = { env: aptEnvironment(context.env), logFile: context.logFile, interruption: context.interruption };
  const plan = await planInstall(context, missing, apt);
  if (plan === null) return false;
  await announce(context, plan.added, apt);
  if (!(await context.confirm(`Install ${count(plan.added.length, 'package')}?`))) {
    if (missing.every(({ optional }) => optional)) return false;
    throw new SetupError('Nothing was installed.');
  }
  await download(context, plan, apt);
  context.interruption.check();
  await waitForDpkg(context);
  await install(context, plan);
  context.interruption.check();
  return true;
}

/**
 * Goes through to its end whatever signal comes: half-configured packages would be left otherwise.
 *
 * @param {Context} context
 * @param {Plan} plan
 */
async function install(context, { names, added }) {
  const unsubscribe = context.interruption.subscribe(() => {
    context.progress.say('Finishing the installation first, so that no package is left half-configured; this takes a minute at most.');
  });
  try {
    await context.progress.stage(`Installing ${count(added.length, 'Debian package')}`, () =>
      withServicesForbidden(context, async () => {
        const result = await installDownloaded(names, { env: aptEnvironment(context.env), logFile: context.logFile, outlivesUs: true });
        if (result.code !== 0) throw failure('Installing Debian packages failed', result, context.logFile);
      }));
  } finally {
    unsubscribe();
  }
}

/**
 * @typedef {object} Plan an installation that adds packages only
 * @property {string[]} names what to ask apt for
 * @property {{ name: string, version: string }[]} added everything that comes
 * @property {boolean} updated whether the package lists were fetched for it
 */

/**
 * A simulated installation of what is missing, without the optional packages where those would change what is installed.
 *
 * @param {Context} context
 * @param {readonly import('./packages.mjs').WantedPackage[]} missing
 * @param {import('./process.mjs').RunOptions} apt
 * @returns {Promise<Plan | null>} null: only optional packages are missing, and they can't be had
 */
async function planInstall(context, missing, apt) {
  const required = missing.filter(({ optional }) => !optional).map(({ name }) => name);
  const names = missing.map(({ name }) => name);
  const fetchedAtMs = listsFetchedAtMs(LISTS_FOLDER);
  let updated = required.length > 0 && (fetchedAtMs === null || Date.now() - fetchedAtMs > LISTS_MAX_AGE_MS);
  if (updated) await update(context, apt);
  let result = await simulateInstall(names, apt);
  if (result.simulation.unknown.length > 0 && !updated) {
    updated = true;
    await update(context, apt);
    result = await simulateInstall(names, apt);
  }
  context.interruption.check();
  if (required.length < names.length && !addsOnly(result)) {
    const left = missing.filter(({ optional }) => optional).map(({ name }) => name).join(' ');
    const why = changes(result.simulation).join(', ') || 'apt finds no way';
    context.progress.say(`Left out: ${left} (${why}). Only the native libvirt binding, a witness in some tests, needs them; those tests are reported as skipped.`);
    if (required.length === 0) return null;
    result = await simulateInstall(required, apt);
    context.interruption.check();
    refuseUnlessAddsOnly(required, result, context.logFile);
    return { names: required, added: result.simulation.added, updated };
  }
  refuseUnlessAddsOnly(names, result, context.logFile);
  return { names, added: result.simulation.added, updated };
}

/** @typedef {Awaited<ReturnType<typeof simulateInstall>>} SimulationResult */

/** @param {SimulationResult} result */
function addsOnly({ code, simulation }) {
  return code === 0 && simulation.unknown.length === 0 && changes(simulation).length === 0;
}

/** @param {import('./apt.mjs').Simulation} simulation @returns {string[]} */
function changes({ upgraded, removed }) {
  return [...upgraded.map((name) => `upgrade ${name}`), ...removed.map((name) => `remove ${name}`)];
}

/** @param {readonly string[]} names @param {SimulationResult} result @param {string} logFile */
function refuseUnlessAddsOnly(names, result, logFile) {
  if (addsOnly(result)) return;
  const { simulation } = result;
  if (simulation.unknown.length > 0) {
    throw new SetupError(`apt knows no package ${simulation.unknown.join(', ')}. Check that /etc/apt/sources.list (or sources.list.d) names bookworm main, and the network.`);
  }
  if (result.code !== 0) throw failure('apt finds no way to install the missing packages', result, logFile);
  throw new SetupError(`Installing ${names.join(' ')} would change what is installed, which this set-up never does: ${changes(simulation).join(', ')}.\n`
    + `Decide yourself, for example: apt-get install --no-install-recommends ${names.join(' ')}\nThen run this again.`);
}

/** Old lists are better than none: the simulation decides. @param {Context} context @param {import('./process.mjs').RunOptions} apt */
async function update(context, apt) {
  const result = await context.progress.stage('Fetching the package lists', async () => {
    const ended = await updateLists(apt);
    context.interruption.check();
    return ended;
  });
  if (result.code !== 0) context.progress.say(`  apt-get update ended with code ${result.code}; going on with the lists that are there (log: ${context.logFile})`);
}

/**
 * @param {Context} context
 * @param {{ name: string, version: string }[]} added
 * @param {import('./process.mjs').RunOptions} apt
 */
async function announce({ progress }, added, apt) {
  const sizes = await packageSizes(added, apt);
  const downloadBytes = sizes.reduce((sum, { downloadBytes: bytes }) => sum + bytes, 0);
  const installedBytes = sizes.reduce((sum, { installedBytes: bytes }) => sum + bytes, 0);
  const reasons = new Map(WANTED_PACKAGES.map(({ name, reason }) => [name, reason]));
  progress.say(`${count(added.length, 'Debian package')} to install: ${formatBytes(downloadBytes)} to fetch, ${formatBytes(installedBytes)} on disk. `
    + 'Nothing is removed, upgraded, started or left enabled.');
  for (const { name, version, installedBytes: bytes } of sizes.filter((item) => reasons.has(item.name))) {
    progress.say(`  ${name.padEnd(28)} ${version.padEnd(26)} ${formatBytes(bytes).padStart(8)}  ${reasons.get(name)}`);
  }
  const others = sizes.filter(({ name }) => !reasons.has(name)).map(({ name, installedBytes: bytes }) => `${name} (${formatBytes(bytes)})`);
  if (others.length > 0) progress.say(`  and what they depend on: ${others.join(', ')}`);
  const { bavail, bsize } = statfsSync('/');
  if (bavail * bsize < downloadBytes + installedBytes) {
    throw new SetupError(`Not enough room: / has ${formatBytes(bavail * bsize)} free, ${formatBytes(downloadBytes + installedBytes)} are needed.`);
  }
}

/**
 * @param {Context} context
 * @param {Plan} plan
 * @param {import('./process.mjs').RunOptions} apt
 */
async function download(context, { names, updated }, apt) {
  /** @param {boolean} final whether outdated lists are an error @returns {Promise<boolean>} whether all is there */
  const attempt = (final) => context.progress.stage('Fetching Debian packages', async () => {
    const result = await downloadPackages(names, apt);
    context.interruption.check();
    if (result.code !== 0 && (final || !listsOutdated(result.stderr))) throw failure('Fetching Debian packages failed', result, context.logFile);
    return result.code === 0;
  });
  if (await attempt(updated)) return;
  context.progress.say('  the package lists are older than the archive');
  await update(context, apt);
  refuseUnlessAddsOnly(names, await simulateInstall(names, apt), context.logFile);
  await attempt(true);
}

/** Our policy must not stand in the way of another package manager that is at work. @param {Context} context */
async function waitForDpkg({ progress, interruption }) {
  const holder = dpkgLockHolder();
  if (holder === null) return;
  await progress.stage(`Waiting for another package manager${holder > 0 ? ` (process ${holder})` : ''}`, async () => {
    const deadlineMs = performance.now() + LOCK_WAIT_MS;
    while (dpkgLockHolder() !== null) {
      interruption.check();
      if (performance.now() > deadlineMs) throw new SetupError('Another package manager has held the lock for ten minutes; try again once it has ended.');
      await sleep(500);
    }
  });
}

/**
 * Does `work` with service starts forbidden, then disables the units that came, puts the policy back, and checks that nothing
 * that was installed before has changed. The journal outlives a kill in between.
 *
 * @param {Context} context
 * @param {() => Promise<void>} work
 */
async function withServicesForbidden(context, work) {
  const before = await installedPackages(context.env);
  writeJournal({ packages: [...before.keys()], links: startLinks().map(({ link }) => link) });
  try {
    forbidServices();
    await work();
  } finally {
    await settle(context);
  }
  const { changed } = compareInstalled(before, await installedPackages(context.env));
  if (changed.length > 0) throw new SetupError(`The installation changed packages that were there before: ${changed.join(' ')} (log: ${context.logFile})`);
}

/** Disables what came, restores the policy, closes the journal. @param {Context} context */
async function settle({ env, logFile, progress }) {
  try {
    const journal = readJournal();
    if (journal === null) return;
    const before = new Set(journal.packages);
    const added = [...(await installedPackages(env)).keys()].filter((name) => !before.has(name));
    const disabled = await disableBrought(journal.links, await packageFiles(added, env), { env, logFile });
    if (disabled.length > 0) progress.say(`  disabled: ${disabled.join(' ')}`);
    removeJournal();
  } finally {
    if (restorePolicy() === 'kept') {
      progress.say(`${POLICY_FILE} was replaced by somebody meanwhile and stays; the one from before is ${POLICY_FILE}.virtmedic-saved`);
    }
  }
}

/** Ends the work of a set-up that was killed: its packages configured, its units disabled, the policy back. @param {Context} context */
async function finishInterrupted(context) {
  const unfinished = readJournal() !== null;
  if (!unfinished) return void restorePolicy();
  await waitForDpkg(context);
  await context.progress.stage('Finishing an interrupted installation', async () => {
    try {
      forbidServices();
      const result = await run('dpkg', ['--force-confdef', '--force-confold', '--configure', '--pending'], {
        env: aptEnvironment(context.env), logFile: context.logFile, timeoutMs: 1_800_000, outlivesUs: true,
      });
      if (result.code !== 0) throw failure('Configuring the packages of an interrupted installation failed', result, context.logFile);
    } finally {
      await settle(context);
    }
  });
}

/** Fetches the package lists where there are none or old ones: the guest build looks its kernels up there. @param {Context} context */
export async function refreshLists(context) {
  const fetchedAtMs = listsFetchedAtMs(LISTS_FOLDER);
  if (fetchedAtMs !== null && Date.now() - fetchedAtMs < LISTS_MAX_AGE_MS) return false;
  await update(context, { env: aptEnvironment(context.env), logFile: context.logFile, interruption: context.interruption });
  return true;
}

/** @returns {boolean} whether a set-up was killed in the middle of an installation */
export function unfinishedInstallation() {
  return existsSync(path.dirname(JOURNAL_FILE));
}

/** @param {number} number @param {string} noun @returns {string} */
function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
