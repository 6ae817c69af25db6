/** Asks the guest itself, as its users do, until what broke serves again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest, GuestStatus } from '../lab/lab.ts';
import type { Fact } from './facts.ts';

/** What a fault ends: the guest, which boots anew, or a program in it. */
export type Broken = 'guest' | 'app';

export interface ServingOptions {
  guest: Pick<Guest, 'address' | 'http'>;
  broken: Broken;
  /** What the guest said before the fault. */
  before: GuestStatus;
  tell(fact: Fact): void;
  signal: AbortSignal;
}

const POLL_MS = 200;
const ANSWER_LIMIT_MS = 1500;

/** Returns when it answered again; null: `signal` came first, or what came back is not what it was. */
export async function untilServing({ guest, broken, before, tell, signal }: ServingOptions): Promise<number | null> {
  const ask = (path: string): Promise<string | null> => guest.http(path, ANSWER_LIMIT_MS).then(({ status, body }) => (status === 200 ? body : null), () => null);
  const page = `http://${guest.address}/`;
  // The program is still there for a moment after the fault was ordered.
  if (broken === 'app') {
    if ((await repeatedly(async () => (await ask('/')) === null, signal)) === null) return null;
    tell({ atMs: Date.now(), what: 'not served', text: `${page} does not answer` });
  }
  const back = await repeatedly(async () => {
    const body = await ask('/cgi-bin/status');
    return body !== null && whatCameBack(broken, before, JSON.parse(body) as GuestStatus);
  }, signal);
  if (back === null) return null;
  const atMs = Date.now();
  tell({ atMs, what: 'serving', text: `${page} answers: ${back.text}` });
  return back.isWhole ? atMs : null;
}

/** False: it is the guest of before, which has to boot anew. */
export function whatCameBack(broken: Broken, before: GuestStatus, now: GuestStatus): { text: string; isWhole: boolean } | false {
  const isSameBoot = now.boots === before.boots && now.bootId === before.bootId;
  if (broken === 'guest' && now.boots <= before.boots) return false;
  const isKept = now.count >= before.count;
  const boot = broken === 'guest' ? `boot ${now.boots} (${before.boots} before)` : isSameBoot ? `still boot ${now.boots}, the guest ran on` : `but the guest BOOTED (${now.boots}, ${before.boots} before)`;
  const counter = `counter on its disk ${isKept ? (broken === 'guest' ? 'kept' : 'went on') : 'LOST'} (${before.count} before, ${now.count} now)`;
  return { text: `${boot}, ${counter}`, isWhole: isKept && (broken === 'guest' || isSameBoot) };
}

async function repeatedly<T>(ask: () => Promise<T | false>, signal: AbortSignal): Promise<T | null> {
  while (!signal.aborted) {
    const answer = await ask();
    if (answer !== false) return answer;
    await sleep(POLL_MS);
  }
  return null;
}
