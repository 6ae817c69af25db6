/** One message is its length in bytes (32 bits, big-endian) and so many bytes of JSON in UTF-8. */
const LENGTH_BYTES = 4;
const FIRST_CAPACITY_BYTES = 1024;

/** Bytes that are not a message, or one that is longer than allowed. The stream can't be read on after that. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export interface FrameReader {
  /** Takes the next bytes of the stream and hands on every message that is complete with them. @throws FrameError */
  push(chunk: Buffer): void;
  /** Bytes held back for a message that is not complete. */
  readonly heldBytes: number;
}

/**
 * Splits a byte stream into messages of 1 to `mostBytes` bytes. Memory grows with what has arrived, never with what a
 * length promises. `onMessage` may throw; what follows in the same chunk is lost then.
 */
export function createFrameReader(mostBytes: number, onMessage: (message: unknown) => void): FrameReader {
  let held = Buffer.alloc(0);
  let heldBytes = 0;

  function hold(bytes: Buffer): void {
    const needed = heldBytes + bytes.length;
    if (needed > held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(2 * held.length, mostBytes + LENGTH_BYTES), FIRST_CAPACITY_BYTES));
      held.copy(grown, 0, 0, heldBytes);
      held = grown;
    }
    bytes.copy(held, heldBytes);
    heldBytes = needed;
  }

  /** Bytes of the whole frame at the start of what is held, its length included; null where that is not known yet. */
  function frameBytes(): number | null {
    if (heldBytes < LENGTH_BYTES) return null;
    const length = held.readUInt32BE(0);
    if (length < 1 || length > mostBytes) throw new FrameError(`a message of ${length} bytes; allowed are 1 to ${mostBytes}`);
    return LENGTH_BYTES + length;
  }

  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const wanted = (frameBytes() ?? LENGTH_BYTES) - heldBytes;
        const taken = Math.min(wanted, chunk.length - at);
        hold(chunk.subarray(at, at + taken));
        at += taken;
        const whole = frameBytes();
        if (whole === null || heldBytes < whole) continue;
        const message = parseMessage(held.subarray(LENGTH_BYTES, whole));
        heldBytes = 0;
        if (held.length > 16 * FIRST_CAPACITY_BYTES) held = Buffer.alloc(0);
        onMessage(message);
      }
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}

function parseMessage(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new FrameError('a message that is not JSON in UTF-8');
  }
}

/** The frame of a message; null where it would be longer than `mostBytes`. Integers beyond 2^53 (bigint) become decimal text. */
export function encodeFrame(message: unknown, mostBytes: number): Buffer | null {
  const text = JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  const length = Buffer.byteLength(text);
  if (length > mostBytes) return null;
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32BE(length);
  frame.write(text, LENGTH_BYTES);
  return frame;
}
