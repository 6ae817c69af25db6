import { join } from 'node:path';
import { startService } from '../lab/service-process.ts';
import type { ServiceProcess } from '../lab/service-process.ts';

const MAIN = join(import.meta.dirname, '../../exporter/src/main.ts');

/** virtmedic as a process of its own, which can be ended and started again with the same configuration and store. */
export interface Virtmedic {
  readonly pid: number;
  /** Waits until it is ready: every host was listed. */
  start(): Promise<void>;
  /** SIGTERM; returns when it is gone. */
  stop(): Promise<void>;
  /** SIGKILL, as the kernel would when memory is short. */
  kill(): Promise<void>;
  /** What it has logged so far, over all starts. */
  log(): string;
}

/** @throws with the end of its log when it does not become ready */
export async function startVirtmedic(configFile: string, logPath: string, readyUrl: string): Promise<Virtmedic> {
  const launch = (): Promise<ServiceProcess> =>
    startService({ program: process.execPath, package: 'nodejs', args: [MAIN, 'serve', '--config', configFile], logPath, readyUrl });
  let running = await launch();
  return {
    get pid() { return running.pid; },
    start: async () => void (running = await launch()),
    stop: () => running.stop(),
    kill: () => running.kill(),
    log: () => running.log(),
  };
}
