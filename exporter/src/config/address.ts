import { BlockList, isIP } from 'node:net';

/** Where a listener listens. `host` null: every address of the machine. Port 0: a free one, chosen by the system. */
export interface ListenAddress {
  host: string | null;
  port: number;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Reads `HOST:PORT`, `[IPv6]:PORT` or `:PORT`. Null: it is none of them, or the port is above 65535. */
export function parseListen(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9A-Za-z.-]*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  const bracketed = match[1];
  if (port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6)) return null;
  return { host: bracketed ?? (match[2] || null), port };
}

/** `10.0.0.1:9177`, `[::1]:9177`; a null host is shown as `*`. */
export function formatAddress(host: string | null, port: number): string {
  if (host === null) return `*:${port}`;
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Whether a host name or address can only be reached from this machine: 127.0.0.0/8, ::1 (also written as an IPv4 address
 * mapped to IPv6), `localhost` and names below it (RFC 6761, section 6.3).
 */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  const address = mapped ?? bare;
  switch (isIP(address)) {
    case 4:
      return LOOPBACK.check(address, 'ipv4');
    case 6:
      return LOOPBACK.check(address, 'ipv6');
    default:
      return /^(?:.*\.)?localhost\.?$/.test(bare);
  }
}
