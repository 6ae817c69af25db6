import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../lab/lab.ts';
import { waitUntil } from '../../lab/wait-until.ts';

const MAIN = fileURLToPath(new URL('../../../exporter/src/main.ts', import.meta.url));
const RUNNING = 'the guest helper is running';

/** The guest helper of a host's domains, as a process of its own. */
export interface HelperProcess {
  readonly runFolder: string;
  log(): string;
  stop(): Promise<void>;
}

/** Starts it for all domains of the host, for reading and writing. It ends with this process. @throws with its log where it does not come up */
export async function startGuestHelper(folder: string, host: Host): Promise<HelperProcess> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const runFolder = join(folder, 'run');
  const config = {
    peers: [0], qemuUsers: [0], libvirtUri: host.unixUri, runFolder, stateFolder: join(folder, 'state'),
    domains: [{ match: { name: '*' }, read: true, write: true }],
  };
  const file = join(folder, 'guest-helper.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const logPath = join(folder, 'guest-helper.log');
  const log = openSync(logPath, 'a', 0o600);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, MAIN, 'guest-helper', '--config', file], { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = once(child, 'exit');
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const read = (): string => readFileSync(logPath, 'utf8');
  const stop = async (): Promise<void> => {
    if (!isGone()) child.kill('SIGTERM');
    await ended;
  };
  await waitUntil('the guest helper', () => isGone() || read().includes(RUNNING), { deadlineMs: 60_000 }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  if (isGone()) throw new Error(`the guest helper ended:\n${read()}`);
  return { runFolder, log: read, stop };
}
