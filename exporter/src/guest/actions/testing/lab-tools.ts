import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinuxGuest } from '../../../../../test/lab/lab.ts';
import { getDomainXml, lookupDomainByName, openConnection, qemuMonitor } from '../../../libvirt/index.ts';
import { openKernel } from '../../kernel/open.ts';
import { openProcessMemory } from '../../memory/process-memory.ts';
import { systemClock } from '../clock.ts';
import { releaseGuest } from '../gdb/server.ts';
import type { HealTools } from '../heal.ts';
import { openJournal } from '../journal.ts';
import { createKernelWriter } from '../kernel-writer.ts';
import { openPhysicalWriter } from '../physical-writer.ts';
import type { ActionTools } from '../tools.ts';

/** Everything to act in a real guest of the lab that runs. */
export interface LabTools extends AsyncDisposable {
  readonly tools: ActionTools;
  readonly healTools: HealTools;
  /** Journal and sockets. */
  readonly folder: string;
}

export async function openLabTools(guest: LinuxGuest): Promise<LabTools> {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-actions-'));
  const opened = await openTools({ uri: guest.host.unixUri, name: guest.name, qemuPid: guest.qemuPid() ?? 0, folder });
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of a domain that runs; `folder` is there already. */
export async function openTools({ uri, name, qemuPid, folder }: { uri: string; name: string; qemuPid: number; folder: string }): Promise<LabTools> {
  const connection = await openConnection({ uri });
  const domain = await connection.call(lookupDomainByName, { name });
  const monitor = qemuMonitor(connection, domain);
  const memory = await openProcessMemory(qemuPid, monitor);
  const kernel = await openKernel(memory, monitor);
  const physical = await openPhysicalWriter(qemuPid, monitor, memory);
  const writer = createKernelWriter(kernel, physical);
  const journal = openJournal(join(folder, 'journal'));
  const xml = await connection.call(getDomainXml, { domain });
  const qemuStartTicks = Number(readFileSync(`/proc/${qemuPid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]);
  const about = { uuid: /<uuid>([0-9a-f-]{36})<\/uuid>/.exec(xml)?.[1] ?? '', qemuPid, qemuStartTicks };
  const request = { optedIn: true, sysrqOptedIn: true, effectiveUid: process.geteuid?.() ?? null, pauseBudgetMs: 5000 };
  return {
    folder,
    tools: { domain: about, kernel, writer, monitor, journal, clock: systemClock, request, libvirt: { xml, job: null } },
    healTools: { domain: about, monitor, journal, clock: systemClock, openGuest: async () => ({ kernel, writer }), releaseDebugger: (socket) => releaseGuest(monitor, socket, 5000) },
    async [Symbol.asyncDispose]() {
      physical.close();
      memory.close();
      await connection.close();
    },
  };
}

/** What the guest itself says that went wrong in its kernel; empty: nothing. */
export async function kernelTrouble(guest: LinuxGuest): Promise<string[]> {
  const lines = (await guest.agent.run('dmesg')).split('\n').filter((line) => /BUG:|Oops|WARNING: CPU|scheduling while atomic|general protection|Call Trace/.test(line));
  const tainted = (await guest.agent.run('cat /proc/sys/kernel/tainted')).trim();
  return tainted === '0' ? lines : [...lines, `tainted ${tainted}`];
}
