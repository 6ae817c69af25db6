/** What the helper allows at most. Bytes, milliseconds, counts. */
export interface Limits {
  requestBytes: number;
  answerBytes: number;
  connectionsPerPeer: number;
  /** New connections of a peer. */
  connectionRate: Rate;
  /** From the connection to the proof. */
  handshakeMs: number;
  /** From the first byte of a message to its last. */
  frameMs: number;
  /** For a peer to take what was sent to it. */
  drainMs: number;
  /** A connection without a request. */
  idleMs: number;
  requestsInFlightPerPeer: number;
  requestRate: Rate;
  /** A connection that was refused so often in a row for its rate ends. */
  rateRefusalsInARow: number;
  /** Acting on one domain. systemd gives a service up for good after five starts in ten seconds. */
  actionRate: Rate;
  /** The virtual processors of a domain stand still at most so long in one action. */
  pauseBudgetMs: number;
  /** Guests that are kept open: one file each, and what of its kernel is not shared with others. */
  openGuests: number;
  /** For what runs when the helper is told to stop. */
  stopMs: number;
}

/** At most `burst` at once, and `perSecond` in the long run. */
export interface Rate {
  burst: number;
  perSecond: number;
}

export const DEFAULT_LIMITS: Limits = {
  requestBytes: 65_536,
  answerBytes: 8_388_608,
  connectionsPerPeer: 8,
  connectionRate: { burst: 20, perSecond: 10 },
  handshakeMs: 5000,
  frameMs: 5000,
  drainMs: 10_000,
  idleMs: 600_000,
  requestsInFlightPerPeer: 8,
  requestRate: { burst: 400, perSecond: 200 },
  rateRefusalsInARow: 1000,
  actionRate: { burst: 4, perSecond: 0.4 },
  pauseBudgetMs: 100,
  openGuests: 512,
  stopMs: 10_000,
};

/** Takes one of the rate; false: there is none left at the moment. `nowMs` is monotonic. */
export type RateLimit = (nowMs: number) => boolean;

export function createRateLimit({ burst, perSecond }: Rate): RateLimit {
  let left = burst;
  let atMs: number | null = null;
  return (nowMs) => {
    left = Math.min(burst, left + (Math.max(0, nowMs - (atMs ?? nowMs)) / 1000) * perSecond);
    atMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

/** Takes a place; null: all are taken. The function that it returns gives it back, once. */
export type Places = () => (() => void) | null;

export function createPlaces(most: number): Places {
  let taken = 0;
  return () => {
    if (taken >= most) return null;
    taken += 1;
    let isTaken = true;
    return () => {
      if (isTaken) taken -= 1;
      isTaken = false;
    };
  };
}
