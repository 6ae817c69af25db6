import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from './clock.ts';
import { PRIORITY, type Event, type NewEvent, type Priority } from './event.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { Scheduler, type SchedulerOptions } from './scheduler.ts';

interface Bench {
  clock: FakeClock;
  scheduler: Scheduler;
  /** `kind@time` when it began. */
  seen: string[];
  errors: unknown[];
  submit(kind: string, fields?: Partial<NewEvent>): void;
}

function set(options: Partial<SchedulerOptions> = {}): Bench {
  const clock = createFakeClock();
  const errors: unknown[] = [];
  const seen: string[] = [];
  const scheduler = new Scheduler({ clock, capacity: 1000, concurrency: 4, onError: (_event, error) => errors.push(error), ...options });
  return {
    clock,
    scheduler,
    seen,
    errors,
    submit(kind, fields = {}) {
      const { run, ...rest } = fields;
      scheduler.submit({
        kind,
        class: 'execution',
        priority: PRIORITY.execution,
        dueMs: clock.monotonicMs(),
        targetKey: null,
        mergeKey: null,
        run: async () => {
          seen.push(`${kind}@${clock.monotonicMs()}`);
          await run?.();
        },
        ...rest,
      });
    },
  };
}

describe('when events run', () => {
  it('sleeps until the next is due and wakes at once for an earlier one', async () => {
    const { clock, scheduler, submit, seen } = set();
    submit('late', { dueMs: 100 });
    await clock.settle();
    expect(clock.timers).toBe(1);
    submit('early', { dueMs: 40 });
    await clock.advance(39);
    expect(seen).toEqual([]);
    await clock.advance(1);
    submit('now');
    await clock.settle();
    expect(seen).toEqual(['early@40', 'now@40']);
    await clock.advance(1000);
    expect(seen.at(-1)).toBe('late@100');
    expect([scheduler.length, clock.timers]).toEqual([0, 0]);
  });

  it('orders and merges all that is submitted in one go before the first begins', async () => {
    const { clock, submit, seen } = set();
    submit('routine', { priority: PRIORITY.routine });
    submit('evaluate', { mergeKey: 'm' });
    submit('evaluate again', { mergeKey: 'm' });
    submit('control', { priority: PRIORITY.control });
    expect(seen).toEqual([]);
    await clock.settle();
    expect(seen).toEqual(['control@0', 'evaluate again@0', 'routine@0']);
  });

  it('runs at most `concurrency` at once and sets no timer while it can begin nothing', async () => {
    const { clock, scheduler, submit, seen } = set({ concurrency: 2 });
    for (const kind of ['a', 'b', 'c']) submit(kind, { run: () => sleep(clock, 50) });
    submit('due soon', { dueMs: 10 });
    await clock.advance(20);
    expect(seen).toEqual(['a@0', 'b@0']);
    expect([scheduler.running, clock.timers]).toEqual([2, 2]);
    await clock.advance(30);
    expect(seen).toEqual(['a@0', 'b@0', 'c@50', 'due soon@50']);
  });

  it('lets no busy target hold up the others', async () => {
    const { clock, submit, seen } = set({ concurrency: 2 });
    for (const kind of ['a1', 'a2', 'a3']) submit(kind, { targetKey: 'domain/a', priority: PRIORITY.control, run: () => sleep(clock, 100) });
    submit('b1', { targetKey: 'domain/b', priority: PRIORITY.routine });
    await clock.advance(150);
    expect(seen).toEqual(['a1@0', 'b1@0', 'a2@100']);
  });

  it('says how late an event began', async () => {
    const lags: number[] = [];
    const { clock, submit } = set({ concurrency: 1, onStart: (_event: Event, lagMs) => lags.push(lagMs) });
    submit('a', { run: () => sleep(clock, 70) });
    submit('b', { dueMs: 20 });
    await clock.advance(100);
    expect(lags).toEqual([0, 50]);
  });

  it('gives timers and I/O their turn while a flood of events runs', async () => {
    let runs = 0;
    let timerRuns = 0;
    const scheduler = new Scheduler({ clock: systemClock, capacity: 10, concurrency: 1, onError: (_event, error) => expect.unreachable(String(error)) });
    setTimeout(() => (timerRuns += 1), 0);
    const flood: NewEvent = {
      kind: 'flood',
      class: 'execution',
      priority: PRIORITY.control,
      dueMs: 0,
      targetKey: null,
      mergeKey: null,
      run: async () => {
        runs += 1;
        if (timerRuns === 0 && runs < 20_000_000) scheduler.submit(flood);
      },
    };
    scheduler.submit(flood);
    while (scheduler.length + scheduler.running > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(timerRuns).toBe(1);
    expect(runs).toBeLessThan(20_000_000);
    await scheduler.stop(0);
  });
});

describe('properties', () => {
  const arbitrary = fc.record({
    class: fc.constantFrom('perception' as const, 'execution' as const),
    priority: fc.constantFrom(...Object.values(PRIORITY)) as fc.Arbitrary<Priority>,
    submitMs: fc.integer({ min: 0, max: 30 }),
    delayMs: fc.integer({ min: 0, max: 30 }),
    workMs: fc.integer({ min: 0, max: 20 }),
    targetKey: fc.option(fc.constantFrom('domain/a', 'domain/b')),
    fails: fc.boolean(),
  });

  it('runs every event once, never early, one at a time per target, within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitrary, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (input, concurrency) => {
        const { clock, scheduler, submit, errors } = set({ concurrency });
        const ran = new Map<number, number>();
        const busy = new Set<string>();
        let most = 0;
        input.forEach((each, index) => {
          clock.after(each.submitMs, () =>
            submit(`${index}`, {
              class: each.class,
              priority: each.priority,
              targetKey: each.targetKey,
              dueMs: each.submitMs + each.delayMs,
              run: async () => {
                expect(clock.monotonicMs()).toBeGreaterThanOrEqual(each.submitMs + each.delayMs);
                expect(busy.has(each.targetKey ?? '')).toBe(false);
                if (each.targetKey) busy.add(each.targetKey);
                ran.set(index, (ran.get(index) ?? 0) + 1);
                most = Math.max(most, scheduler.running);
                await sleep(clock, each.workMs);
                if (each.targetKey) busy.delete(each.targetKey);
                if (each.fails) throw new Error('expected');
              },
            }),
          );
        });
        await clock.advance(30 + 30 + 20 * input.length + 1);
        expect([...ran.values()]).toEqual(input.map(() => 1));
        expect(most).toBeLessThanOrEqual(concurrency);
        expect(errors.map((error) => (error as Error).message)).toEqual(input.filter((each) => each.fails).map(() => 'expected'));
        expect([scheduler.length, scheduler.running, clock.timers]).toEqual([0, 0, 0]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('errors', () => {
  it('go to the callback and free the target', async () => {
    const { clock, submit, seen, errors } = set();
    submit('rejects', { targetKey: 'domain/a', run: () => Promise.reject(new Error('first')) });
    submit('throws', {
      targetKey: 'domain/a',
      run: () => {
        throw new Error('second');
      },
    });
    submit('runs', { targetKey: 'domain/a' });
    await clock.settle();
    expect(seen.length).toBe(3);
    expect(errors.map((error) => (error as Error).message)).toEqual(['first', 'second']);
  });

  it('of callbacks neither stop the loop nor keep an event from running', async () => {
    const fail = (): never => {
      throw new Error('callback');
    };
    const { clock, submit, seen } = set({ onError: fail, onStart: fail });
    const warnings: string[] = [];
    const listener = (warning: Error): number => warnings.push(warning.message);
    process.on('warning', listener);
    submit('a', { run: () => Promise.reject(new Error('a')) });
    submit('b');
    await clock.settle();
    process.off('warning', listener);
    expect(seen).toEqual(['a@0', 'b@0']);
    expect(warnings).toHaveLength(3);
  });
});

describe('stop', () => {
  it('lets what runs finish, begins nothing more and names what waits', async () => {
    const { clock, scheduler, submit, seen } = set({ concurrency: 1 });
    submit('running', { run: () => sleep(clock, 30) });
    submit('waiting');
    submit('later', { dueMs: 500 });
    await clock.settle();
    const stopped = scheduler.stop(1000);
    expect(scheduler.stop(1)).toBe(stopped);
    submit('too late');
    await clock.advance(30);
    const report = await stopped;
    expect(report).toMatchObject({ drained: true, running: [] });
    expect(report.waiting.map((each) => each.kind)).toEqual(['waiting', 'later']);
    await clock.advance(1000);
    expect(seen).toEqual(['running@0']);
    expect(clock.timers).toBe(0);
  });

  it('does not wait longer than its limit', async () => {
    const { clock, scheduler, submit } = set();
    submit('endless', { run: () => new Promise<void>(() => {}) });
    await clock.settle();
    const stopped = scheduler.stop(100);
    await clock.advance(100);
    const report = await stopped;
    expect(report.drained).toBe(false);
    expect(report.running.map((each) => each.kind)).toEqual(['endless']);
  });

  it('of an idle scheduler resolves at once', async () => {
    const { clock, scheduler } = set();
    expect(await scheduler.stop(1000)).toEqual({ drained: true, running: [], waiting: [] });
    expect(clock.timers).toBe(0);
  });
});
