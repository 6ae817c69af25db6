import { performance } from 'node:perf_hooks';
import { GuestError } from '../error.ts';
import { FieldError, readFields } from './fields.ts';
import type { Generations } from './generations.ts';
import type { ActingContext, DomainContext, Handlers } from './handlers.ts';
import { createPlaces, createRateLimit } from './limits.ts';
import type { Limits, Places, RateLimit } from './limits.ts';
import { allowedFor } from './opt-in.ts';
import type { OptIn } from './opt-in.ts';
import type { QemuFinder } from './qemu-finder.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';
import type { RefusalCounters } from './refusal.ts';
import { isVerbName, PROTOCOL_VERSION, VERBS } from './verbs.ts';
import type { OptedInDomain, Pong, VerbName } from './verbs.ts';

/** A request of a peer whose user is proved. Nothing else in it is. */
export interface Request {
  id: number;
  verb: string;
  arguments: unknown;
  /** null: as long as the verb may take. */
  deadlineMs: number | null;
}

export interface DispatcherOptions {
  /** Asked at each request, so that they can be changed while the helper runs. */
  optIns: () => readonly OptIn[];
  handlers: Handlers;
  finder: QemuFinder;
  generations: Generations;
  counters: RefusalCounters;
  limits: Limits;
  /** Aborted when the helper has waited long enough for what runs: only undoing is left to do. */
  stop: AbortSignal;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
}

export interface Running {
  /** Rejects with Refusal: what the peer is told. */
  readonly answer: Promise<unknown>;
  /** Settles when nothing runs for the request any more, which may be after the deadline. Never rejects. */
  readonly ended: Promise<void>;
}

/** @param gone aborted when the peer has gone */
export type Dispatcher = (request: Request, gone: AbortSignal) => Running;

