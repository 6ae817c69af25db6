import type { Generations } from './generations.ts';
import type { ActingContext, DomainContext } from './handlers.ts';
import { createPlaces, createRateLimit } from './limits.ts';
import type { Limits, Places, RateLimit } from './limits.ts';
import { allowedFor } from './opt-in.ts';
import type { OptIn } from './opt-in.ts';
import type { QemuFinder } from './qemu-finder.ts';
import type { QemuProcess } from './qemu-identity.ts';
import { Refusal } from './refusal.ts';
import type { Acting } from './verbs.ts';

export interface DomainAccessOptions {
  /** Asked at each request, so that they can be changed while the helper runs. */
  optIns: () => readonly OptIn[];
  finder: QemuFinder;
  generations: Generations;
  limits: Limits;
}

/** The way to a domain: each check in its place. Both reject with Refusal where one fails. */
export interface DomainAccess {
  read(run: (context: DomainContext) => Promise<unknown>, asked: { domain: string }, signal: AbortSignal): Promise<unknown>;
  /** The generation is let in before the domain's turn: an action of an older lease that is under way then stops. A stale request takes no turn. */
  act(run: (context: ActingContext) => Promise<unknown>, asked: Acting, signal: AbortSignal): Promise<unknown>;
}

/** @param nowMs monotonic */
export function createDomainAccess(options: DomainAccessOptions, nowMs: () => number): DomainAccess {
  const acting = createActingLimits(options.limits);

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

  return {
    async read(run, { domain }, signal) {
      return run(contextOf(await permitted(domain, 'read'), signal));
    },
    async act(run, { domain, generation }, signal) {
      const qemu = await permitted(domain, 'write');
      await options.generations.admit(domain, generation);
      const leave = acting.enter(domain, nowMs());
      try {
        const context: ActingContext = {
          ...contextOf(qemu, signal),
          mayAct: () => !signal.aborted && options.finder.isSame(qemu) && options.generations.isCurrent(domain, generation) && allowedFor(options.optIns(), qemu).write,
          pauseBudgetMs: options.limits.pauseBudgetMs,
          sysrq: allowedFor(options.optIns(), qemu).sysrq,
        };
        if (!context.mayAct()) throw new Refusal('domain-changed', 'the domain, its lease or the time that was given changed before anything was done');
        return await run(context);
      } finally {
        leave();
      }
    },
  };
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
