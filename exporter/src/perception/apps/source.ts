/** Where looks into guests come from. */
import type { Clock } from '../../events/clock.ts';
import { HelperError, type HelperClient } from '../../guest/helper/client.ts';
import { FieldError } from '../../guest/helper/fields.ts';
import { PEER_REASONS } from '../../guest/helper/refusal.ts';
import { seenGuest, type SeenGuest } from '../../guest/helper/seen-guest.ts';
import type { GuestProcess } from '../../guest/processes/process.ts';
import type { GuestLook } from './look.ts';
import { resourcesOf } from './resources.ts';
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

/** Reasons that are about the helper and not about one guest: all guests are affected alike. */
const OF_THE_HELPER: ReadonlySet<string> = new Set(['helper-unreachable', 'helper-untrusted', 'helper-lost', 'helper-silent', ...PEER_REASONS, 'stopping']);

export function isOfTheHelper(reason: string): boolean {
  return OF_THE_HELPER.has(reason);
}

/** Looks through the guest helper of this machine. */
export function helperSource({ client, clock, hasHelper, deadlineMs = DEADLINE_MS }: HelperSourceOptions): GuestSource {
  async function seen(uuid: string, host: string): Promise<SeenGuest> {
    if (!hasHelper(host)) throw new HelperError('no-helper', noHelperOn(host), { isRefusal: true });
    return seenGuest(await client.call('look', { domain: uuid }, { deadlineMs }));
  }

  return {
    async look(uuid, host) {
      const atMs = clock.monotonicMs();
      try {
        const guest = await seen(uuid, host);
        const { boot, processes, sockets, liveness } = guest;
        return { kind: 'list', atMs, boot, processes, sockets, liveness, resources: resourcesOf(guest) };
      } catch (error) {
        const { reason, text } = whyNot(error);
        return { kind: 'unknown', atMs, reason, text, boot: null, liveness: null };
      }
    },
    async processes(uuid, host) {
      try {
        return (await seen(uuid, host)).processes;
      } catch (error) {
        const { reason, text } = whyNot(error);
        throw error instanceof HelperError ? error : new HelperError(reason, text, { cause: error });
      }
    },
    async readable() {
      const { domains } = await client.call('domains', {});
      return new Set(domains.filter(({ read }) => read).map(({ uuid }) => uuid));
    },
    hasHelper,
    close: () => client.close(),
  };
}

export function noHelperOn(host: string): string {
  return `the machine of host ${host} has no guest helper that is reached from here`;
}

/** Where guests cannot be looked into at all: apps are told by their probes alone. */
export const noSource = (clock: Clock): GuestSource => ({
  look: () => Promise.resolve({ kind: 'unknown', atMs: clock.monotonicMs(), reason: 'no-helper', text: NO_HELPER, boot: null, liveness: null }),
  processes: () => Promise.reject(new HelperError('no-helper', NO_HELPER, { isRefusal: true })),
  readable: () => Promise.resolve(new Set()),
  hasHelper: () => false,
  close: () => undefined,
});

function whyNot(error: unknown): { reason: string; text: string } {
  if (error instanceof HelperError) return { reason: error.reason, text: error.message };
  if (error instanceof FieldError) return { reason: 'helper-untrusted', text: `the guest helper's answer is not understood (${error.message}); update the older of the two` };
  return { reason: 'internal', text: error instanceof Error ? error.message : String(error) };
}
