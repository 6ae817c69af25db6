// @ts-check
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ensurePackages, missingWanted, refreshLists, unfinishedInstallation } from './debian.mjs';
import { withLock } from './lock.mjs';
import { bindingCompiled, giveToOwner, installNpm, npmNeeded, projectNode } from './npm.mjs';
import { Interrupted, run, SetupError, watchSignals } from './process.mjs';
import { failure, progressTo } from './progress.mjs';
import { findProgram, ownPath, rootCommand, systemFacts, unsupported } from './system.mjs';

const HELP = `Brings a Debian 12 machine to where virtmedic's lab, tests and demo run.

Usage: npm run setup -- [options]
       node test/setup/main.mjs [options] [--run FILE -- ARGUMENTS]

  --check            only report what is missing; exit code 1 if anything is
  --yes              don't ask before installing Debian packages
  --quiet-if-ready   say nothing where everything is in place
  --run FILE         afterwards run FILE with the project's Node.js, as root
  --help             this text

Installs the Debian packages of test/setup/packages.mjs that are missing (listed first; asked for on a terminal) and the npm
packages of package-lock.json. Removes and upgrades nothing, starts and enables no service. Log: .cache/setup.log
Exit codes: 0 done, 1 something is missing or failed, 2 wrong usage, 128 + n ended by signal n; with --run, FILE's.
`;

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../..');
const GUEST_BUILD = 'test/lab/guest/build.ts';

const OPTIONS = /** @type {const} */ ({
  check: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  'quiet-if-ready': { type: 'boolean', default: false },
  run: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
});

/** @typedef {ReturnType<typeof parseOptions>} Options */

function parseOptions() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.run === undefined && positionals.length > 0) throw new TypeError(`Unexpected argument '${positionals[0]}'`);
  return { ...values, args: positionals };
}

/** @param {Options} options @param {import('./process.mjs').Interruption} interruption @returns {Promise<number>} exit code */
async function main(options, interruption) {
  const env = { ...process.env, PATH: ownPath(process.env['PATH'] ?? '') };
  const asksHelp = options.args.includes('--help') || options.args.includes('-h');
  if (options.run !== undefined && asksHelp && existsSync(projectNode(ROOT))) return runFile(options.run, options.args);

  const problem = unsupported(systemFacts());
  if (problem !== null) throw new SetupError(problem);
  const missing = await missingWanted(env);
  const npmReason = npmNeeded(ROOT);
  const required = missing.filter(({ optional }) => !optional);
  if (options.check) return report(missing, npmReason);

  const isRoot = process.getuid?.() === 0;
  if (!isRoot && (options.run !== undefined || required.length > 0 || unfinishedInstallation())) refuseWithoutRoot(options, env, required);
  const ready = missing.length === 0 && npmReason === null && !unfinishedInstallation();
  const context = {
    root: ROOT, env, interruption, logFile: openLog(),
    progress: progressTo(options['quiet-if-ready'] && ready ? { write: () => true } : process.stdout),
    confirm: (/** @type {string} */ question) => confirm(question, options.yes, interruption),
  };
  await setUp(context, isRoot);
  interruption.check();
  return options.run === undefined ? 0 : runFile(options.run, options.args);
}

/** @param {import('./debian.mjs').Context} context @param {boolean} isRoot */
async function setUp(context, isRoot) {
  const { progress, interruption } = context;
  const startMs = performance.now();
  const hooks = { check: interruption.check, onWait: (/** @type {number} */ pid) => progress.say(`Another set-up is at work (process ${pid}); waiting for it …`) };
  let installed = false;
  if (isRoot) installed = await withLock('/run/virtmedic-setup.lock', hooks, () => ensurePackages(context));
  await withLock(path.join(ROOT, '.cache/setup.lock'), hooks, async () => {
    if (npmNeeded(ROOT) !== null || (installed && !bindingCompiled(ROOT))) await installNpm(context);
    await buildGuests(context, isRoot);
  });
  progress.say(`Set-up complete (${((performance.now() - startMs) / 1000).toFixed(1)} s).`);
}

