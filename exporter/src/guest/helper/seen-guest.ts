import type { GuestFileSystem } from '../liveness/file-system-use.ts';
import type { GuestLiveness } from '../liveness/liveness.ts';
import type { GuestProcess } from '../processes/process.ts';
import { readFields } from './fields.ts';
import type { Fields } from './fields.ts';
import { LOOK_VERSION, type LookAnswer, type LookSocket } from './look.ts';
import { fileSystemsIn } from './seen-file-systems.ts';

/** A look as its reader works with it: numbers that JSON cannot hold are numbers again. */
export interface SeenGuest {
  boot: string;
  release: string;
  banner: string;
  processes: GuestProcess[];
  sockets: { sockets: LookSocket[]; incomplete: boolean } | null;
  /** With the time since the guest's boot; null: unknown. */
  liveness: (GuestLiveness & { uptimeSeconds: number | null }) | null;
  /** Null: unknown. */
  fileSystems: GuestFileSystem[] | null;
}

const DECIMAL_RULE = { most: 20, pattern: /^\d+$/, allowed: 'a decimal number as text' };
const BOOT_RULE = { most: 64, pattern: /^[0-9a-f]{64}$/, allowed: '64 hexadecimal digits' };
const TEXT_RULE = { most: 256, pattern: /^/, allowed: 'text' };
const MOST_PROCESSES = 65_536;
const MOST_SOCKETS = 65_536;

/** Reads the answer to `look`. The helper is trusted for what is in its lists. @throws FieldError where it is none, or of a later version */
export function seenGuest(answer: unknown): SeenGuest {
  const fields = readFields(answer, ['look']);
  fields.integer('version', LOOK_VERSION, LOOK_VERSION);
  return {
    boot: fields.text('boot', BOOT_RULE),
    release: fields.text('release', TEXT_RULE),
    banner: fields.text('banner', TEXT_RULE),
    processes: fields.list('processes', 0, MOST_PROCESSES, (process) => process as GuestProcess),
    sockets: fields.isNull('sockets') ? null : socketsIn(fields.object('sockets')),
    liveness: fields.isNull('liveness') ? null : livenessIn(fields.object('liveness'), (answer as LookAnswer).liveness as NonNullable<LookAnswer['liveness']>),
    // An older helper does not tell.
    fileSystems: fields.isNull('fileSystems') || !fields.has('fileSystems') ? null : fileSystemsIn(fields),
  };
}

function socketsIn(fields: Fields): SeenGuest['sockets'] {
  return { sockets: fields.list('listening', 0, MOST_SOCKETS, (socket) => socket as LookSocket), incomplete: fields.flag('incomplete', true) };
}

function livenessIn(fields: Fields, written: NonNullable<LookAnswer['liveness']>): SeenGuest['liveness'] {
  const decimal = (name: 'tainted' | 'forks'): bigint | null => (written[name] === null ? null : BigInt(fields.text(name, DECIMAL_RULE)));
  return {
    ...written,
    jiffies: BigInt(fields.text('jiffies', DECIMAL_RULE)),
    tainted: decimal('tainted'),
    forks: decimal('forks'),
    panicked: fields.flag('panicked', false),
    uptimeSeconds: written.clock?.uptimeSeconds ?? null,
  };
}
