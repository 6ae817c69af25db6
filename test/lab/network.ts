import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { CommandError, run, runSync } from './command.ts';
import { clientAddress, clientInterface, hostAddress, hostNamespace, hostPort, isNamespaceOf, switchNamespace } from './naming.ts';

/** What the network of a run is named after. */
export interface LabNetwork {
  id: string;
  subnet: string;
}

/** Bridge that guests plug into, the same on every host. */
export const HOST_BRIDGE = 'br0';

const NO_IPV6 = 'for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do [ -e "$f" ] && echo 1 > "$f"; done; true';

/**
 * A switch in a namespace of its own (so that no packet filter of the machine, docker's for example, sees the lab's frames) and one
 * interface of the machine plugged into it.
 */
export async function makeSwitch({ id, subnet }: LabNetwork): Promise<void> {
  const namespace = switchNamespace(id);
  await run('ip', ['netns', 'add', namespace]);
  await inNamespace(namespace, NO_IPV6);
  await ipBatch(namespace, ['link set lo up', 'link add switch type bridge', 'link set switch up']);
  const client = clientInterface(id);
  await run('ip', ['link', 'add', client, 'type', 'veth', 'peer', 'name', 'client', 'netns', namespace]);
  const ipv6Switch = `/proc/sys/net/ipv6/conf/${client}/disable_ipv6`;
  if (existsSync(ipv6Switch)) writeFileSync(ipv6Switch, '1');
  await ipBatch(namespace, ['link set client master switch up']);
  await run('ip', ['address', 'add', `${clientAddress(subnet)}/24`, 'dev', client]);
  await run('ip', ['link', 'set', client, 'up']);
}

/** A host's namespace: a bridge with the host's address, its uplink plugged into the lab's switch. No route leads out of the lab. */
export async function makeHostNetwork({ id, subnet }: LabNetwork, index: number): Promise<void> {
  const namespace = hostNamespace(id, index);
  const fabric = switchNamespace(id);
  await run('ip', ['netns', 'add', namespace]);
  await inNamespace(namespace, NO_IPV6);
  await ipBatch(namespace, [
    'link set lo up',
    `link add ${HOST_BRIDGE} type bridge`,
    `link add uplink type veth peer name ${hostPort(index)} netns ${fabric}`,
    `link set uplink master ${HOST_BRIDGE} up`,
    `address add ${hostAddress(subnet, index)}/24 dev ${HOST_BRIDGE}`,
    `link set ${HOST_BRIDGE} up`,
  ]);
  await ipBatch(fabric, [`link set ${hostPort(index)} master switch up`]);
}

/** Plugs or unplugs a host's cable at the switch: unplugged, frames are lost in both directions and nobody is told. */
export async function setHostLink(id: string, index: number, up: boolean): Promise<void> {
  await run('ip', ['-n', switchNamespace(id), 'link', 'set', hostPort(index), up ? 'up' : 'down']);
}

/** True while the host's cable is plugged in; false also where the host has no network. */
export async function hostLinkIsUp(id: string, index: number): Promise<boolean> {
  try {
    const [link] = JSON.parse(await run('ip', ['-n', switchNamespace(id), '-json', 'link', 'show', hostPort(index)])) as { flags: string[] }[];
    return link?.flags.includes('UP') ?? false;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Deletes a host's cable first: deleting a namespace frees its interfaces only some time later. */
export function removeHostNetwork(id: string, index: number): void {
  tryIp(['-n', switchNamespace(id), 'link', 'delete', hostPort(index)]);
  tryIp(['netns', 'delete', hostNamespace(id, index)]);
}

/** Deletes every namespace and interface of exactly this run; what is not there is passed over. */
export function removeNetwork(id: string): void {
  tryIp(['link', 'delete', clientInterface(id)]);
  for (const namespace of namespacesOf(id)) tryIp(['netns', 'delete', namespace]);
}

export function namespacesOf(id: string): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => isNamespaceOf(id, name)) : [];
}

async function inNamespace(namespace: string, script: string): Promise<void> {
  await run('ip', ['netns', 'exec', namespace, 'sh', '-c', script]);
}

async function ipBatch(namespace: string, commands: readonly string[]): Promise<void> {
  await run('ip', ['-n', namespace, '-batch', '-'], { input: commands.map((command) => `${command}\n`).join('') });
}

function tryIp(args: readonly string[]): void {
  try {
    runSync('ip', args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
}
