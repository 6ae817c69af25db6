export interface KeepaliveOptions {
  /** Silence before a ping, seconds. */
  intervalSeconds: number;
  /** Unanswered pings that end the connection: after intervalSeconds * (count + 1) of silence. */
  count: number;
}

/**
 * Pings a silent peer, as libvirt's own client does. Whatever arrives is a sign of life.
 *
 * @param received count of messages received so far
 * @returns stops it
 */
export function startKeepalive(options: KeepaliveOptions, received: () => number, ping: () => void, dead: () => void): () => void {
  let seen = received();
  let unanswered = 0;
  const timer = setInterval(() => {
    const now = received();
    if (now !== seen) {
      seen = now;
      unanswered = 0;
    }
    if (unanswered >= options.count) {
      clearInterval(timer);
      return dead();
    }
    unanswered++;
    ping();
  }, options.intervalSeconds * 1000);
  return () => clearInterval(timer);
}
