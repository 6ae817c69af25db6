import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { identify } from './process-info.ts';
import type { ProcessIdentity } from './process-info.ts';

const INIT = join(import.meta.dirname, 'host-init.sh');

/** What a host's first process needs to know. */
export interface HostBoot {
  folder: string;
  name: string;
  networkNamespace: string;
  lockFile: string;
}

/**
 * Starts the first process of a host in namespaces of its own (network, pid, mounts, host name, IPC) and returns it when the host's folders
 * are in place. It is nobody's child: it ends with the run's lock, not with the process that started it. @throws with its own words.
 */
export async function bootHost(host: HostBoot): Promise<ProcessIdentity> {
  rmSync(join(host.folder, 'run'), { recursive: true, force: true });
  mkdirSync(join(host.folder, 'run/lock'), { recursive: true });
  const logPath = join(host.folder, 'init.log');
  const log = openSync(logPath, 'a');
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const outer = spawn(
    'ip',
    ['netns', 'exec', host.networkNamespace, 'unshare', ...namespaces, 'sh', INIT, host.folder, host.name, host.lockFile],
    { stdio: ['ignore', 'pipe', log], detached: true, cwd: '/' },
  );
  closeSync(log);
  const { stdout } = outer;
  if (stdout === null) throw new Error('a pipe was asked for');
  const answer = await Promise.race([
    once(stdout, 'data').then(() => 'ready'),
    once(outer, 'exit').then(([status]) => `status ${String(status)}`),
  ]);
  const init = answer === 'ready' && outer.pid !== undefined ? onlyChild(outer.pid) : undefined;
  stdout.destroy();
  outer.unref();
  if (init !== undefined) return init;
  throw new Error(`host ${host.name} did not start (${answer}): ${readFileSync(logPath, 'utf8').trim()}`);
}

function onlyChild(pid: number): ProcessIdentity | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return identify(Number(children[0]));
}

/** Runs a command inside a host: in all of its namespaces, and below its root, which is not the machine's where the lab runs in a chroot. */
export function runInside(init: ProcessIdentity, command: readonly string[], options: { timeoutMs?: number } = {}): Promise<string> {
  const args = ['--target', String(init.pid), '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd', '--', ...command];
  return run('nsenter', args, options);
}
