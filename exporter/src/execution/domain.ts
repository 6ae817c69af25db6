/**
 * Actions on domains (EDR, execution layer). Each looks at the domain first, does only what is still missing, and journals
 * every side effect as a step before it is begun. Whether the action helped is verification's matter (verify.ts).
 */
import type { Action } from '../vocabulary.ts';
import { ActionError, describe, present } from './action.ts';
import type { ActionContext } from './action.ts';
import type { ActiveState } from './hypervisor.ts';
import { migrate } from './migrate.ts';

const ACTIVE: ReadonlySet<ActiveState> = new Set(['running', 'paused', 'crashed', 'pmsuspended']);
const SHUTDOWN_POLL_MS = 500;

/**
 * Takes `action` on one domain. Resolves with the host on which the domain is to be looked at then. Rejects with ActionError, with the
 * hypervisor's error, or when its time is over.
 */
export async function performDomainAction(action: Action, context: ActionContext): Promise<{ host: string }> {
  if (action === 'migrate') return migrate(context);
  await performInPlace(action, context);
  return { host: context.host };
}

async function performInPlace(action: Exclude<Action, 'migrate'>, context: ActionContext): Promise<void> {
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
    case 'restart_app':
    case 'start_process':
    case 'kill_process':
      throw new ActionError('unavailable', `${action} is done to an app inside the guest`);
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
