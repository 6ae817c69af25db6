import { systemClock } from '../../exporter/src/events/clock.ts';
import { PRIORITY, type NewEvent, type Priority } from '../../exporter/src/events/event.ts';
import { EventQueue } from '../../exporter/src/events/queue.ts';
import { Scheduler } from '../../exporter/src/events/scheduler.ts';
import type { Bench } from './frame/bench.ts';
import { median, quantile } from './frame/statistics.ts';

const TARGETS = 5_000;
const PRIORITIES = Object.values(PRIORITY);
/** Events that arrive in one turn of the event loop in the phase `stream`. */
const CHUNK = 100;

/** As in a storm: five priorities, thousands of targets, every eighth event due up to 20 ms later, every fourth with a merge key. */
function makeEvent(index: number, run: () => Promise<void>): NewEvent {
  const priority = PRIORITIES[index % PRIORITIES.length] as Priority;
  return {
    kind: 'bench',
    class: priority >= PRIORITY.perception ? 'perception' : 'execution',
    priority,
    dueMs: systemClock.monotonicMs() + (index % 8 === 0 ? (index * 31) % 20 : 0),
    targetKey: `domain/${(index * 7919) % TARGETS}`,
    mergeKey: index % 4 === 0 ? `evaluate/${index}` : null,
    run,
  };
}

const nothing = async (): Promise<void> => {};
const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const perSecond = (count: number, startedMs: number): number => count / ((performance.now() - startedMs) / 1000);

/** Makes, submits and runs `count` events, `chunk` of them per turn of the event loop. Every one must have run exactly once. */
async function throughScheduler(count: number, chunk: number): Promise<{ perSecond: number; lagMsP99: number }> {
  const lagsMs: number[] = [];
  let runs = 0;
  let failure: unknown = null;
  const scheduler = new Scheduler({
    clock: systemClock,
    capacity: count,
    concurrency: 64,
    onError: (_event, error) => (failure = error),
    onStart: (_event, lagMs) => lagsMs.push(lagMs),
  });
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const run = async (): Promise<void> => {
      runs += 1;
      if (runs === count) resolve();
    };
    const submitAll = async (): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        scheduler.submit(makeEvent(index, run));
        if ((index + 1) % chunk === 0) await turnOfTheLoop();
      }
    };
    submitAll().catch(reject);
  });
  const rate = perSecond(count, startedMs);
  await scheduler.stop(1_000);
  if (failure !== null || lagsMs.length !== count) throw new Error(`${lagsMs.length} of ${count} events ran, last error: ${String(failure)}`);
  return { perSecond: rate, lagMsP99: quantile(lagsMs, 0.99) };
}

function throughQueue(count: number): number {
  const queue = new EventQueue({ capacity: count });
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) queue.push(makeEvent(index, nothing));
  let taken = 0;
  for (let event = queue.take(Infinity); event; event = queue.take(Infinity)) {
    queue.release(event.targetKey);
    taken += 1;
  }
  if (taken !== count) throw new Error(`${taken} of ${count} events came out of the queue`);
  return perSecond(count, startedMs);
}

/** News of the same targets over and over: all but one per target merge. */
function mergeStorm(count: number): number {
  const queue = new EventQueue({ capacity: TARGETS });
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) queue.push({ ...makeEvent(index, nothing), mergeKey: `evaluate/${index % TARGETS}` });
  if (queue.length !== TARGETS) throw new Error(`${queue.length} events wait, expected ${TARGETS}`);
  return perSecond(count, startedMs);
}

/** A full queue: every perception event beyond the bound costs the shedding of one. */
function shedStorm(count: number): number {
  let shed = 0;
  const capacity = Math.ceil(count / 10);
  const queue = new EventQueue({ capacity, onShed: () => (shed += 1) });
  const startedMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    queue.push({ ...makeEvent(index, nothing), class: 'perception', mergeKey: null });
  }
  if (shed !== count - capacity) throw new Error(`${shed} events were shed, expected ${count - capacity}`);
  return perSecond(count, startedMs);
}

export const bench: Bench = {
  summary: 'events per second through queue and scheduler',
  description: `
Events of five priorities for ${TARGETS.toLocaleString('en')} targets, one in eight due up to 20 ms later, are made, submitted to the
scheduler (64 at once, one at a time per target) and run; each run checks that every event ran exactly once. The
work of an event itself is empty. All rates are medians over the runs.

  events_per_s         the slower of the next two
  burst_per_s          all submitted in one go
  stream_per_s         ${CHUNK} submitted per turn of the event loop, as messages arrive from sockets
  stream_lag_ms_p99    how late an event began after it fell due, phase stream
  queue_per_s          in and out of the queue alone
  merge_per_s          pushes that merge with a waiting event of the same key
  shed_per_s           pushes into a full queue, each shedding one event`,
  goals: { events_per_s: { op: '>=', value: 100_000 } },
  async run({ quick, progress, signal }) {
    const runs = quick ? 5 : 15;
    const count = quick ? 20_000 : 100_000;
    const seen = { burst: [] as number[], stream: [] as number[], lag: [] as number[], queue: [] as number[], merge: [] as number[], shed: [] as number[] };
    for (let index = -1; index < runs; index += 1) {
      signal.throwIfAborted();
      const burst = await throughScheduler(count, count);
      const stream = await throughScheduler(count, CHUNK);
      const [queue, merge, shed] = [throughQueue(count), mergeStorm(count), shedStorm(count)];
      const text = `burst ${Math.round(burst.perSecond)}/s, stream ${Math.round(stream.perSecond)}/s, queue ${Math.round(queue)}/s`;
      progress(index < 0 ? `warm-up: ${text}` : `run ${index + 1} of ${runs}: ${text}`);
      if (index < 0) continue;
      seen.burst.push(burst.perSecond);
      seen.stream.push(stream.perSecond);
      seen.lag.push(stream.lagMsP99);
      seen.queue.push(queue);
      seen.merge.push(merge);
      seen.shed.push(shed);
    }
    return {
      runs,
      figures: {
        events_per_s: Math.round(Math.min(median(seen.burst), median(seen.stream))),
        burst_per_s: Math.round(median(seen.burst)),
        stream_per_s: Math.round(median(seen.stream)),
        stream_lag_ms_p99: median(seen.lag),
        queue_per_s: Math.round(median(seen.queue)),
        merge_per_s: Math.round(median(seen.merge)),
        shed_per_s: Math.round(median(seen.shed)),
      },
    };
  },
};
