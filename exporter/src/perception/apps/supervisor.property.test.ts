import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GuestLook } from './look.ts';
import { lifecycle, rebooted } from './testing/events.ts';
import { list, process } from './testing/looks.ts';
import { INTERVAL_MS, PAUSED, supervision, uuidOf } from './testing/supervision.ts';

const UUIDS = [1, 2, 3, 4, 5, 6].map(uuidOf);
const uuid = fc.constantFrom(...UUIDS);
const REASONS = ['unreadable', 'not-up-yet', 'not-opted-in', 'helper-unreachable', 'helper-silent', 'domain-not-found', 'deadline', 'rate-limited', 'internal'];

/** What may happen, in any order. No answer ever shows a list without the app, so nothing may be a fault. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('passes' as const), ms: fc.constantFrom(10, 200, 2_000, 25_000, 70_000) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), at: fc.nat(5), reason: fc.option(fc.constantFrom(...REASONS), { freq: 1 }), boot: fc.constantFrom('boot 1', 'boot 2'), ageMs: fc.constantFrom(0, 100, 50_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('put' as const), uuid, host: fc.constantFrom('h1', 'h2', 'far'), isPaused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone' as const), uuid }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rebooted' as const), uuid }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('booted' as const), uuid }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mute' as const), uuid, app: fc.constantFrom('web', null), ms: fc.constantFrom(100, 30_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unmute' as const), uuid, app: fc.constantFrom('web', null) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'refresh' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('interval' as const), ms: fc.constantFrom(500, 2_000, 60_000) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

type Bed = ReturnType<typeof supervision>;

async function happen(bed: Bed, one: Happening): Promise<void> {
  const { clock, source, supervisor } = bed;
  switch (one.kind) {
    case 'passes':
      return clock.advance(one.ms);
    case 'answer': {
      const atMs = Math.max(0, clock.monotonicMs() - one.ageMs);
      const look: GuestLook = one.reason === null ? list(atMs, [process()], { boot: one.boot }) : { kind: 'unknown', atMs, reason: one.reason, text: '', boot: null, liveness: null };
      source.waiting.splice(one.at % Math.max(1, source.waiting.length), 1)[0]?.answer(look);
      return clock.settle();
    }
    case 'put':
      bed.put(one.uuid, { host: one.host, hold: one.isPaused ? PAUSED : null });
      return supervisor.onPerception(lifecycle(one.uuid, one.isPaused ? 'suspended' : 'resumed'));
    case 'gone':
      bed.domains.delete(one.uuid);
      return supervisor.onPerception(lifecycle(one.uuid, 'undefined'));
    case 'rebooted':
      return supervisor.onPerception(rebooted(one.uuid));
    case 'booted':
      return supervisor.onPerception(lifecycle(one.uuid, 'started', 'booted'));
    case 'mute':
      return supervisor.mute(one.uuid, one.app, clock.monotonicMs() + one.ms, 'restarted');
    case 'unmute':
      return supervisor.unmute(one.uuid, one.app);
    case 'restart':
      supervisor.stop();
      return supervisor.start();
    case 'refresh':
      return supervisor.refresh();
    case 'interval':
      return supervisor.setInterval(one.ms);
  }
}

describe('no order of answers, silences and restarts', () => {
  it('makes two looks overlap, leaks a domain, or turns unknown into a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (happenings) => {
        const bed = supervision();
        bed.source.without.add('far');
        for (const one of UUIDS.slice(0, 4)) bed.put(one);
        bed.supervisor.start();
        for (const one of happenings) {
          await happen(bed, one);
          expect(bed.supervisor.view.all().filter(({ verdict }) => verdict.state === 'faulty' || verdict.fault !== null)).toEqual([]);
          expect(bed.source.most.inOne).toBeLessThanOrEqual(1);
          expect(bed.source.most.inAll).toBeLessThanOrEqual(4);
        }
        await allIsWell(bed);
        bed.supervisor.stop();
        expect(bed.clock.timers).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

/** Whatever happened: once the helper answers, everything that runs is seen, and nothing else is known. */
async function allIsWell(bed: Bed): Promise<void> {
  for (const { answer } of bed.source.waiting.splice(0)) answer(bed.refused('unreadable'));
  bed.source.auto = () => list(bed.clock.monotonicMs(), [process()], { boot: 'boot 3' });
  bed.supervisor.setInterval(INTERVAL_MS);
  bed.supervisor.refresh();
  await bed.clock.advance(130_000);
  const running = [...bed.domains.values()].filter(({ host, hold }) => host !== 'far' && hold === null);
  expect(bed.supervisor.view.guests().map(({ uuid }) => uuid).sort()).toEqual([...bed.domains.keys()].sort());
  for (const { uuid } of running) expect([uuid, bed.state(uuid)]).toEqual([uuid, 'up']);
  bed.domains.clear();
  bed.supervisor.refresh();
  await bed.clock.advance(1_000);
  expect(bed.supervisor.view.guests()).toEqual([]);
  const before = [...bed.source.looks.values()].reduce((sum, one) => sum + one, 0);
  await bed.clock.advance(60_000);
  expect([...bed.source.looks.values()].reduce((sum, one) => sum + one, 0)).toBe(before);
}
