import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIORITY, type Event, type NewEvent, type Priority } from './event.ts';
import { Lanes } from './lanes.ts';
import { EventQueue } from './queue.ts';

const event = (fields: Partial<NewEvent> = {}): NewEvent => ({
  kind: 'test',
  class: 'perception',
  priority: PRIORITY.perception,
  dueMs: 0,
  targetKey: null,
  mergeKey: null,
  run: async () => {},
  ...fields,
});

const arbitraryEvent = fc.record({
  class: fc.constantFrom('perception' as const, 'execution' as const),
  priority: fc.constantFrom(...Object.values(PRIORITY)) as fc.Arbitrary<Priority>,
  dueMs: fc.integer({ min: 0, max: 20 }),
  targetKey: fc.option(fc.constantFrom('domain/a', 'domain/b', 'domain/c')),
  mergeKey: fc.option(fc.constantFrom('evaluate/a', 'evaluate/b')),
});

const rank = (a: Event, b: Event): number => a.priority - b.priority || a.dueMs - b.dueMs || a.sequence - b.sequence;
const unlimited = { capacity: 1e9 };

describe('order', () => {
  it('is priority, then due time, then arrival among due events; later ones wait', () => {
    const queue = new EventQueue(unlimited);
    queue.push(event({ kind: 'routine', priority: PRIORITY.routine, dueMs: 1 }));
    queue.push(event({ kind: 'later', priority: PRIORITY.execution, dueMs: 4 }));
    queue.push(event({ kind: 'sooner', priority: PRIORITY.execution, dueMs: 3 }));
    queue.push(event({ kind: 'sooner, second', priority: PRIORITY.execution, dueMs: 3 }));
    queue.push(event({ kind: 'not yet', priority: PRIORITY.control, dueMs: 9 }));
    const kinds = (nowMs: number): string[] => {
      const seen: string[] = [];
      for (let next = queue.take(nowMs); next; next = queue.take(nowMs)) seen.push(next.kind);
      return seen;
    };
    expect(kinds(5)).toEqual(['sooner', 'sooner, second', 'later', 'routine']);
    expect(queue.nextDueMs()).toBe(9);
    expect(kinds(9)).toEqual(['not yet']);
    expect([queue.length, queue.nextDueMs()]).toEqual([0, null]);
  });

  it('always gives the best event that may run, whatever comes and goes', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ push: arbitraryEvent.map((each) => ({ ...each, mergeKey: null })), knowsTime: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ take: fc.integer({ min: 0, max: 5 }) }) },
      { weight: 1, arbitrary: fc.record({ release: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new EventQueue(unlimited);
        const model: Event[] = [];
        const busy: string[] = [];
        let nowMs = 0;
        let sequence = 0;
        for (const each of steps) {
          if ('push' in each) {
            const added = event(each.push);
            queue.push(added, ...(each.knowsTime ? [nowMs] : []));
            model.push({ ...added, sequence: sequence++ });
          } else if ('release' in each) {
            const [key] = busy.splice(each.release % Math.max(1, busy.length), 1);
            if (key) queue.release(key);
          } else {
            nowMs += each.take;
            const [expected] = model.filter((one) => one.dueMs <= nowMs && !busy.includes(one.targetKey ?? '')).sort(rank);
            expect(queue.take(nowMs)?.sequence).toBe(expected?.sequence);
            if (expected) model.splice(model.indexOf(expected), 1);
            if (expected?.targetKey) busy.push(expected.targetKey);
          }
          expect(queue.length).toBe(model.length);
          expect(queue.waiting().map((one) => one.sequence).sort()).toEqual(model.map((one) => one.sequence).sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a due time that is not a number', () => {
    expect(() => new EventQueue(unlimited).push(event({ dueMs: Number.NaN }))).toThrow(/dueMs is NaN/);
    expect(() => new EventQueue({ capacity: 0 })).toThrow(/at least 1/);
  });
});

describe('targets', () => {
  it('are busy until released, and never stand before others', () => {
    const queue = new EventQueue(unlimited);
    for (const kind of ['a1', 'a2', 'a3']) queue.push(event({ kind, targetKey: 'domain/a', priority: PRIORITY.control }));
    queue.push(event({ kind: 'b1', targetKey: 'domain/b', priority: PRIORITY.routine }));
    expect([queue.take(0)?.kind, queue.take(0)?.kind, queue.take(0)]).toEqual(['a1', 'b1', undefined]);
    expect(queue.waiting().map((each) => each.kind)).toEqual(['a2', 'a3']);
    queue.release('domain/a');
    expect([queue.take(0)?.kind, queue.take(0)]).toEqual(['a2', undefined]);
  });

  it('take news for a busy target in order once it is free', () => {
    const queue = new EventQueue(unlimited);
    queue.push(event({ kind: 'a1', targetKey: 'domain/a' }));
    queue.take(0);
    queue.push(event({ kind: 'a2', targetKey: 'domain/a' }));
    queue.push(event({ kind: 'a3', targetKey: 'domain/a', priority: PRIORITY.execution }));
    expect(queue.take(0)).toBeUndefined();
    queue.release('domain/a');
    expect(queue.take(0)?.kind).toBe('a3');
  });

  it('may be released without being busy', () => {
    const queue = new EventQueue(unlimited);
    queue.release('domain/nobody');
    queue.push(event({ kind: 'a', targetKey: 'domain/a' }));
    queue.release('domain/a');
    expect(queue.take(0)?.kind).toBe('a');
  });
});

describe('lanes', () => {
  it('are forgotten when their target has neither waiting nor running events', () => {
    const lanes = new Lanes();
    const entries = ['domain/a', 'domain/b', null].map((targetKey, sequence) => lanes.enter({ ...event({ targetKey }), sequence }));
    expect(lanes.targets).toBe(2);
    entries.forEach((entry) => lanes.add(entry));
    for (let entry = lanes.take(); entry; entry = lanes.take()) lanes.leave(entry);
    expect(lanes.targets).toBe(2);
    lanes.release('domain/a');
    lanes.release('domain/b');
    expect(lanes.targets).toBe(0);
  });
});

describe('merging', () => {
  it('keeps the newer work at the earlier time, the higher priority and the older place', () => {
    const queue = new EventQueue(unlimited);
    expect(queue.push(event({ kind: 'old', class: 'execution', mergeKey: 'm', dueMs: 10, priority: PRIORITY.alert, targetKey: 'domain/a' }))).toBe('queued');
    expect(queue.push(event({ kind: 'new', mergeKey: 'm', dueMs: 3, priority: PRIORITY.routine, targetKey: 'domain/b' }))).toBe('merged');
    expect(queue.length).toBe(1);
    expect(queue.take(3)).toMatchObject({ kind: 'new', class: 'execution', dueMs: 3, priority: PRIORITY.alert, targetKey: 'domain/b', sequence: 0 });
  });

  it('does not touch an event that has already been taken', () => {
    const queue = new EventQueue(unlimited);
    queue.push(event({ kind: 'running', mergeKey: 'm' }));
    expect(queue.take(0)?.kind).toBe('running');
    expect(queue.push(event({ kind: 'next', mergeKey: 'm' }))).toBe('queued');
    expect(queue.take(0)?.kind).toBe('next');
  });

  it('leaves one event for each key and loses no other', () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { maxLength: 60 }), (input) => {
        const queue = new EventQueue(unlimited);
        input.forEach((fields, index) => queue.push(event({ ...fields, kind: `${index}` })));
        const keys = [...new Set(input.map((each) => each.mergeKey).filter((key) => key !== null))];
        expect(queue.length).toBe(input.filter((each) => each.mergeKey === null).length + keys.length);
        for (const key of keys) {
          const same = input.filter((each) => each.mergeKey === key);
          const merged = queue.waiting().find((each) => each.mergeKey === key) as Event;
          expect(merged.dueMs).toBe(Math.min(...same.map((each) => each.dueMs)));
          expect(merged.priority).toBe(Math.min(...same.map((each) => each.priority)));
          expect(merged.class).toBe(same.some((each) => each.class === 'execution') ? 'execution' : 'perception');
          expect(merged.kind).toBe(`${input.findLastIndex((each) => each.mergeKey === key)}`);
        }
      }),
    );
  });
});

