import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import { isRunId } from './naming.ts';
import { removeNetwork } from './network.ts';
import { isAlive, isZombie, signalProcess } from './process-info.ts';
import type { ProcessIdentity } from './process-info.ts';
import { recordedInits } from './run-folder.ts';
import { waitUntilSync } from './wait-until.ts';

/**
 * Removes all that a run left on the machine: its hosts with every process in them, its network, its folder. Blocks, so that it can
 * run while the process exits. Whoever calls it holds the run's lock. A host that was never written down (its lab's owner was killed just
 * then) ends by itself when the lock is free. @throws when a process does not end or the folder cannot go.
 */
export function removeRun(folder: string, options: { keepFolder?: boolean } = {}): void {
  const id = basename(folder);
  if (!isRunId(id)) throw new Error(`${folder} is not the folder of a lab`);
  for (const init of recordedInits(folder)) endHost(init);
  removeNetwork(id);
  // A service that dies with this process may still write into it.
  if (options.keepFolder !== true) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Ends a host at once: the kernel ends every process of a pid namespace before its first process is gone. */
export function endHost(init: ProcessIdentity): void {
  signalProcess(init, 'SIGKILL');
  const ended = waitUntilSync(() => !isAlive(init) || isZombie(init.pid), 10_000);
  if (!ended) throw new Error(`the host's first process ${init.pid} did not end within 10 s of SIGKILL`);
}
