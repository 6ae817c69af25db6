import type { Guest } from '../lab/lab.ts';
import type { Stack } from '../stack/stack.ts';
import { TOUR } from './breaks.ts';
import { follow } from './follow.ts';
import { formatFact, formatTitle } from './narration.ts';
import type { Seconds } from './narration.ts';
import type { BreakName } from './options.ts';
import type { Stage } from './stage.ts';

/** A recovery that has not ended after this did not happen. */
const LIMIT_MS = 180_000;

/** Breaks one guest after the other and tells what happens. Returns the seconds of each. */
export async function tour({ stack, guests }: Pick<Stage, 'stack' | 'guests'>, say: (text: string) => void): Promise<Seconds[]> {
  const measured: Seconds[] = [];
  for (const [name, guest] of guests) {
    say(formatTitle(name, measured.length, guests.size));
    measured.push(await breakOne(stack, name, guest, say));
  }
  return measured;
}

async function breakOne(stack: Stack, name: BreakName, guest: Guest, say: (text: string) => void): Promise<Seconds> {
  const before = await guest.waitHttp();
  const faultAtMs = Date.now();
  const text = await TOUR[name].inflict(guest);
  say(formatFact({ atMs: faultAtMs, what: 'done to it', text }, faultAtMs));
  const { servingAtMs, verifiedAtMs, recovered } = await follow({
    api: stack.api, guest, broken: TOUR[name].app === null ? 'guest' : 'app', before, faultAtMs, limitMs: LIMIT_MS, onFact: (fact) => say(formatFact(fact, faultAtMs)),
  });
  const since = (atMs: number | null): number | null => (atMs === null || !recovered ? null : (atMs - faultAtMs) / 1000);
  return { name, serving: since(servingAtMs), verified: since(verifiedAtMs) };
}
