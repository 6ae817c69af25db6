/** Version of the journal's format. Entries of another one are not undone by guessing. */
export const JOURNAL_FORMAT = 1;
const MOST_WRITES = 16;
const MOST_BYTES = 4096;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX_64 = /^[0-9a-f]{64}$/;
const MOST_PATH = 107;

/** What an action does to a guest; each kind is taken back in its own way. */
export type JournalKind = 'keyboard-start' | 'sysrq-start' | 'injection';
/** The words for what is written, each at most once in an entry. */
export const HOOK_PLACES = ['command', 'function', 'ctrl-alt-del', 'sysrq-mask'] as const;
export type HookPlace = (typeof HOOK_PLACES)[number];

/** One change of the guest's memory. */
export interface JournalWrite {
  readonly place: HookPlace;
  /** Kernel virtual address. */
  readonly address: bigint;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** What is on the disk before anything of an action is in the guest. */
export interface JournalEntry {
  /** The domain's UUID. */
  readonly domain: string;
  readonly kind: JournalKind;
  /** Time of the host, ISO 8601. */
  readonly openedAt: string;
  /** QEMU's process: its start in clock ticks since the machine's boot makes the pid a name. */
  readonly qemuPid: number;
  readonly qemuStartTicks: number;
  /** `bootIdentity` of the guest's kernel. */
  readonly boot: string;
  /** The `work_struct` that is hooked, and the function that it is hooked to; 0n for injections. */
  readonly work: bigint;
  readonly hookFunction: bigint;
  readonly writes: readonly JournalWrite[];
  /** Socket of our gdb server; null where none is used. */
  readonly gdbSocket: string | null;
  /** Number of RCU's grace period after which no key can use the hook any more; null: the way to it was not closed yet. */
  readonly gracePeriod: bigint | null;
}

/** An entry cannot be understood; it is kept, and nothing is undone by it. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** @returns text of one entry: JSON, with its format */
export function formatEntry(entry: JournalEntry): string {
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  return `${JSON.stringify(
    {
      format: JOURNAL_FORMAT,
      ...entry,
      work: hex(entry.work),
      hookFunction: hex(entry.hookFunction),
      gracePeriod: entry.gracePeriod === null ? null : hex(entry.gracePeriod),
      writes: entry.writes.map(({ place, address, before, after }) => ({ place, address: hex(address), before: before.toString('hex'), after: after.toString('hex') })),
    },
    null,
    1,
  )}\n`;
}

/**
 * Reads an entry. Everything in it is checked: what it says will be written into a kernel.
 *
 * @throws JournalError
 */
export function parseEntry(text: string): JournalEntry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JournalError('is not JSON', { cause: error });
  }
  const fields = record(value, 'the entry');
  if (fields['format'] !== JOURNAL_FORMAT) throw new JournalError(`has format ${JSON.stringify(fields['format'])}; this version reads ${JOURNAL_FORMAT}`);
  const kind = choice(fields, 'kind', ['keyboard-start', 'sysrq-start', 'injection'] as const);
  const writes = readWrites(fields['writes']);
  const entry: JournalEntry = {
    domain: text_(fields, 'domain', UUID),
    kind,
    openedAt: text_(fields, 'openedAt', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/),
    qemuPid: integer(fields, 'qemuPid'),
    qemuStartTicks: integer(fields, 'qemuStartTicks'),
    boot: text_(fields, 'boot', HEX_64),
    work: address(fields, 'work'),
    hookFunction: address(fields, 'hookFunction'),
    writes,
    gdbSocket: fields['gdbSocket'] === null ? null : text_(fields, 'gdbSocket', /^\/[\x21-\x2b\x2d-\x7e]+$/, MOST_PATH),
    gracePeriod: fields['gracePeriod'] === null ? null : address(fields, 'gracePeriod'),
  };
  if (kind === 'injection' ? entry.gdbSocket === null || writes.length > 0 : entry.gdbSocket !== null || writes.length === 0) {
    throw new JournalError(`has what kind "${kind}" cannot have`);
  }
  return entry;
}

function readWrites(value: unknown): JournalWrite[] {
  if (!Array.isArray(value) || value.length > MOST_WRITES) throw new JournalError(`"writes" is not a list of at most ${MOST_WRITES}`);
  const places = new Set<string>();
  return value.map((item: unknown) => {
    const fields = record(item, 'a write');
    const place = choice(fields, 'place', HOOK_PLACES);
    if (places.has(place)) throw new JournalError(`writes "${place}" twice`);
    places.add(place);
    const before = bytes(fields, 'before');
    const after = bytes(fields, 'after');
    if (before.length !== after.length) throw new JournalError('a write does not replace as many bytes as it writes');
    return { place, address: address(fields, 'address'), before, after };
  });
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new JournalError(`${what} is not an object`);
  return value as Record<string, unknown>;
}

function text_(fields: Record<string, unknown>, name: string, pattern: RegExp, most = 200): string {
  const value = fields[name];
  if (typeof value !== 'string' || value.length > most || !pattern.test(value)) throw new JournalError(`"${name}" is not as it has to be`);
  return value;
}

function integer(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new JournalError(`"${name}" is not an integer from 0`);
  return value;
}

function address(fields: Record<string, unknown>, name: string): bigint {
  return BigInt(text_(fields, name, /^0x[0-9a-f]{1,16}$/));
}

function bytes(fields: Record<string, unknown>, name: string): Buffer {
  return Buffer.from(text_(fields, name, /^([0-9a-f]{2})+$/, MOST_BYTES * 2), 'hex');
}

function choice<T extends string>(fields: Record<string, unknown>, name: string, allowed: readonly T[]): T {
  const value = fields[name];
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new JournalError(`"${name}" is not one of ${allowed.join(', ')}`);
  return found;
}
