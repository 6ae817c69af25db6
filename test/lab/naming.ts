import { randomInt } from 'node:crypto';

/** Everything that a run makes on the machine carries the run's id in its name, so that two runs never meet and each is found again. */

const ID_PATTERN = /^[a-z0-9]{6}$/;
const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,30}$/;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function newRunId(): string {
  return Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

export function isRunId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/** Names of labs and guests become file, libvirt and host names. @throws for anything else than lower-case letters, digits and `-`. */
export function checkName(what: string, name: string): string {
  if (NAME_PATTERN.test(name)) return name;
  throw new Error(`${what} "${name}": allowed are 1 to 31 lower-case letters, digits and "-", the first not "-"`);
}

/** The network namespace that holds the switch between the hosts. */
export function switchNamespace(id: string): string {
  return `vml-${id}-sw`;
}

export function hostName(index: number): string {
  return `h${index}`;
}

export function hostNamespace(id: string, index: number): string {
  return `vml-${id}-${hostName(index)}`;
}

/** True for a network namespace of exactly this run. */
export function isNamespaceOf(id: string, namespace: string): boolean {
  return namespace === switchNamespace(id) || new RegExp(`^vml-${id}-h[0-9]+$`).test(namespace);
}

/** The machine's own interface into the lab; Linux allows 15 characters. */
export function clientInterface(id: string): string {
  return `vml-${id}`;
}

/** The switch's port towards a host. */
export function hostPort(index: number): string {
  return `port-h${index}`;
}

export const MAX_HOSTS = 40;
/** Last octets: hosts 1 to 40, guests 50 to 249, the machine itself 254. */
export const GUEST_OCTETS = { first: 50, last: 249 };
const CLIENT_OCTET = 254;

export function hostAddress(subnet: string, index: number): string {
  return `${subnet}.${index}`;
}

export function clientAddress(subnet: string): string {
  return `${subnet}.${CLIENT_OCTET}`;
}

export function guestAddress(subnet: string, octet: number): string {
  return `${subnet}.${octet}`;
}

/** Locally administered, QEMU's prefix; a guest keeps it on every host. */
export function guestMac(subnet: string, octet: number): string {
  const [, second = '0', third = '0'] = subnet.split('.');
  return ['52', '54', '00', ...[second, third, String(octet)].map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}
