/**
 * Statistics of many domains by several calls at once, such that a domain whose QEMU does not answer costs only itself: a
 * batch that times out is halved and asked again while there is time. In the second round the stuck domain answers in part
 * at once, because its monitor is seen to be busy (NOWAIT), and its batch mates answer in full.
 */
import { ConnectionClosedError, DeadlineError, NotConnectedError, type DomainRef, type Parameters } from '../../libvirt/index.ts';

export interface BatchRequest {
  domains: readonly DomainRef[];
  /** Domains that did not answer the last time: they are asked last, apart from the others. */
  suspects: ReadonlySet<string>;
  ask(domains: readonly DomainRef[], limitMs: number): Promise<{ domain: DomainRef; params: Parameters }[]>;
  /** The record lacks what only the domain's monitor knows. */
  isPartial(params: Parameters): boolean;
  /** Calls at once. */
  parallel: number;
  /** Most domains of one call: few enough that it is short and that a stuck domain has few batch mates. */
  batchDomains: number;
  /** Milliseconds that are left, at most 0 when the time is over. */
  remainingMs(): number;
  pause(ms: number): Promise<void>;
  /** The connection was replaced: resolves when the next one is there, or there is none in time. */
  reconnected(): Promise<void>;
}

export interface BatchResult {
  /** By UUID; of a domain that did not answer, what is known without its monitor, if anything. */
  params: Map<string, Parameters>;
  timedOut: Set<string>;
}

/** No call gets more than this share of the time that is left, so that there is time to ask again. */
const LIMIT_SHARE = 0.25;
const LIMIT_LEAST_MS = 250;
/** A monitor that was busy for a moment, e.g. with another client's question, is asked again. */
const PARTIAL_RETRIES = 2;
const PARTIAL_PAUSE_MS = 40;
const RECONNECTS_MOST = 2;

interface State extends BatchResult {
  request: BatchRequest;
  queue: DomainRef[][];
  reconnects: number;
}

export async function collectBatches(request: BatchRequest): Promise<BatchResult> {
  const healthy = request.domains.filter(({ uuid }) => !request.suspects.has(uuid));
  const suspects = request.domains.filter(({ uuid }) => request.suspects.has(uuid));
  const state: State = { request, queue: cut(healthy, request.parallel, request.batchDomains), params: new Map(), timedOut: new Set(), reconnects: 0 };
  await work(state);
  await askPartialAgain(state, healthy);
  if (suspects.length > 0) {
    state.queue = cut(suspects, 1, request.batchDomains);
    await work(state);
  }
  for (const { uuid } of request.domains) {
    const params = state.params.get(uuid);
    if (params !== undefined && request.isPartial(params)) state.timedOut.add(uuid);
  }
  return { params: state.params, timedOut: state.timedOut };
}

function cut(domains: readonly DomainRef[], parts: number, most: number): DomainRef[][] {
  const batches = Math.max(Math.min(parts, domains.length), Math.ceil(domains.length / most));
  const size = Math.ceil(domains.length / Math.max(1, batches));
  return Array.from({ length: batches }, (_, index) => domains.slice(index * size, (index + 1) * size)).filter(({ length }) => length > 0);
}

async function work(state: State): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let batch = state.queue.shift(); batch !== undefined; batch = state.queue.shift()) await askBatch(state, batch);
  };
  await Promise.all(Array.from({ length: state.request.parallel }, worker));
}

async function askBatch(state: State, batch: DomainRef[]): Promise<void> {
  const { request, params, timedOut } = state;
  const remainingMs = request.remainingMs();
  if (remainingMs <= 0) return batch.forEach(({ uuid }) => timedOut.add(uuid));
  try {
    const limitMs = Math.min(remainingMs, Math.max(LIMIT_LEAST_MS, remainingMs * LIMIT_SHARE));
    for (const record of await request.ask(batch, limitMs)) params.set(record.domain.uuid, record.params);
  } catch (error) {
    if (error instanceof DeadlineError && !error.sent) {
      // It waited behind others; that says nothing about its domains.
      state.queue.push(batch);
    } else if (error instanceof ConnectionClosedError || error instanceof NotConnectedError) {
      if (++state.reconnects > RECONNECTS_MOST * request.parallel) return batch.forEach(({ uuid }) => timedOut.add(uuid));
      await request.reconnected();
      state.queue.push(batch);
    } else if (batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      state.queue.push(batch.slice(0, half), batch.slice(half));
    } else if (error instanceof DeadlineError) {
      batch.forEach(({ uuid }) => timedOut.add(uuid));
    }
    // Any other error is the daemon's answer about this one domain, e.g. that it is gone.
  }
}

async function askPartialAgain(state: State, domains: readonly DomainRef[]): Promise<void> {
  const { request, params, timedOut } = state;
  const isPartial = ({ uuid }: DomainRef): boolean => {
    const known = params.get(uuid);
    return known !== undefined && !timedOut.has(uuid) && request.isPartial(known);
  };
  for (let attempt = 0; attempt < PARTIAL_RETRIES; attempt++) {
    const partial = domains.filter(isPartial);
    if (partial.length === 0 || request.remainingMs() <= PARTIAL_PAUSE_MS) return;
    await request.pause(PARTIAL_PAUSE_MS);
    state.queue = cut(partial, request.parallel, request.batchDomains);
    await work(state);
  }
}
