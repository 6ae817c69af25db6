import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { commandLine } from './process-info.ts';
import { baseFolder } from './run-folder.ts';

/** All that carries a run's id on this machine: for tests that nothing, or nothing of another run, is touched or left behind. */
export interface Traces {
  namespaces: string[];
  interfaces: string[];
  mounts: string[];
  /** Processes with the id in their command line, or with a file or folder of the run open. */
  processes: string[];
  folders: string[];
}

export const NO_TRACES: Traces = { namespaces: [], interfaces: [], mounts: [], processes: [], folders: [] };

export async function tracesOf(id: string): Promise<Traces> {
  const links = JSON.parse(await run('ip', ['-json', 'link'])) as { ifname: string }[];
  const folder = join(baseFolder(), id);
  return {
    namespaces: existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.includes(id)).sort() : [],
    interfaces: links.map((link) => link.ifname).filter((name) => name.includes(id)),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(id)),
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
      .filter((pid) => pid !== process.pid && (commandLine(pid).join(' ').includes(id) || filesOf(pid).some((path) => path.startsWith(folder))))
      .map((pid) => `${pid} ${commandLine(pid)[0] ?? ''}`),
    folders: existsSync(folder) ? [folder] : [],
  };
}

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
  } catch {
    return [];
  }
}
