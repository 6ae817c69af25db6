import type { Socket } from 'node:net';
import { encodeFrame } from './frame.ts';

/** What goes to a peer that may not take it. */
export interface Outbox {
  /**
   * Sends a message. While the peer does not take what was sent, nothing more is read from it.
   *
   * @param onSent called once the kernel has taken all of it, or never will
   * @returns false: the message is too large, nothing was sent, and `onSent` is not called
   */
  send(message: unknown, onSent?: () => void): boolean;
  /** Nothing is sent any more. */
  close(): void;
}

/** @param onSlow the peer has not taken in `drainMs` what was sent */
export function createOutbox(socket: Socket, limits: { answerBytes: number; drainMs: number }, onSlow: () => void): Outbox {
  let isOpen = true;
  let timer: NodeJS.Timeout | null = null;
  const stopWaiting = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  socket.on('drain', () => {
    stopWaiting();
    socket.resume();
  });
  return {
    send(message, onSent = () => undefined) {
      const frame = encodeFrame(message, limits.answerBytes);
      if (frame === null) return false;
      if (!isOpen) onSent();
      else if (!socket.write(frame, () => onSent())) {
        socket.pause();
        timer ??= setTimeout(onSlow, limits.drainMs);
      }
      return true;
    },
    close() {
      isOpen = false;
      stopWaiting();
    },
  };
}
