/** EDR's three applications, as Debian packages, and how their clients would ask for them. */
import { httpGet } from '../../lab/http-get.ts';
import type { LinuxGuest } from '../../lab/lab.ts';
import { DEBIAN_APPS } from '../../lab/linux-guest.ts';
import type { DebianApp } from '../../lab/linux-guest.ts';
import { ftpServes } from './ftp.ts';

export const SERVICES = ['ftp', 'stream', 'web'] as const;
export type ServiceName = (typeof SERVICES)[number];

const KINDS: Record<ServiceName, DebianApp['kind']> = { ftp: 'FTP', stream: 'streaming', web: 'web' };
const FTP_FILE = 'hello.txt';

export function appOf(service: ServiceName): DebianApp {
  const app = DEBIAN_APPS.find(({ kind }) => kind === KINDS[service]);
  if (app === undefined) throw new Error(`the Debian guest has no application for ${service}`);
  return app;
}

/** A client's whole exchange: FTP with login, HTTP with an answer of status 200. False also where there is no answer in time. */
export async function isServed(guest: LinuxGuest, service: ServiceName, timeoutMs: number): Promise<boolean> {
  const { port, http } = appOf(service);
  try {
    if (http === null) return await ftpServes(guest.address, { port, file: FTP_FILE, timeoutMs });
    return (await httpGet({ host: guest.address, port, path: http, timeoutMs })).status === 200;
  } catch {
    return false;
  }
}

/** Pids of a service's processes, by its control group (version 2). */
export async function pidsOf(guest: LinuxGuest, service: ServiceName): Promise<number[]> {
  const { stdout } = await guest.agent.ask(`cat ${groupOf(service)}`);
  return stdout.toString().split('\n').filter((line) => line !== '').map(Number);
}

function groupOf(service: ServiceName): string {
  return `/sys/fs/cgroup/system.slice/${appOf(service).unit}/cgroup.procs`;
}

export const INFLICTIONS = ['killed', 'hung'] as const;
export type Infliction = (typeof INFLICTIONS)[number];

/** Kills or stops every process of a service, all in one call. Answers their pids. @throws where there were none */
export async function inflict(guest: LinuxGuest, service: ServiceName, kind: Infliction): Promise<number[]> {
  const text = await guest.agent.run(`pids=$(cat ${groupOf(service)}); test -n "$pids" && kill -${kind === 'killed' ? 'KILL' : 'STOP'} $pids && echo $pids`);
  return text.trim().split(/\s+/).map(Number);
}
