import type { Kernel } from '../../../exporter/src/guest/index.ts';
import { createProcessLister } from '../../../exporter/src/guest/processes/list.ts';
import type { GuestProcess } from '../../../exporter/src/guest/processes/process.ts';
import type { LinuxGuest } from '../../lab/lab.ts';

/** Processes that were there for a while already, so that their end is nobody's but an action's doing. */
export interface LastingProcesses {
  /** Those that are there no more, by pid and name, without what `isTarget` holds of. */
  gone(isTarget: (process: GuestProcess) => boolean): string[];
}

const AGE_SECONDS = 10;
/** What systemd starts when it is asked for, and lets end by itself. */
const ENDS_BY_ITSELF = /^(\(?udev-worker|\(sd-|sd-pam|systemd-(?!journal|network|resolve|udevd|logind|timesyn))/;

/** Kernel threads come and go; they are not among them. */
export async function watchLasting(guest: LinuxGuest, kernel: Kernel): Promise<LastingProcesses> {
  const lister = createProcessLister(kernel);
  const uptimeSeconds = Number((await guest.agent.run("cut -d' ' -f1 /proc/uptime")).trim());
  const lasting = lister.list().processes.filter(
    ({ kernelThread, name, startTimeNanoseconds }) => !kernelThread && !ENDS_BY_ITSELF.test(name) && startTimeNanoseconds / 1e9 < uptimeSeconds - AGE_SECONDS,
  );
  return {
    gone(isTarget) {
      const there = new Set(lister.list().processes.filter(({ state }) => state !== 'Z' && state !== 'X').map(keyOf));
      return lasting.filter((process) => !isTarget(process) && !there.has(keyOf(process))).map(({ pid, name }) => `${pid} ${name}`);
    },
  };
}

export function keyOf({ pid, startTimeNanoseconds }: Pick<GuestProcess, 'pid' | 'startTimeNanoseconds'>): string {
  return `${pid}:${startTimeNanoseconds}`;
}
