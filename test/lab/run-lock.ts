import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A lock that is held until it is released or this process ends, however it ends. */
export interface HeldLock {
  /** The process that holds the lock for us. */
  keeperPid: number;
  release(): void;
}

export interface LockOptions {
  /** Wait until it is free; otherwise a lock that another holds gives undefined. */
  wait: boolean;
  /** Shared with other shared holders. Default: exclusive. */
  shared?: boolean;
}

/**
 * Takes a flock(2) on a file or folder that exists. Node has no flock, so a child holds it: it ends when its standard input
 * closes or its parent dies, so that a lock never outlives its owner.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<HeldLock | undefined> {
  const mode = [options.shared === true ? '--shared' : '--exclusive', ...(options.wait ? [] : ['--nonblock'])];
  const keeper = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'flock', '--no-fork', ...mode, path, 'sh', '-c', 'echo held; exec cat'],
    // In a session of its own, so that Ctrl-C on the terminal does not end it before us.
    { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', detached: true },
  );
  let problem = '';
  keeper.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  const answer = await Promise.race([
    once(keeper.stdout, 'data').then(() => 'held' as const),
    once(keeper, 'exit').then(([code]) => code as number | null),
  ]);
  if (answer === 'held') return heldBy(keeper);
  if (answer === 1 && problem === '') return undefined;
  throw new Error(`the lock on ${path} could not be taken: ${problem.trim() || `flock ended with status ${String(answer)}`}`);
}

function heldBy(keeper: ChildProcess): HeldLock {
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout, keeper.stderr]) (stream as unknown as { unref?: () => void } | null)?.unref?.();
  const { pid } = keeper;
  if (pid === undefined) throw new Error('the process that holds the lock has no pid');
  return { keeperPid: pid, release: () => void keeper.kill('SIGKILL') };
}
