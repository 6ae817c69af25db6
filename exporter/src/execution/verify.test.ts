import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../events/fake-clock.ts';
import type { DomainStateNow } from './hypervisor.ts';
import { verifyRunning } from './verify.ts';

type State = DomainStateNow['state'] | 'gone';

/** Verifies a domain whose state changes at the given times (seconds); returns how and when it ended. */
async function verify(states: [number, State][], options: { probesAnsweredAt?: number; limitSeconds?: number } = {}): Promise<string> {
  const clock = createFakeClock();
  const limit = new AbortController();
  clock.after((options.limitSeconds ?? 60) * 1000, () => limit.abort(new Error('time is over')));
  const seconds = (): number => clock.monotonicMs() / 1000;
  let end = 'pending';
  const done = verifyRunning({
    clock,
    verifySeconds: 5,
    state: () => {
      const state = states.findLast(([at]) => at <= seconds())?.[1] ?? 'gone';
      return Promise.resolve(state === 'gone' ? null : { state, reason: 'test', persistent: true });
    },
    probesAnswered: () => seconds() >= (options.probesAnsweredAt ?? 0),
    signal: limit.signal,
  }).then(
    () => (end = `verified at ${Math.round(seconds())} s`),
    (error: Error) => (end = error.message),
  );
  while (end === 'pending') await clock.advance(500);
  await done;
  return end;
}

describe('verifyRunning', () => {
  it('takes a domain that has run for as long as asked', async () => {
    expect(await verify([[0, 'running']])).toBe('verified at 5 s');
  });

  it('counts anew after a break', async () => {
    expect(await verify([[0, 'running'], [3, 'paused'], [6, 'running']])).toBe('verified at 11 s');
  });

  it('waits for the declared probes', async () => {
    expect(await verify([[0, 'running']], { probesAnsweredAt: 20 })).toBe('verified at 20 s');
  });

  it.each<[State, string]>([
    ['shutoff', 'shutoff (test) after the action'],
    ['crashed', 'crashed (test) after the action'],
    ['gone', 'gone after the action'],
  ])('fails at once when the domain is %s', async (state, message) => {
    expect(await verify([[0, 'running'], [3, state]])).toBe(message);
  });

  it('fails when the time is over before it is conclusive', async () => {
    expect(await verify([[0, 'paused']])).toBe('time is over');
    expect(await verify([[0, 'running']], { probesAnsweredAt: 100 })).toBe('time is over');
  });
});