/** Everything that a request has to pass before anything is done for it, in one place and order. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const nowMs = options.nowMs ?? (() => performance.now());
  const startedMs = nowMs();
  const acting = createActingLimits(options.limits);

  function pong(): Pong {
    const supported = (Object.keys(VERBS) as VerbName[]).filter((name) => name === 'ping' || name === 'domains' || options.handlers[name] !== undefined);
    return { protocol: PROTOCOL_VERSION, uptimeSeconds: (nowMs() - startedMs) / 1000, supported, refusals: options.counters.read() };
  }

  async function domains(): Promise<OptedInDomain[]> {
    const all = (await options.finder.list()).map(({ uuid, name }) => ({ uuid, name, ...allowedFor(options.optIns(), { uuid, name }) }));
    return all.filter(({ read, write }) => read || write);
  }

  async function permitted(uuid: string, optIn: 'read' | 'write'): Promise<QemuProcess> {
    const qemu = await options.finder.find(uuid);
    if (!allowedFor(options.optIns(), qemu)[optIn]) {
      throw new Refusal('not-opted-in', `${qemu.name === '' ? uuid : qemu.name} is not opted in to ${optIn === 'read' ? 'being read' : 'being written to'}; add it with ${optIn}: true to the helper's own configuration`);
    }
    return qemu;
  }

  function contextOf(qemu: QemuProcess, signal: AbortSignal): DomainContext {
    return { qemu, signal, isSameProcess: () => options.finder.isSame(qemu) };
  }

  async function read(handler: NonNullable<Handlers['processes']>, asked: { domain: string }, signal: AbortSignal): Promise<unknown> {
    return handler(asked, contextOf(await permitted(asked.domain, 'read'), signal));
  }

  /** The generation is let in before the domain's turn: an action of an older lease that is under way then stops. A stale request takes no turn. */
  async function act(run: (context: ActingContext) => Promise<unknown>, { domain, generation }: { domain: string; generation: number }, signal: AbortSignal): Promise<unknown> {
    const qemu = await permitted(domain, 'write');
    await options.generations.admit(domain, generation);
    const leave = acting.enter(domain, nowMs());
    try {
      const context: ActingContext = {
        ...contextOf(qemu, signal),
        mayAct: () => !signal.aborted && options.finder.isSame(qemu) && options.generations.isCurrent(domain, generation),
        pauseBudgetMs: options.limits.pauseBudgetMs,
      };
      if (!context.mayAct()) throw new Refusal('domain-changed', 'the domain, its lease or the time that was given changed before anything was done');
      return await run(context);
    } finally {
      leave();
    }
  }

  /** One case for each verb: what is not written here can't be reached, whatever its name. */
  function run(name: VerbName, given: unknown, signal: AbortSignal): Promise<unknown> {
    const { handlers } = options;
    switch (name) {
      case 'ping':
        readArguments(name, given);
        return Promise.resolve(pong());
      case 'domains':
        readArguments(name, given);
        return domains().then((found) => ({ domains: found }));
      case 'processes': {
        const asked = readArguments(name, given);
        return read(handlers[name] ?? unsupported(name), asked, signal);
      }
      case 'start-process': {
        const asked = readArguments(name, given);
        const handler = handlers[name] ?? unsupported(name);
        return act((context) => handler(asked, context), asked, signal);
      }
      case 'signal-process': {
        const asked = readArguments(name, given);
        const handler = handlers[name] ?? unsupported(name);
        return act((context) => handler(asked, context), asked, signal);
      }
    }
  }

  return ({ verb, arguments: given, deadlineMs }, gone) => {
    if (!isVerbName(verb)) return refusedAtOnce(new Refusal('unknown-verb', `there is no verb of that name; known are ${Object.keys(VERBS).join(', ')}`));
    const row = VERBS[verb];
    const limitMs = Math.min(deadlineMs ?? row.mostMs, row.mostMs);
    const ending = new AbortController();
    // What acts is never left half done because its peer has gone.
    const signal = row.isActing ? ending.signal : AbortSignal.any([ending.signal, gone]);
    const late = Promise.withResolvers<never>();
    const end = (refusal: Refusal): void => {
      ending.abort(refusal);
      late.reject(refusal);
    };
    const timer = setTimeout(() => end(new Refusal('deadline', `${verb} was not done within ${limitMs} ms`)), limitMs);
    const onStop = (): void => end(new Refusal('stopping', 'the helper was stopped before it was done'));
    options.stop.addEventListener('abort', onStop);
    const work = (async () => run(verb, given, signal))();
    const ended = work.then(ignore, ignore).then(() => {
      clearTimeout(timer);
      options.stop.removeEventListener('abort', onStop);
    });
    const answer = Promise.race([work, late.promise]).catch((error: unknown) => Promise.reject(asRefusal(error)));
    return { answer, ended };
  };
}

const ignore = (): void => undefined;

function refusedAtOnce(refusal: Refusal): Running {
  return { answer: Promise.reject(refusal), ended: Promise.resolve() };
}

function unsupported(name: VerbName): never {
  throw new Refusal('not-supported', `this helper cannot do ${name}`);
}

function readArguments<Name extends VerbName>(name: Name, given: unknown) {
  const fields = readFields(given, ['arguments']);
  const asked = VERBS[name].read(fields);
  fields.done();
  return asked;
}

/** What went wrong unforeseen stays in the helper's log: it may hold what the peer should not see. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof GuestError) return new Refusal(error.reason, error.message, { cause: error });
  if (error instanceof FieldError) return new Refusal('bad-request', `${error.path.join('.')}: ${error.message}`, { cause: error });
  return new Refusal('internal', 'the helper failed; its log says how', { cause: error });
}

/** One action at a time for each domain, and not too many of them. */
function createActingLimits({ actionRate }: Limits): { enter(domain: string, nowMs: number): () => void } {
  const domains = new Map<string, { places: Places; rate: RateLimit }>();
  return {
    enter(domain, nowMs) {
      const own = domains.get(domain) ?? { places: createPlaces(1), rate: createRateLimit(actionRate) };
      domains.set(domain, own);
      const leave = own.places();
      if (leave === null) throw new Refusal('busy', 'another action on this domain is under way');
      if (own.rate(nowMs)) return leave;
      leave();
      throw new Refusal('rate-limited', 'too many actions on this domain in a short time; ask again in some seconds');
    },
  };
}
