/**
 * Actions on domains (EDR, execution layer). Each looks at the domain first, does only what is still missing, and journals
 * every side effect as a step before it is begun. Whether the action helped is verification's matter (verify.ts).
 */
import type { Action, DesiredState } from '../vocabulary.ts';
import type { ActiveState, DomainStateNow, Hypervisor } from './hypervisor.ts';

/** `unavailable`: this action can't be taken here; the ladder goes on at once. */
export class ActionError extends Error {
  override name = 'ActionError';
  readonly kind: 'failed' | 'unavailable';
  constructor(kind: 'failed' | 'unavailable', message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface ActionContext {
  uuid: string;
  name: string;
  host: string;
  desired: DesiredState;
  hypervisor: Hypervisor;
  /** Journals `name`, then runs it. The step is in the store before `run` is called. */
  step<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Hosts other than `host` that show the domain active now, or that are not heard and last showed it. */
  activeElsewhere(): string[];
  /** Whether every host is heard and none of them has the domain, by fresh look-ups. */
  absentEverywhere(): Promise<{ absent: boolean; why: string }>;
  savedDefinition(): Promise<string | null>;
  /** Waits `delayMs`; rejects when the attempt's time is over. */
  wait(delayMs: number): Promise<void>;
}

const ACTIVE: ReadonlySet<ActiveState> = new Set(['running', 'paused', 'crashed', 'pmsuspended']);
const SHUTDOWN_POLL_MS = 500;

/** Takes `action` on one domain. Rejects with ActionError, with the hypervisor's error, or when its time is over. */
export async function performDomainAction(action: Action, context: ActionContext): Promise<void> {
  switch (action) {
    case 'start':
      return start(context);
    case 'resume':
      return resume(context);
    case 'reset':
      return reset(context);
    case 'restart':
      return restart(context);
    case 'rebuild':
      return rebuild(context);
    case 'stop':
      return stop(context);
    case 'destroy':
      return destroy(context);
    case 'relocate':
      throw new ActionError('unavailable', 'relocation to another host is not available');
    case 'migrate':
      throw new ActionError('unavailable', 'live migration is not available');
    case 'notify':
      return;
  }
}

async function start(context: ActionContext): Promise<void> {
  const now = await present(context);
  if (now.state === 'running') return;
  if (now.state !== 'shutoff') throw new ActionError('failed', `cannot start a domain that is ${describe(now)}`);
  await create(context);
}

async function resume(context: ActionContext): Promise<void> {
  const now = await present(context);
  if (now.state === 'running') return;
  if (now.state !== 'paused') throw new ActionError('failed', `cannot resume a domain that is ${describe(now)}`);
  await context.step('resume', () => context.hypervisor.resume(context.uuid));
}

async function reset(context: ActionContext): Promise<void> {
  const now = await present(context);
  if (!ACTIVE.has(now.state)) throw new ActionError('unavailable', `cannot reset a domain that is ${describe(now)}`);
  await context.step('reset', () => context.hypervisor.reset(context.uuid));
  // After a panic or a watchdog's pause the virtual CPUs stay stopped through the reset.
  const after = await present(context);
  if (after.state === 'paused') await context.step('resume', () => context.hypervisor.resume(context.uuid));
}

async function restart(context: ActionContext): Promise<void> {
  const now = await present(context);
  if (!now.persistent) throw new ActionError('unavailable', 'a transient domain would be gone after destroy');
  if (ACTIVE.has(now.state)) await context.step('destroy', () => context.hypervisor.destroy(context.uuid));
  await create(context);
}

async function rebuild(context: ActionContext): Promise<void> {
  const existing = await context.hypervisor.state(context.uuid);
  if (!existing?.persistent) {
    const xml = await context.savedDefinition();
    if (!xml) throw new ActionError('unavailable', 'no definition of this domain was ever saved');
    const { absent, why } = await context.absentEverywhere();
    if (!existing && !absent) throw new ActionError('failed', `not defined again: ${why}`);
    const namesake = await context.hypervisor.uuidOfName(context.name);
    if (namesake && namesake !== context.uuid) throw new ActionError('failed', `host ${context.host} has another domain named ${context.name} (${namesake})`);
    await context.step('define', () => context.hypervisor.define(xml));
  }
  if (context.desired === 'running') await start(context);
}

async function stop(context: ActionContext): Promise<void> {
  const now = await present(context);
  if (!ACTIVE.has(now.state)) return;
  await context.step('shutdown', () => context.hypervisor.shutdown(context.uuid));
  for (;;) {
    await context.wait(SHUTDOWN_POLL_MS);
    const later = await context.hypervisor.state(context.uuid);
    if (!later || !ACTIVE.has(later.state)) return;
  }
}

async function destroy(context: ActionContext): Promise<void> {
  const now = await context.hypervisor.state(context.uuid);
  if (!now || !ACTIVE.has(now.state)) return;
  await context.step('destroy', () => context.hypervisor.destroy(context.uuid));
}

async function create(context: ActionContext): Promise<void> {
  const others = context.activeElsewhere();
  if (others.length > 0) {
    throw new ActionError('failed', `not started on ${context.host}: it may be running on ${others.join(', ')}`);
  }
  await context.step('create', () => context.hypervisor.create(context.uuid));
}

async function present(context: ActionContext): Promise<DomainStateNow> {
  const now = await context.hypervisor.state(context.uuid);
  if (!now) throw new ActionError('unavailable', `host ${context.host} has no definition of this domain`);
  return now;
}

function describe(now: DomainStateNow): string {
  return `${now.state} (${now.reason})`;
}
