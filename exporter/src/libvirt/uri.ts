import { UriError } from './errors.ts';

/** Where a daemon listens. Of several paths the first that exists counts. */
export type Address = { kind: 'unix'; paths: string[] } | { kind: 'tcp'; host: string; port: number };

export interface LibvirtUri {
  address: Address;
  /** The URI that the daemon is told to open: without transport, host and the client's own parameters. */
  name: string;
}

export interface UriOptions {
  /** Use the daemon's read-only socket, which a system daemon has beside its ordinary one. */
  readonly?: boolean;
  /** For `/session` sockets. Default: the process's own. */
  environment?: { XDG_RUNTIME_DIR?: string | undefined; HOME?: string | undefined };
}

const TCP_PORT = 16_509;
const RUN_FOLDER = '/run/libvirt';

/** Drivers that live in a daemon, and the stem of their own daemon's socket. */
const DRIVERS: Record<string, string> = {
  qemu: 'virtqemud',
  lxc: 'virtlxcd',
  xen: 'virtxend',
  ch: 'virtchd',
  bhyve: 'virtbhyved',
  vz: 'virtvzd',
  test: 'libvirt',
  network: 'virtnetworkd',
  storage: 'virtstoraged',
  nodedev: 'virtnodedevd',
  interface: 'virtinterfaced',
  nwfilter: 'virtnwfilterd',
  secret: 'virtsecretd',
};

/** Parameters that are the business of transports which this client does not have; libvirt too ignores them elsewhere. */
const FOREIGN_PARAMETERS = new Set([
  'command', 'keyfile', 'keyfile_passphrase', 'known_hosts', 'known_hosts_verify', 'netcat', 'no_sanity', 'no_tty',
  'no_verify', 'pkipath', 'proxy', 'sshauth', 'tls_priority',
]);

const UNSUPPORTED_TRANSPORTS: Record<string, string> = {
  tls: 'use +tcp over a network that you trust, or forward the unix socket and use +unix with socket=PATH',
  ssh: 'forward the socket (ssh -L PATH:/run/libvirt/libvirt-sock HOST) and use +unix with socket=PATH',
  ext: 'let the program listen on a unix socket and use +unix with socket=PATH',
};
UNSUPPORTED_TRANSPORTS.libssh = UNSUPPORTED_TRANSPORTS.libssh2 = UNSUPPORTED_TRANSPORTS.ssh as string;

/**
 * Reads a libvirt URI: `driver[+transport]://[user@][host][:port]/path[?parameters]`, with libvirt's meaning of the
 * parameters `socket` (path of the unix socket), `mode` (auto, direct, legacy: which daemon's socket) and `name` (what the
 * daemon is told to open). As in libvirt, a host without a transport means TLS.
 *
 * @throws UriError naming the part that is wrong and what is allowed
 */
export function parseLibvirtUri(uri: string, options: UriOptions = {}): LibvirtUri {
  const parts = /^([a-z][a-z0-9]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(uri);
  if (parts === null) throw new UriError(`libvirt URI ${quote(uri)}: not of the form driver[+transport]://[host][:port]/path[?parameters]`);
  const [, driver = '', transportName, authority = '', path = '/', query = ''] = parts;
  const daemon = Object.hasOwn(DRIVERS, driver) ? DRIVERS[driver] : undefined;
  if (daemon === undefined) {
    throw new UriError(`libvirt URI ${quote(uri)}: unknown driver ${quote(driver)}; allowed: ${Object.keys(DRIVERS).join(', ')}`);
  }
  const parameters = new URLSearchParams(query);
  const { host, port } = parseAuthority(uri, authority);
  const transport = transportName ?? (host === '' ? 'unix' : 'tls');
  const name = parameters.get('name') ?? nameForDaemon(driver, path, parameters);

  if (transport === 'tcp') {
    if (host === '') throw new UriError(`libvirt URI ${quote(uri)}: transport tcp needs a host`);
    if (parameters.has('socket')) throw new UriError(`libvirt URI ${quote(uri)}: parameter socket is for transport unix`);
    return { address: { kind: 'tcp', host, port: port ?? TCP_PORT }, name };
  }
  if (transport !== 'unix') throw unsupported(uri, transport, transportName === undefined);
  if (host !== '' || port !== null) {
    throw new UriError(`libvirt URI ${quote(uri)}: transport unix takes no host; use +tcp, or an empty host as in ${driver}:///system`);
  }
  const paths = socketPaths(uri, daemon, path, parameters, options);
  return { address: { kind: 'unix', paths }, name };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}

function unsupported(uri: string, transport: string, implied: boolean): UriError {
  const instead = UNSUPPORTED_TRANSPORTS[transport] ?? 'allowed: unix, tcp';
  const why = implied ? ' (which libvirt takes for a URI with a host and no transport)' : '';
  return new UriError(`libvirt URI ${quote(uri)}: transport ${transport}${why} is not supported; ${instead}`);
}

function parseAuthority(uri: string, authority: string): { host: string; port: number | null } {
  const parts = /^(?:[^@]*@)?(\[[0-9a-fA-F:.]+(?:%[^\]]+)?\]|[^:@[\]]*)(?::(\d{1,5}))?$/.exec(authority);
  if (parts === null) throw new UriError(`libvirt URI ${quote(uri)}: ${quote(authority)} is no [user@]host[:port]`);
  const host = (parts[1] ?? '').replace(/^\[|\]$/g, '');
  const port = parts[2] === undefined ? null : Number(parts[2]);
  if (port !== null && (port < 1 || port > 65_535)) throw new UriError(`libvirt URI ${quote(uri)}: port ${port}; allowed: 1 to 65535`);
  return { host, port };
}

function nameForDaemon(driver: string, path: string, parameters: URLSearchParams): string {
  const kept = [...parameters].filter(([key]) => !['name', 'socket', 'mode'].includes(key) && !FOREIGN_PARAMETERS.has(key));
  const query = kept.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&');
  return `${driver}://${path}${query === '' ? '' : `?${query}`}`;
}

function socketPaths(uri: string, daemon: string, path: string, parameters: URLSearchParams, options: UriOptions): string[] {
  const mode = parameters.get('mode') ?? 'auto';
  if (!['auto', 'direct', 'legacy'].includes(mode)) {
    throw new UriError(`libvirt URI ${quote(uri)}: mode ${quote(mode)}; allowed: auto, direct, legacy`);
  }
  const socket = parameters.get('socket');
  if (socket !== null) {
    if (!socket.startsWith('/')) throw new UriError(`libvirt URI ${quote(uri)}: socket ${quote(socket)} is no absolute path`);
    return [socket];
  }
  const session = path === '/session';
  const folder = session ? sessionFolder(uri, options.environment ?? process.env) : RUN_FOLDER;
  const suffix = options.readonly === true && !session ? '-ro' : '';
  const direct = `${folder}/${daemon}-sock${suffix}`;
  const legacy = `${folder}/libvirt-sock${suffix}`;
  if (mode === 'auto') return [...new Set([direct, legacy])];
  return [mode === 'direct' ? direct : legacy];
}

function sessionFolder(uri: string, environment: NonNullable<UriOptions['environment']>): string {
  if (environment.XDG_RUNTIME_DIR !== undefined && environment.XDG_RUNTIME_DIR !== '') return `${environment.XDG_RUNTIME_DIR}/libvirt`;
  if (environment.HOME !== undefined && environment.HOME !== '') return `${environment.HOME}/.cache/libvirt`;
  throw new UriError(`libvirt URI ${quote(uri)}: a session socket needs XDG_RUNTIME_DIR or HOME, or name it with socket=PATH`);
}
