/** UUID version 7 (RFC 9562, section 5.7; the counter is its method 1: a fixed-length dedicated counter in rand_a). */

export interface Uuid7State {
  ms: number;
  /** 12 bits. */
  counter: number;
}

const COUNTER_MAX = 0xfff;
/** A new millisecond starts its counter low enough that thousands of ids fit in. */
const COUNTER_START_MASK = 0x3ff;
/** A clock that steps back by less keeps the last time, so that ids stay in order; after a longer step they follow the clock. */
const TOLERATED_STEP_BACK_MS = 10_000;

/**
 * The next id for the wall clock `nowMs` (milliseconds since the epoch), greater than the one before as long as the clock does
 * not step back by 10 s or more. `random`: ten random bytes. Throws RangeError where the time does not fit in 48 bits.
 */
export function nextUuid7(previous: Uuid7State | null, nowMs: number, random: Uint8Array): { id: string; state: Uuid7State } {
  const ms = Math.trunc(nowMs);
  if (!(ms >= 0 && ms < 2 ** 48)) throw new RangeError(`time ${nowMs}: a UUID holds 0 to 2^48 - 1 milliseconds`);
  if (random.length < 10) throw new RangeError(`${random.length} random bytes: expected 10`);
  const fresh: Uuid7State = { ms, counter: ((((random[8] as number) << 8) | (random[9] as number)) & COUNTER_START_MASK) };
  const isNew = previous === null || ms > previous.ms || ms <= previous.ms - TOLERATED_STEP_BACK_MS;
  const state = isNew ? fresh : following(previous, fresh);
  return { id: format(state, random), state };
}

function following(previous: Uuid7State, fresh: Uuid7State): Uuid7State {
  if (previous.counter < COUNTER_MAX) return { ms: previous.ms, counter: previous.counter + 1 };
  return { ms: previous.ms + 1, counter: fresh.counter };
}

function format({ ms, counter }: Uuid7State, random: Uint8Array): string {
  const time = ms.toString(16).padStart(12, '0');
  const version = (0x7000 | counter).toString(16);
  const variant = (0x80 | ((random[0] as number) & 0x3f)).toString(16);
  const rest = Buffer.from(random.subarray(1, 8)).toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}${rest.slice(0, 2)}-${rest.slice(2)}`;
}

/** Remembers the state between calls. */
export function createUuid7(randomBytes: (count: number) => Uint8Array): (nowMs: number) => string {
  let previous: Uuid7State | null = null;
  return (nowMs) => {
    const { id, state } = nextUuid7(previous, nowMs, randomBytes(10));
    previous = state;
    return id;
  };
}
