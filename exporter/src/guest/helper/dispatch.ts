import { performance } from 'node:perf_hooks';
import { ActionFailed, ActionRefused } from '../actions/action-error.ts';
import { GuestError } from '../error.ts';
import { runWithin } from './deadline.ts';
import type { Bounds, Running } from './deadline.ts';
import { createDomainAccess } from './domain-access.ts';
import type { DomainAccessOptions } from './domain-access.ts';
import { FieldError, readFields } from './fields.ts';
import type { Handlers } from './handlers.ts';
import { allowedFor } from './opt-in.ts';
import { Refusal } from './refusal.ts';
import type { Effect, RefusalCounters } from './refusal.ts';
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

export interface DispatcherOptions extends DomainAccessOptions {
  handlers: Handlers;
  counters: RefusalCounters;
  /** Aborted when the helper has waited long enough for what runs: only undoing is left to do. */
  stop: AbortSignal;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
}

/** @param gone aborted when the peer has gone; the answer rejects with Refusal */
export type Dispatcher = (request: Request, gone: AbortSignal) => Running;

/** Everything that a request has to pass before anything is done for it, in one place and order. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const nowMs = options.nowMs ?? (() => performance.now());
  const startedMs = nowMs();
  const { read, act } = createDomainAccess(options, nowMs);

  function pong(): Pong {
    const supported = (Object.keys(VERBS) as VerbName[]).filter((name) => name === 'ping' || name === 'domains' || options.handlers[name] !== undefined);
    return { protocol: PROTOCOL_VERSION, uptimeSeconds: (nowMs() - startedMs) / 1000, supported, refusals: options.counters.read() };
  }

  async function domains(): Promise<OptedInDomain[]> {
    const all = (await options.finder.list()).map(({ uuid, name }) => {
      const { read, write } = allowedFor(options.optIns(), { uuid, name });
      return { uuid, name, read, write };
    });
    return all.filter(({ read, write }) => read || write);
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
      case 'look': {
        const asked = readArguments(name, given);
        const handler = handlers[name] ?? unsupported(name);
        return read((context) => handler(asked, context), asked, signal);
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
      case 'restart-unit': {
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
    // What acts is never left half done because its peer has gone.
    const bounds: Bounds = { name: verb, limitMs, effect: row.isActing ? 'unknown' : 'none', stop: options.stop, gone: row.isActing ? [] : [gone] };
    const { answer, ended } = runWithin(bounds, (signal) => run(verb, given, signal));
    return { answer: answer.catch((error: unknown) => Promise.reject(asRefusal(error, bounds.effect))), ended };
  };
}

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

/**
 * What went wrong unforeseen stays in the helper's log: it may hold what the peer should not see.
 *
 * @param effect what a verb that failed in an unforeseen way may have done
 */
function asRefusal(error: unknown, effect: Effect): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof FieldError) return new Refusal('bad-request', `${error.path.join('.')}: ${error.message}`, { cause: error });
  if (error instanceof ActionRefused) return new Refusal(error.reason, error.message, { cause: error });
  if (error instanceof ActionFailed) return new Refusal(error.reason, error.message, { cause: error, effect: 'unknown' });
  if (error instanceof GuestError) return new Refusal(error.reason, error.message, { cause: error, effect });
  return new Refusal('internal', 'the helper failed; its log says how', { cause: error, effect });
}
