import { DEBIAN_APPS } from '../../lab/linux-guest.ts';
import { guestProcesses } from '../../lab/guest-processes.ts';
import type { GuestCheck } from '../check.ts';

/** What a list from outside is compared with. */
export const ownList: GuestCheck = {
  name: 'own-list',
  what: "the guest's own list of its processes can be had, whole and with every field",
  timeoutSeconds: 120,
  async run({ guest, entry }) {
    const processes = await guestProcesses(guest.agent);
    const byPid = new Map(processes.map((process) => [process.pid, process]));
    if (byPid.get(2)?.name !== 'kthreadd' || byPid.get(1)?.parentPid !== 0) throw new Error('pid 1 or kthreadd is missing');
    for (const { pid, parentPid, ...other } of processes) {
      if (parentPid !== 0 && !byPid.has(parentPid)) throw new Error(`process ${pid} has parent ${parentPid}, which is not in the list`);
      const wrong = Object.entries(other).find(([, value]) => Number.isNaN(value));
      if (wrong !== undefined) throw new Error(`process ${pid}: ${wrong[0]} is no number`);
    }
    const wanted = entry.system === 'debian' ? DEBIAN_APPS.map(({ name, unit }) => ({ name, cgroup: `/system.slice/${unit}` })) : [{ name: 'httpd', cgroup: null }];
    for (const { name, cgroup } of wanted) {
      const found = processes.find((process) => process.name === name && process.executable !== null && process.commandLine.length > 0);
      if (found === undefined) throw new Error(`no process ${name} with executable and command line`);
      if (cgroup !== null && found.cgroup !== cgroup) throw new Error(`${name} is in ${found.cgroup ?? 'no control group'} instead of ${cgroup}`);
    }
    return { processes: processes.length };
  },
};