/** @param {import('./debian.mjs').Context} context @param {boolean} isRoot */
async function buildGuests(context, isRoot) {
  if (!existsSync(path.join(ROOT, GUEST_BUILD))) return;
  const { env, logFile, interruption, progress } = context;
  const build = () => run(projectNode(ROOT), [GUEST_BUILD], { cwd: ROOT, env, logFile, interruption, timeoutMs: 900_000 });
  await progress.stage('Guests of the lab', async () => {
    let result = await build();
    interruption.check();
    // Kernels come from the package lists, which an image of a system often lacks, and old ones name what the archive no longer has.
    if (result.code !== 0 && isRoot && (await refreshLists(context))) result = await build();
    interruption.check();
    if (result.code !== 0) throw failure('Building the guests failed', result, logFile);
  });
}

/** @param {import('./packages.mjs').WantedPackage[]} missing @param {string | null} npmReason @returns {number} */
function report(missing, npmReason) {
  const names = (/** @type {boolean} */ optional) => missing.filter((item) => (item.optional ?? false) === optional).map(({ name }) => name).join(' ');
  if (names(false) !== '') console.log(`Missing Debian packages: ${names(false)}`);
  if (names(true) !== '') console.log(`Optional Debian packages that are not there: ${names(true)}`);
  if (npmReason !== null) console.log(`npm packages: ${npmReason}`);
  if (unfinishedInstallation()) console.log('An installation was interrupted; the set-up will finish it.');
  const ready = names(false) === '' && npmReason === null && !unfinishedInstallation();
  if (ready) console.log('Everything needed is in place.');
  return ready ? 0 : 1;
}

/**
 * @param {Options} options
 * @param {NodeJS.ProcessEnv} env
 * @param {{ name: string }[]} missing
 * @returns {never}
 */
function refuseWithoutRoot(options, env, missing) {
  const npm = findProgram('npm', env['PATH'] ?? '');
  const command = rootCommand({
    npmScript: process.env['npm_lifecycle_event'] ?? 'setup',
    args: options.args,
    folder: ROOT,
    sudo: findProgram('sudo', env['PATH'] ?? '') !== null,
    npmFolder: npm === null ? null : path.dirname(npm),
  });
  const why = missing.length > 0
    ? `Debian packages are missing (${missing.map(({ name }) => name).join(' ')})`
    : 'The lab makes network namespaces and runs its own libvirt hosts';
  throw new SetupError(`Root is needed: ${why}. Run:\n\n  ${command}\n\nWithout root, these work once the set-up is done: npm run test:unit, npm run typecheck, npm run lint.`);
}

/** @returns {string} path of an empty log file */
function openLog() {
  const logFile = path.join(ROOT, '.cache/setup.log');
  mkdirSync(path.dirname(logFile), { recursive: true });
  writeFileSync(logFile, '');
  giveToOwner(ROOT, [path.dirname(logFile), logFile]);
  return logFile;
}

/**
 * @param {string} question
 * @param {boolean} yes
 * @param {import('./process.mjs').Interruption} interruption
 * @returns {Promise<boolean>}
 */
async function confirm(question, yes, interruption) {
  if (yes || !process.stdin.isTTY || !process.stdout.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const abort = new AbortController();
  const unsubscribe = interruption.subscribe(() => abort.abort());
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  terminal.on('close', () => abort.abort());
  try {
    return /^(y|yes|)$/i.test((await terminal.question(`${question} [Y/n] `, { signal: abort.signal })).trim());
  } catch {
    interruption.check();
    return false;
  } finally {
    unsubscribe();
    terminal.close();
  }
}

/**
 * Runs a file of the project with the project's Node.js; signals are passed on and its end is waited for.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runFile(file, args) {
  const env = { ...process.env, PATH: `${path.dirname(projectNode(ROOT))}:${process.env['PATH'] ?? ''}` };
  return new Promise((resolve, reject) => {
    const child = spawn(projectNode(ROOT), [file, ...args], { cwd: ROOT, env, stdio: 'inherit' });
    for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** @returns {Options} */
function optionsOrExit() {
  try {
    return parseOptions();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options.help) {
  console.log(HELP);
} else {
  try {
    process.exitCode = await main(options, watchSignals());
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error(`\nSet-up ${error.message}. Run it again to go on where it was.`);
      process.exitCode = 128 + constants.signals[error.signal];
    } else if (error instanceof SetupError) {
      console.error(`\n${error.message}`);
      process.exitCode = 1;
    } else {
      throw error;
    }
  }
}
