import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, formatWelcome } from './cli-format.ts';
import type { LabStatus } from './cli-format.ts';
import { startLab } from './lab.ts';
import type { Lab } from './lab.ts';

export interface UpOptions {
  hosts: number;
  name: string;
  /** How many guests are made and started, spread over the hosts. */
  guests: number;
  keepLogs: string | undefined;
  json: boolean;
}

/** What a detached process tells the one that started it, until the lab is up or is not going to be. */
type Report = { progress: string } | { status: LabStatus } | { error: string };

/** Starts a lab and keeps it up until a signal. With a parent that listens (`detach`), reports to it instead of printing. */
export async function holdUp(options: UpOptions): Promise<number> {
  const reports = process.send !== undefined;
  const say = (report: Report) => void process.send?.(report);
  const onProgress = (message: string) => (reports ? say({ progress: message }) : console.error(message));
  try {
    const lab = await startLab({
      hosts: options.hosts, name: options.name, onProgress, ...(options.keepLogs === undefined ? {} : { keepLogs: options.keepLogs }),
    });
    await startGuests(lab, options.guests, onProgress);
    const status = await describe(lab);
    const signal = untilSignal();
    if (reports) {
      say({ status });
      process.disconnect();
    } else {
      console.log(options.json ? JSON.stringify(status) : formatWelcome(status, false));
    }
    await signal;
    if (!reports) console.error('taking the lab down');
    await lab.down();
    return 0;
  } catch (error) {
    if (!reports) throw error;
    say({ error: error instanceof Error ? error.message : String(error) });
    return 1;
  }
}

async function startGuests(lab: Lab, count: number, onProgress: (message: string) => void): Promise<void> {
  const guests = Array.from({ length: count }, (_, i) => lab.guest(lab.host((i % lab.hosts.length) + 1), { name: `vm${i + 1}` }));
  for (const guest of guests) {
    onProgress(`starting guest ${guest.name} on ${guest.host.name}`);
    await guest.start();
  }
  if (count > 0) onProgress('waiting for the guests to boot');
  for (const guest of guests) await guest.waitHttp();
}

/** Nothing else keeps the process alive, so the wait does. */
async function untilSignal(): Promise<void> {
  const forever = setInterval(() => {}, 2 ** 30);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  clearInterval(forever);
}

/** Starts a process that holds the lab up in the background and waits until it is up. `words` is the command line without `--detach`. */
export async function detach(words: readonly string[], json: boolean): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...words], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], detached: true });
  const { promise, resolve, reject } = Promise.withResolvers<LabStatus>();
  child.on('message', (message) => {
    const report = message as Report;
    if ('progress' in report) console.error(report.progress);
    else if ('status' in report) resolve(report.status);
    else reject(new Error(report.error));
  });
  child.on('exit', (status, signal) => reject(new Error(`the process that should keep the lab up ended (${status ?? signal})`)));
  const onInterrupt = () => void child.kill('SIGTERM');
  process.once('SIGINT', onInterrupt);
  const status = await promise;
  process.off('SIGINT', onInterrupt);
  console.log(json ? JSON.stringify(status) : formatWelcome(status, true));
  child.unref();
  return 0;
}
