import { ProtocolError } from './errors.ts';

/** Bytes of the length word. It counts itself. */
export const LENGTH_BYTES = 4;
/** Length word and header: the smallest frame. */
export const FRAME_MIN_BYTES = 28;
/** Longest message without its length word (VIR_NET_MESSAGE_MAX). */
export const MESSAGE_MAX_BYTES = 33_554_432;
/** Longest frame with it. */
export const FRAME_MAX_BYTES = MESSAGE_MAX_BYTES + LENGTH_BYTES;

const FIRST_CAPACITY_BYTES = 4096;

export interface FrameSplitter {
  /**
   * Takes the next bytes of the stream and hands on every frame that is complete with them, length word included. A
   * frame may share memory with `chunk` and is only good during the callback.
   *
   * @throws ProtocolError for a length outside libvirt's limits; the stream can't be read on after that
   */
  push(chunk: Buffer): void;
  /** Bytes held back for a frame that is not complete. */
  readonly heldBytes: number;
}

/**
 * Splits a byte stream into libvirt's frames. Memory grows with what has arrived, never with what a length word
 * promises; each byte is copied at most a few times however small the chunks are.
 */
export function createFrameSplitter(onFrame: (frame: Buffer) => void): FrameSplitter {
  let held = Buffer.alloc(0);
  let heldBytes = 0;

  function hold(bytes: Buffer, wantedBytes: number): void {
    const needed = heldBytes + bytes.length;
    if (needed > held.length) {
      const grown = Buffer.allocUnsafe(Math.min(wantedBytes, Math.max(needed, 2 * held.length, FIRST_CAPACITY_BYTES)));
      held.copy(grown, 0, 0, heldBytes);
      held = grown;
    }
    bytes.copy(held, heldBytes);
    heldBytes = needed;
  }

  /** Completes the frame that is held, as far as `chunk` goes; returns how much of it was used. */
  function complete(chunk: Buffer): number {
    let used = 0;
    if (heldBytes < LENGTH_BYTES) {
      used = Math.min(LENGTH_BYTES - heldBytes, chunk.length);
      hold(chunk.subarray(0, used), FIRST_CAPACITY_BYTES);
      if (heldBytes < LENGTH_BYTES) return used;
    }
    const length = frameLength(held, 0);
    const missing = Math.min(length - heldBytes, chunk.length - used);
    hold(chunk.subarray(used, used + missing), length);
    if (heldBytes === length) {
      const frame = held.subarray(0, length);
      held = Buffer.alloc(0);
      heldBytes = 0;
      onFrame(frame);
    }
    return used + missing;
  }

  return {
    push(chunk) {
      let at = heldBytes > 0 ? complete(chunk) : 0;
      while (chunk.length - at >= LENGTH_BYTES) {
        const length = frameLength(chunk, at);
        if (chunk.length - at < length) {
          hold(chunk.subarray(at), length);
          return;
        }
        onFrame(chunk.subarray(at, at + length));
        at += length;
      }
      if (at < chunk.length) hold(chunk.subarray(at), FIRST_CAPACITY_BYTES);
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}

function frameLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at);
  if (length < FRAME_MIN_BYTES || length > FRAME_MAX_BYTES) {
    throw new ProtocolError(`frame of ${length} bytes; allowed are ${FRAME_MIN_BYTES} to ${FRAME_MAX_BYTES}`);
  }
  return length;
}
