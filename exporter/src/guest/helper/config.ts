import { FieldError, readFields, readText } from './fields.ts';
import type { Fields } from './fields.ts';
import type { OptIn } from './opt-in.ts';
import { MOST_UID } from './users.ts';
import { UUID_RULE } from './words.ts';

/** A user of the machine: its name or its number. */
export type User = string | number;

/** The helper's own configuration. It is root's; nothing in it comes from a peer. */
export interface HelperConfig {
  /** Sockets and challenges. */
  runFolder: string;
  /** Highest generations seen, and the lock. */
  stateFolder: string;
  /** Who may ask. */
  peers: User[];
  /** Whose processes may be a domain's QEMU; null: libvirt's usual users, as far as this machine has them. */
  qemuUsers: User[] | null;
  /** libvirt on this machine, by unix socket: the way to QEMU's monitors. */
  libvirtUri: string;
  /** The virtual processors of a guest may stand still for so long in one action; left out: 100. */
  pauseBudgetMs?: number;
  /** The first entry that matches a domain decides; a domain without one is never touched. */
  domains: OptIn[];
}

/** What is wrong, and where. */
export interface ConfigFinding {
  path: readonly (string | number)[];
  message: string;
}

export const DEFAULT_RUN_FOLDER = '/run/virtmedic-helper';
export const DEFAULT_STATE_FOLDER = '/var/lib/virtmedic-helper';
export const DEFAULT_LIBVIRT_URI = 'qemu:///system';

const MOST_PEERS = 8;
const MOST_QEMU_USERS = 16;
const MOST_OPT_INS = 10_000;
const MOST_PAUSE_MS = 10_000;
/** A socket's path is at most 107 bytes, and its name in the folder needs some of them. */
const RUN_FOLDER_RULE = { most: 80, pattern: /^\/[\x21-\x7e]+$/, allowed: 'an absolute path of at most 80 characters without blanks' };
const FOLDER_RULE = { most: 1024, pattern: /^\/[^\0]+$/, allowed: 'an absolute path' };
const USER_RULE = { most: 32, pattern: /^[a-z_][a-z0-9_.-]*\$?$/i, allowed: 'the name or the number of a user' };
const LIBVIRT_RULE = { most: 300, pattern: /^qemu(\+unix)?:\/\/\/(system|session)(\?[\x21-\x7e]+)?$/, allowed: 'a URI of libvirt on this machine, such as qemu:///system' };
const NAME_RULE = { most: 256, pattern: /^[^\0]+$/, allowed: 'a pattern for the name, such as web-*' };

/** Checks a configuration that was read from a file. Either `config` is null or `findings` is empty. */
export function parseHelperConfig(value: unknown): { config: HelperConfig | null; findings: ConfigFinding[] } {
  const findings: ConfigFinding[] = [];
  const attempt = <T>(read: () => T, fallback: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      findings.push({ path: error.path, message: error.message });
      return fallback;
    }
  };
  const fields = attempt<Fields | null>(() => readFields(value), null);
  if (fields === null) return { config: null, findings };
  const config: HelperConfig = {
    runFolder: attempt(() => (fields.has('runFolder') ? fields.text('runFolder', RUN_FOLDER_RULE) : DEFAULT_RUN_FOLDER), ''),
    stateFolder: attempt(() => (fields.has('stateFolder') ? fields.text('stateFolder', FOLDER_RULE) : DEFAULT_STATE_FOLDER), ''),
    peers: attempt(() => fields.list('peers', 1, MOST_PEERS, readUser), []),
    qemuUsers: attempt(() => (fields.has('qemuUsers') ? fields.list('qemuUsers', 1, MOST_QEMU_USERS, readUser) : null), null),
    libvirtUri: attempt(() => (fields.has('libvirtUri') ? fields.text('libvirtUri', LIBVIRT_RULE) : DEFAULT_LIBVIRT_URI), ''),
    ...(fields.has('pauseBudgetMs') ? { pauseBudgetMs: attempt(() => fields.integer('pauseBudgetMs', 1, MOST_PAUSE_MS), 1) } : {}),
    domains: attempt(() => (fields.has('domains') ? fields.list('domains', 0, MOST_OPT_INS, (entry, path) => attempt(() => readOptIn(entry, path), NOTHING)) : []), []),
  };
  attempt(() => fields.done(), undefined);
  return { config: findings.length === 0 ? config : null, findings };
}

const NOTHING: OptIn = { match: {}, read: false, write: false };

function readUser(value: unknown, path: readonly (string | number)[]): User {
  if (typeof value !== 'number') return readText(value, path, USER_RULE);
  if (Number.isSafeInteger(value) && value >= 0 && value <= MOST_UID) return value;
  throw new FieldError(path, `expected ${USER_RULE.allowed}, found ${value}`);
}

function readOptIn(value: unknown, path: readonly (string | number)[]): OptIn {
  const fields = readFields(value, path);
  const found = fields.object('match');
  const match: OptIn['match'] = {};
  if (found.has('uuid')) match.uuid = found.text('uuid', UUID_RULE);
  if (found.has('name')) match.name = found.text('name', NAME_RULE);
  found.done();
  if (match.uuid === undefined && match.name === undefined) throw new FieldError(found.path, 'expected uuid, name or both; name: "*" means every domain');
  const optIn = { match, read: fields.flag('read', false), write: fields.flag('write', false), ...(fields.has('sysrq') ? { sysrq: fields.flag('sysrq', false) } : {}) };
  fields.done();
  if (optIn.sysrq === true && !optIn.write) throw new FieldError([...path, 'sysrq'], 'the serial console needs write: true too');
  if (optIn.write && !optIn.read) throw new FieldError([...path, 'write'], 'writing needs read: true too, since nothing is written to a guest that was not looked at');
  return optIn;
}