describe('a full queue', () => {
  it('sheds the least important and newest perception event, which may be the arriving one', () => {
    const shed: string[] = [];
    const queue = new EventQueue({ capacity: 2, onShed: (each) => shed.push(each.kind) });
    queue.push(event({ kind: 'old routine', priority: PRIORITY.routine }));
    queue.push(event({ kind: 'new routine', priority: PRIORITY.routine, dueMs: 50 }));
    expect(queue.push(event({ kind: 'listing' }))).toBe('queued');
    expect(queue.push(event({ kind: 'routine', priority: PRIORITY.routine }))).toBe('shed');
    expect(shed).toEqual(['new routine', 'routine']);
  });

  it('accepts executions beyond its bound and then no perception', () => {
    const shed: string[] = [];
    const queue = new EventQueue({ capacity: 1, onShed: (each) => shed.push(each.kind) });
    for (const kind of ['x1', 'x2', 'x3']) queue.push(event({ kind, class: 'execution', priority: PRIORITY.routine }));
    expect(queue.push(event({ kind: 'p', priority: PRIORITY.control }))).toBe('shed');
    expect([queue.length, shed]).toEqual([3, ['p']]);
  });

  it('frees the merge key of what it sheds', () => {
    const queue = new EventQueue({ capacity: 1 });
    queue.push(event({ kind: 'p', mergeKey: 'm' }));
    queue.push(event({ kind: 'x', class: 'execution' }));
    expect(queue.push(event({ kind: 'x2', class: 'execution', mergeKey: 'm' }))).toBe('queued');
    expect(queue.waiting().map((each) => each.kind)).toEqual(['x', 'x2']);
  });

  it('never loses an execution and never sheds more than it must', () => {
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (input, capacity) => {
        const shed: Event[] = [];
        const queue = new EventQueue({ capacity, onShed: (each) => shed.push(each) });
        input.forEach((fields, index) => queue.push(event({ ...fields, mergeKey: null, kind: `${index}` })));
        const executions = input.filter((each) => each.class === 'execution').length;
        expect(shed.every((each) => each.class === 'perception')).toBe(true);
        expect(queue.length).toBe(Math.max(executions, Math.min(capacity, input.length)));
        expect(queue.length + shed.length).toBe(input.length);
      }),
    );
  });
});
