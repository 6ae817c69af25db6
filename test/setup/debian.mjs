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
  const names = missing.map(({ name }) => name);
  const { added, updated } = await planInstall(context, names, apt);
  await announce(context, added, apt);
  if (!(await context.confirm(`Install ${count(added.length, 'package')}?`))) throw new SetupError('Nothing was installed.');
  await download(context, names, apt, updated);
  context.interruption.check();
  await waitForDpkg(context);
  // From here to the end it goes through, whatever signal comes: half-configured packages would be left otherwise.
  const unsubscribe = context.interruption.subscribe(() => {
    context.progress.say('Finishing the installation first, so that no package is left half-configured; this takes a minute at most.');
  });
  try {
    await context.progress.stage(`Installing ${count(added.length, 'Debian package')}`, () =>
      withServicesForbidden(context, async () => {
        const result = await installDownloaded(names, { env: apt.env, logFile: apt.logFile, outlivesUs: true });
        if (result.code !== 0) throw failure('Installing Debian packages failed', result, context.logFile);
      }));
  } finally {
    unsubscribe();
  }
  context.interruption.check();
  return true;
}

/**
 * A simulation that adds packages only.
 *
 * @param {Context} context
 * @param {string[]} names
 * @param {import('./process.mjs').RunOptions} apt
 */
async function planInstall(context, names, apt) {
  const fetchedAtMs = listsFetchedAtMs(LISTS_FOLDER);
  let updated = fetchedAtMs === null || Date.now() - fetchedAtMs > LISTS_MAX_AGE_MS;
  if (updated) await update(context, apt);
  let plan = await simulateInstall(names, apt);
  if (plan.simulation.unknown.length > 0 && !updated) {
    updated = true;
    await update(context, apt);
    plan = await simulateInstall(names, apt);
  }
  context.interruption.check();
  const { added, upgraded, removed, unknown } = plan.simulation;
  if (unknown.length > 0) {
    throw new SetupError(`apt knows no package ${unknown.join(', ')}. Check that /etc/apt/sources.list (or sources.list.d) names bookworm main, and the network.`);
  }
  if (plan.code !== 0) throw failure('apt finds no way to install the missing packages', plan, context.logFile);
  const changed = [...upgraded.map((name) => `upgrade ${name}`), ...removed.map((name) => `remove ${name}`)];
  if (changed.length > 0) {
    throw new SetupError(`Installing ${names.join(' ')} would change what is installed, which this set-up never does: ${changed.join(', ')}.\n`
      + `Decide yourself, for example: apt-get install --no-install-recommends ${names.join(' ')}\nThen run this again.`);
  }
  return { added, updated };
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
 * @param {string[]} names
 * @param {import('./process.mjs').RunOptions} apt
 * @param {boolean} updated whether the lists are fresh already
 */
async function download(context, names, apt, updated) {
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
  await planInstall(context, names, apt);
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
