/** Where looks into guests come from. */
import type { Clock } from '../../events/clock.ts';
import { HelperError, type HelperClient } from '../../guest/helper/client.ts';
import { FieldError } from '../../guest/helper/fields.ts';
import { seenGuest } from '../../guest/helper/seen-guest.ts';
import type { GuestProcess } from '../../guest/processes/process.ts';
import { createBootNames } from './boot-names.ts';
import type { GuestLook, ListLook } from './look.ts';
import { NO_HELPER } from './view.ts';

export interface GuestSource {
  /** One look. Never rejects, and always ends: why there is no list is the look's reason. */
  look(uuid: string, host: string): Promise<GuestLook>;
  /** A list for people. @throws HelperError */
  processes(uuid: string, host: string): Promise<GuestProcess[]>;
  /** Domains that may be looked into and run where looks can be had. @throws HelperError */
  readable(): Promise<ReadonlySet<string>>;
  /** False: nobody can look into guests on that host. */
  hasHelper(host: string): boolean;
  /** The guest was restarted. */
  rebooted(uuid: string): void;
  forget(uuid: string): void;
  close(): void;
}

export interface HelperSourceOptions {
  client: HelperClient;
  clock: Clock;
  /** The helper is on that host's machine. */
  hasHelper(host: string): boolean;
  /** Limit of one look. Finding a guest's kernel for the first time may wait for other guests' turns. Default 15,000. */
  deadlineMs?: number;
}

const DEADLINE_MS = 15_000;
const NO_LOOKS_MS = 60_000;
/** Reasons of a helper that knows no looks. */
const WITHOUT_LOOKS: ReadonlySet<string> = new Set(['not-supported', 'unknown-verb']);

/** Reasons that are about the helper and not about one guest: all guests are affected alike. */
const OF_THE_HELPER: ReadonlySet<string> = new Set([
  'helper-unreachable',
  'helper-untrusted',
  'helper-lost',
  'helper-silent',
  'too-many-connections',
  'rate-limited',
  'socket-opened-up',
  'challenge-not-kept',
  'peer-not-proved',
  'handshake-timeout',
  'bad-frame',
  'frame-timeout',
  'slow-reader',
  'stopping',
]);

export function isOfTheHelper(reason: string): boolean {
  return OF_THE_HELPER.has(reason);
}

/** Looks through the guest helper of this machine. One of an earlier version gives processes alone. */
export function helperSource({ client, clock, hasHelper, deadlineMs = DEADLINE_MS }: HelperSourceOptions): GuestSource {
  const boots = createBootNames();
  /** Until then the helper is taken for one that knows no looks. */
  let noLooksUntilMs = -Infinity;

  async function processes(uuid: string, host: string): Promise<GuestProcess[]> {
    if (!hasHelper(host)) throw new HelperError('no-helper', noHelperOn(host), { isRefusal: true });
    const answer: { processes?: unknown } | null = await client.call('processes', { domain: uuid }, { deadlineMs });
    if (!Array.isArray(answer?.processes)) throw new FieldError(['processes'], 'it has no list of processes');
    return answer.processes as GuestProcess[];
  }

  async function whole(uuid: string, host: string, atMs: number): Promise<ListLook | null> {
    if (atMs < noLooksUntilMs || !hasHelper(host)) return null;
    try {
      const { boot, processes: list, sockets, liveness } = seenGuest(await client.call('look', { domain: uuid }, { deadlineMs }));
      return { kind: 'list', atMs, boot, processes: list, sockets, liveness };
    } catch (error) {
      if (!(error instanceof HelperError) || !WITHOUT_LOOKS.has(error.reason)) throw error;
      noLooksUntilMs = atMs + NO_LOOKS_MS;
      return null;
    }
  }

  return {
    async look(uuid, host) {
      const atMs = clock.monotonicMs();
      try {
        const seen = await whole(uuid, host, atMs);
        if (seen !== null) return seen;
        const list = await processes(uuid, host);
        return { kind: 'list', atMs, boot: boots.nameOf(uuid, list, atMs), processes: list, sockets: null, liveness: null };
      } catch (error) {
        const { reason, text } = whyNot(error);
        return { kind: 'unknown', atMs, reason, text, boot: null, liveness: null };
      }
    },
    processes: (uuid, host) =>
      processes(uuid, host).catch((error: unknown) => {
        const { reason, text } = whyNot(error);
        throw error instanceof HelperError ? error : new HelperError(reason, text, { cause: error });
      }),
    async readable() {
      const { domains } = await client.call('domains', {});
      return new Set(domains.filter(({ read }) => read).map(({ uuid }) => uuid));
    },
    hasHelper,
    rebooted: (uuid) => boots.rebooted(uuid, clock.monotonicMs()),
    forget: (uuid) => boots.forget(uuid),
    close: () => client.close(),
  };
}

export function noHelperOn(host: string): string {
  return `the machine of host ${host} has no guest helper that is reached from here`;
}

/** Where guests cannot be looked into at all: apps are told by their probes alone. */
export const NO_SOURCE: GuestSource = {
  look: () => Promise.resolve({ kind: 'unknown', atMs: 0, reason: 'no-helper', text: NO_HELPER, boot: null, liveness: null }),
  processes: () => Promise.reject(new HelperError('no-helper', NO_HELPER, { isRefusal: true })),
  readable: () => Promise.resolve(new Set()),
  hasHelper: () => false,
  rebooted: () => undefined,
  forget: () => undefined,
  close: () => undefined,
};

function whyNot(error: unknown): { reason: string; text: string } {
  if (error instanceof HelperError) return { reason: error.reason, text: error.message };
  if (error instanceof FieldError) return { reason: 'helper-untrusted', text: `the guest helper's answer is not understood (${error.message}); update the older of the two` };
  return { reason: 'internal', text: error instanceof Error ? error.message : String(error) };
}
