import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitUntil } from '../../../../../test/lab/wait-until.ts';
import { seenGuest } from '../seen-guest.ts';
import type { SeenGuest } from '../seen-guest.ts';
import type { VerbName, VerbTypes } from '../verbs.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../../main.ts', import.meta.url));
const AS_USER = fileURLToPath(new URL('as-user.ts', import.meta.url));
/** Needs no entry in /etc/passwd. */
const PEER = 61_001;

/** What a verb answered, or why it did not. */
export type Asked<Name extends VerbName> = Partial<VerbTypes[Name]['answer']> & { error?: string; text?: string; effect?: string };

/** For lab tests: the real command as root, with the two capabilities that it needs, asked by a user without any rights, each time from a process of its own. */
export interface RealHelper extends AsyncDisposable {
  readonly undoFolder: string;
  readonly runFolder: string;
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  ask<Name extends VerbName>(verb: Name, asked: VerbTypes[Name]['asked']): Promise<Asked<Name>>;
  /** By `look`. */
  see(domain: string): Promise<SeenGuest>;
  /** Domains with something of an action in them. */
  unhealed(): Promise<string[]>;
  log(): string;
}

/** @param domains the section of the configuration */
export async function realHelper(libvirtUri: string, domains: string): Promise<RealHelper> {
  const folder = await mkdtemp(join(tmpdir(), 'virtmedic-helper-'));
  await chmod(folder, 0o755);
  const file = join(folder, 'guest-helper.yaml');
  const [runFolder, stateFolder] = [join(folder, 'run'), join(folder, 'state')];
  // Emulated processors on a busy machine stand still for longer.
  const text = `peers: [${PEER}]\nqemuUsers: [root]\nlibvirtUri: ${libvirtUri}\nrunFolder: ${runFolder}\nstateFolder: ${stateFolder}\npauseBudgetMs: 10000\n${domains}`;
  await writeFile(file, text, { mode: 0o600 });
  let child: ChildProcess | null = null;
  let log = '';

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async function ask<Name extends VerbName>(verb: Name, asked: VerbTypes[Name]['asked']): Promise<Asked<Name>> {
    const { stdout } = await run(process.execPath, [AS_USER, String(PEER), 'call', runFolder, verb, JSON.stringify(asked)], { timeout: 120_000, maxBuffer: 2 ** 24 });
    return JSON.parse(stdout) as Asked<Name>;
  }

  return {
    runFolder,
    undoFolder: join(stateFolder, 'undo'),
    ask,
    async start() {
      log = '';
      const command = [process.execPath, '--no-warnings', MAIN, 'guest-helper', '--config', file];
      child = spawn('setpriv', ['--bounding-set', '-all,+sys_ptrace,+chown', '--no-new-privs', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
      child.stderr?.setEncoding('utf8').on('data', (more: string) => (log += more));
      await waitUntil('the helper', () => log.includes('the guest helper is running'), { deadlineMs: 60_000, intervalMs: 50 });
    },
    kill: () => end('SIGKILL'),
    async see(domain) {
      return seenGuest(await ask('look', { domain }));
    },
    async unhealed() {
      return (await readdir(join(stateFolder, 'undo')).catch(() => [])).filter((name) => name.endsWith('.undo.json'));
    },
    log: () => log,
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
