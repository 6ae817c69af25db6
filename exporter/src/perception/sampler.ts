import type { Clock } from '../events/clock.ts';
import { DeadlineError, superviseConnection, type SupervisedConnection, type SupervisedOptions } from '../libvirt/index.ts';
import type { SampledHost } from '../prediction/sampled-host.ts';
import { isLocal } from './host-devices.ts';
import { hostReadingOf, readFullestPool, readHost, type PoolSizes } from './host-readings.ts';
import { readDomains } from './readings.ts';
import { createTicker } from './ticker.ts';

export interface SamplerOptions {
  host: { name: string; uri: string };
  /** Deadlines and limits of the connection. */
  libvirt: Omit<SupervisedOptions, 'uri' | 'onConnected' | 'onStateChange'>;
  /** Longest that a sample may take; it takes less where ticks are shorter. */
  deadlineMs: number;
  intervalMs: number;
  clock: Clock;
  /** Asked at each tick: false, and nothing is asked of the host. */
  isWanted(): boolean;
  /** Called at each tick, in order. */
  onSample(sample: SampledHost): void;
  onWarning(text: string, error: unknown): void;
  /** Default: a connection to the host. */
  connect?: (options: SupervisedOptions) => SupervisedConnection;
}

export interface Sampler {
  setInterval(intervalMs: number): void;
  stop(): Promise<void>;
}

/** Of a tick: what has not answered by then misses it. */
const DEADLINE_SHARE = 0.8;
/** How full storage pools are changes slowly. */
const POOLS_EVERY_MS = 60_000;
/** A daemon that owes answers is given more and more time, so many ticks at most: each question may take up one of its threads. */
const MOST_TICKS_LEFT_OUT = 32;

/**
 * Asks one host every tick what its domains and it itself do. On a connection of its own, because a QEMU that does not answer may block it: events
 * and listings must not wait for that.
 */
export function startSampler(options: SamplerOptions): Sampler {
  const { clock, host, isWanted, onSample } = options;
  const connect = options.connect ?? superviseConnection;
  let { intervalMs } = options;
  let connection: SupervisedConnection | null = null;
  let running = 0;
  let unanswered = 0;
  let ticksToLeaveOut = 0;
  let stopped = false;
  const pools = poolReader(clock);

  async function ask(caller: SupervisedConnection): Promise<SampledHost> {
    const deadlineMs = Math.min(options.deadlineMs, DEADLINE_SHARE * intervalMs);
    const nowMs = (): number => clock.nowMs();
    const [domains, parts, pool] = await Promise.allSettled([
      readDomains(caller, { deadlineMs, expected: running, nowMs }),
      readHost(caller, { deadlineMs, isLocal: isLocal(host.uri) }),
      pools(caller, deadlineMs),
    ]);
    noteAnswer(domains.status === 'fulfilled' || !(domains.reason instanceof DeadlineError && domains.reason.sent));
    if (domains.status === 'fulfilled') running = [...domains.value.values()].filter((reading) => reading?.running !== false).length;
    return {
      host: host.name,
      reading: parts.status === 'fulfilled' ? hostReadingOf({ ...parts.value, pool: pool.status === 'fulfilled' ? pool.value : null }, nowMs()) : null,
      domains: domains.status === 'fulfilled' ? domains.value : null,
    };
  }

  function noteAnswer(answered: boolean): void {
    unanswered = answered ? 0 : unanswered + 1;
    ticksToLeaveOut = unanswered < 2 ? 0 : Math.min(MOST_TICKS_LEFT_OUT, 2 ** (unanswered - 1));
  }

  async function tick(): Promise<void> {
    if (!isWanted()) return disconnect();
    if (connection === null) {
      connection = connect({ ...options.libvirt, uri: host.uri });
      await firstConnected(connection);
    }
    const isLeftOut = ticksToLeaveOut > 0;
    if (isLeftOut) ticksToLeaveOut--;
    const isAsked = !isLeftOut && connection?.state.status === 'connected';
    const sample = isAsked ? await ask(connection) : { host: host.name, reading: null, domains: null };
    if (isWanted() && !stopped) onSample(sample);
  }

  /** Its first tick need not be lost. Ends when it is connected or closed, or takes too long. */
  async function firstConnected(made: SupervisedConnection): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(Math.min(options.deadlineMs, (DEADLINE_SHARE / 2) * intervalMs), resolve);
    made.connected().then(() => resolve(), () => resolve());
    await promise;
    cancel();
  }

  async function disconnect(): Promise<void> {
    const ended = connection;
    connection = null;
    await ended?.close();
  }

  const ticker = createTicker(clock, intervalMs, () => tick().catch((error: unknown) => options.onWarning(`host ${host.name}: a sample was lost`, error)));
  return {
    setInterval(next) {
      intervalMs = next;
      ticker.setInterval(next);
    },
    async stop() {
      stopped = true;
      ticker.stop();
      await disconnect();
    },
  };
}

/** Asks at most once a minute; in between what was said then. A question that fails is not repeated at once. */
function poolReader(clock: Clock): (caller: SupervisedConnection, deadlineMs: number) => Promise<PoolSizes | null> {
  let last: PoolSizes | null = null;
  let askedMs = -Infinity;
  return async (caller, deadlineMs) => {
    if (clock.monotonicMs() - askedMs < POOLS_EVERY_MS) return last;
    askedMs = clock.monotonicMs();
    last = null;
    last = await readFullestPool(caller, { deadlineMs });
    return last;
  };
}
