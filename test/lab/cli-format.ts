import { FAULTS } from './guest.ts';
import type { Guest, Lab } from './lab.ts';
import type { RunState } from './run-folder.ts';

/** What `status` knows of a lab. */
export interface LabStatus {
  id: string;
  name: string;
  folder: string;
  subnet: string;
  hosts: HostStatus[];
  guests: GuestRow[];
}

interface HostStatus {
  name: string;
  address: string;
  on: boolean;
  linkUp: boolean;
  libvirtdPid: number | null;
  unixUri: string;
  tcpUri: string;
}

interface GuestRow {
  name: string;
  uuid: string;
  address: string;
  /** The hosts that define it, and its state on each. */
  seen: { host: string; state: string; reason: string; qemuPid: number | null }[];
}

export interface LabRow extends RunState {
  folder: string;
  up: boolean;
}

export async function describe(lab: Lab): Promise<LabStatus> {
  const hosts = await Promise.all(
    lab.hosts.map(async (host) => ({
      name: host.name, address: host.address, on: host.isOn, linkUp: await host.linkIsUp(), libvirtdPid: host.libvirtdPid ?? null,
      unixUri: host.unixUri, tcpUri: host.tcpUri,
    })),
  );
  const guests = await Promise.all(lab.guests().map((guest) => describeGuest(lab, guest)));
  return { id: lab.id, name: lab.name, folder: lab.folder, subnet: lab.subnet, hosts, guests };
}

async function describeGuest(lab: Lab, guest: Guest): Promise<GuestRow> {
  const seen = await Promise.all(
    lab.hosts
      .filter((host) => host.libvirtdPid !== undefined)
      .map(async (host) => {
        const there = guest.on(host);
        const { state, reason } = await there.state().catch((error: unknown) => ({ state: 'unknown', reason: String(error) }));
        return { host: host.name, state, reason, qemuPid: there.qemuPid() ?? null };
      }),
  );
  return { name: guest.name, uuid: guest.uuid, address: guest.address, seen: seen.filter(({ state }) => state !== 'absent') };
}

export function formatStatus(status: LabStatus): string {
  const hosts = status.hosts.map((host) => [
    host.name, host.on ? 'on' : 'off', host.linkUp ? 'link up' : 'link down', host.libvirtdPid === null ? 'no libvirtd' : `libvirtd ${host.libvirtdPid}`,
    host.address, host.tcpUri, host.unixUri,
  ]);
  const guests = status.guests.map((guest) => [
    guest.name, guest.address, guest.seen.map(({ host, state, reason }) => `${host}: ${state} (${reason})`).join(', ') || 'defined nowhere',
  ]);
  return [
    `lab ${status.id} "${status.name}", ${status.subnet}, ${status.folder}`,
    table(hosts),
    ...(guests.length === 0 ? [] : [table(guests)]),
  ].join('\n\n');
}

export function formatLabs(labs: readonly LabRow[]): string {
  if (labs.length === 0) return 'no lab is up';
  const row = (lab: LabRow) => [
    lab.id, lab.name, lab.up ? 'up' : 'left behind', `hosts: ${lab.hosts}`, `${lab.subnet}.0/24`, `process ${lab.owner.pid}`, lab.folder,
  ];
  return table(labs.map(row));
}

/** Printed once a lab is up: where everything is and what can be done with it. */
export function formatWelcome(status: LabStatus, detached: boolean): string {
  const [host] = status.hosts;
  const [guest] = status.guests;
  const which = guest?.name ?? 'vm1';
  const commands = [
    ...(guest === undefined ? ['guest vm1            # make and start one'] : [`fault ${which} hang       # or ${FAULTS.filter((kind) => kind !== 'hang').join(', ')}`]),
    `kill ${which}             # SIGKILL to its QEMU`,
    'power-off h1         # and power-on, cut-link, restore-link',
    'libvirtd kill h1     # and stop, start, suspend, continue',
    'virsh h1 list --all',
    'status',
  ];
  return [
    formatStatus(status),
    guest === undefined ? '' : `\nA guest's page: curl http://${guest.address}/cgi-bin/status`,
    `\nvirsh by hand: virsh -c '${host?.unixUri ?? ''}'`,
    `\nFrom another terminal, as root:\n${commands.map((command) => `  npm run lab -- ${command}`).join('\n')}`,
    detached ? '\nIt stays up until: npm run lab -- down' : '\nIt stays up until Ctrl-C.',
  ].join('\n').replace(/\n{3,}/g, '\n\n');
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}
