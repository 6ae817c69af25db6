import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GroupOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error; standard input is always empty. */
  readonly output: 'inherit' | 'ignore';
  readonly timeoutMs: number;
  /** How long clean-up may take between a request to end and SIGKILL. */
  readonly graceMs: number;
}

export interface GroupEnd {
  /** Exit code of the first process; 127 where it could not be started, 128 + n where signal n ended it. */
  readonly code: number;
  readonly timedOut: boolean;
  /** Processes of the group outlived the first one and were killed. */
  readonly leftOver: boolean;
}

export interface RunningGroup {
  readonly ended: Promise<GroupEnd>;
  /** Asks the group to end: SIGINT, at the second call SIGTERM; SIGKILL once the grace time is over. */
  end(): void;
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };
const LEFT_OVER_MS = 2_000;

/** Starts a program as the leader of a process group of its own, which is empty when `ended` resolves. */
export function startGroup([program, ...args]: readonly [string, ...string[]], options: GroupOptions): RunningGroup {
  const child = spawn(program, args, {
    cwd: options.cwd, env: options.env, detached: true, stdio: ['ignore', options.output, options.output],
  });
  const timers: NodeJS.Timeout[] = [];
  let timedOut = false;
  let asked = false;
  const end = (): void => {
    signalGroup(child.pid, asked ? 'SIGTERM' : 'SIGINT');
    if (!asked) timers.push(setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.graceMs));
    asked = true;
  };
  timers.push(setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutMs));
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? 'SIGTERM'] ?? 0)));
  }).then(async (code) => {
    const leftOver = await emptyGroup(child.pid, asked ? options.graceMs : LEFT_OVER_MS);
    timers.forEach(clearTimeout);
    return { code, timedOut, leftOver };
  });
  return { ended, end };
}

/** Waits for the rest of a group, then kills it. Returns whether it had to. */
async function emptyGroup(groupId: number | undefined, waitMs: number): Promise<boolean> {
  if (groupId === undefined || (await goneWithin(groupId, waitMs))) return false;
  signalGroup(groupId, 'SIGKILL');
  await goneWithin(groupId, LEFT_OVER_MS);
  return true;
}

async function goneWithin(groupId: number, waitMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + waitMs;
  while (hasLivingMember(groupId)) {
    if (performance.now() > deadlineMs) return false;
    await sleep(50);
  }
  return true;
}

/** By /proc and not by signal 0: zombies, which nobody may reap in a container, have ended and yet take signals. */
function hasLivingMember(groupId: number): boolean {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).some((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, , group] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return group === String(groupId) && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}

/** A group that has gone is not an error. */
function signalGroup(groupId: number | undefined, signal: NodeJS.Signals): void {
  if (groupId === undefined) return;
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
