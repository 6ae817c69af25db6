import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { identify, isAlive, isZombie, signalProcess } from './process-info.ts';
import type { ProcessIdentity } from './process-info.ts';
import { waitUntil, waitUntilSync } from './wait-until.ts';

export type ServiceOptions = Service & Readiness;

interface Service {
  /** Absolute path of the program. */
  program: string;
  /** Debian's package of it, for the message when it is missing. */
  package: string;
  args: readonly string[];
  /** Its output is appended here. */
  logPath: string;
  /** Default: 60,000. */
  deadlineMs?: number;
}

type Readiness =
  /** Answers 200 once the service is ready. */
  | { readyUrl: string }
  /** The service writes it once it is ready. */
  | { readyText: string };

export interface ServiceProcess {
  readonly pid: number;
  /** SIGTERM, after 10 s SIGKILL; returns when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** What it has written so far. */
  log(): string;
}

const STOP_PATIENCE_MS = 10_000;
const running = new Set<ProcessIdentity>();

/**
 * Starts a service as a child that is gone before this process is (one that is killed takes its services along: the kernel does it) and
 * waits until it is ready.
 * @throws with the end of its log when it ends first or takes too long; it does not run then.
 */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  if (!existsSync(options.program)) throw new Error(`${options.program} is missing: install the Debian package ${options.package}, or run: npm run setup`);
  const log = openSync(options.logPath, 'a', 0o600);
  const readLog = () => readFileSync(options.logPath, 'utf8');
  const earlierLog = readLog().length;
  const isReady = 'readyUrl' in options ? () => answers(options.readyUrl) : () => Promise.resolve(readLog().includes(options.readyText, earlierLog));
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', options.program, ...options.args], { stdio: ['ignore', log, log], cwd: '/', detached: true });
  closeSync(log);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity !== undefined) endWithThisProcess(identity);
  const ended = once(child, 'exit').finally(() => identity !== undefined && running.delete(identity));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals) => {
    child.ref();
    const forced = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    if (isRunning() && child.kill(signal)) await ended;
    clearTimeout(forced);
  };
  try {
    const ready = 'readyUrl' in options ? options.readyUrl : `"${options.readyText}"`;
    await waitUntil(ready, async () => !isRunning() || (await isReady()), { deadlineMs: options.deadlineMs ?? 60_000 });
    if (!isRunning()) throw new Error(`${options.program} ended with status ${child.exitCode ?? child.signalCode}`);
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`${String(error)}\n${readLog().split('\n').slice(-20).join('\n')}`, { cause: error });
  }
  return { pid: child.pid ?? 0, stop: () => end('SIGTERM'), kill: () => end('SIGKILL'), log: readLog };
}

/** Before what removes the lab at exit: the services have files of its folder open. */
function endWithThisProcess(service: ProcessIdentity): void {
  if (running.size === 0 && !process.listeners('exit').includes(endAll)) process.prependListener('exit', endAll);
  running.add(service);
}

function endAll(): void {
  for (const service of running) signalProcess(service, 'SIGKILL');
  waitUntilSync(() => [...running].every((service) => !isAlive(service) || isZombie(service.pid)), STOP_PATIENCE_MS);
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await answer.body?.cancel();
  return answer.status === 200;
}
