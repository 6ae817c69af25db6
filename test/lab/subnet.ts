import { run } from './command.ts';

/** Labs take their /24 networks from this /16, written as its first two octets. */
const POOL = '10.213';

interface Prefix {
  base: number;
  bits: number;
}

/**
 * The first /24 of the pool, as its first three octets ("10.213.0"), that overlaps none of `taken` (addresses or networks in CIDR
 * notation; anything that is not IPv4 is passed over). Undefined when all 256 are taken.
 */
export function freeSubnet(taken: readonly string[]): string | undefined {
  const used = taken.map(parsePrefix).filter((prefix) => prefix !== undefined);
  for (let third = 0; third < 256; third++) {
    const candidate = parsePrefix(`${POOL}.${third}.0/24`);
    if (candidate !== undefined && !used.some((prefix) => overlap(prefix, candidate))) return `${POOL}.${third}`;
  }
  return undefined;
}

/** Every IPv4 network that the machine has an address in or a route to, the default route apart. */
export async function networksInUse(): Promise<string[]> {
  const addresses = JSON.parse(await run('ip', ['-json', '-4', 'address'])) as { addr_info?: { local?: string; prefixlen?: number }[] }[];
  const routes = JSON.parse(await run('ip', ['-json', '-4', 'route', 'show', 'table', 'all'])) as { dst?: string }[];
  return [
    ...addresses.flatMap((link) => (link.addr_info ?? []).map((address) => `${address.local}/${address.prefixlen}`)),
    ...routes.map((route) => route.dst ?? '').filter((destination) => destination !== 'default'),
  ];
}

function parsePrefix(text: string): Prefix | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const bits = match[5] === undefined ? 32 : Number(match[5]);
  if (bits > 32 || octets.some((octet) => octet > 255)) return undefined;
  return { base: octets.reduce((value, octet) => value * 256 + octet, 0), bits };
}

function overlap(a: Prefix, b: Prefix): boolean {
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}
