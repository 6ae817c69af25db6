/**
 * Live migration of a running domain. The two hosts do it between themselves; its answer may be lost or late, so what counts is
 * what both hosts show afterwards.
 */
import { ActionError, describe, present, UnknownEndError } from './action.ts';
import type { ActionContext, Destination } from './action.ts';
import type { DomainStateNow } from './hypervisor.ts';
import { MigrationRefused } from './hypervisor.ts';

/** Kept of the attempt's time for ending a migration that takes too long and for looking where the domain is. */
const CLEANUP_MS = 10_000;
const LEAST_MS = 1_000;
const POLL_MS = 500;

/** Resolves with the host on which the domain runs now. Rejects with ActionError, UnknownEndError, or when the time is over. */
export async function migrate(context: ActionContext): Promise<{ host: string }> {
  const now = await present(context);
  if (now.state !== 'running') throw new ActionError('unavailable', `cannot migrate a domain that is ${describe(now)}`);
  const arrived = (await context.hypervisor.hasJob(context.uuid)) ? await outlast(context) : null;
  if (arrived !== null) return { host: arrived };
  const destination = await context.destination();
  const limitMs = context.timeLeftMs() - context.verifyMs - CLEANUP_MS;
  if (limitMs < LEAST_MS) throw new ActionError('failed', `the rung's time limit leaves no time to migrate; it needs ${Math.ceil((context.verifyMs + CLEANUP_MS) / 1000)} s beside`);
  await context.step(`migrate to ${destination.host}`, () => move(context, destination, now.persistent, limitMs));
  return { host: destination.host };
}

/**
 * A job is under way that is not ours, or that a process before this one began: it is left to end. Resolves with the other host on which
 * the domain runs then; null: it still runs here.
 */
async function outlast(context: ActionContext): Promise<string | null> {
  return context.step('wait for the job under way', async () => {
    while (!(await isIdle(context))) await context.wait(POLL_MS);
    const here = await look(context.hypervisor, context.uuid);
    if (here !== null && here !== 'silence' && here.state === 'running') return null;
    const host = await context.runsOn();
    if (host === null) throw new UnknownEndError(`after the job that was under way it runs neither on ${context.host} nor, as far as can be seen, elsewhere`);
    return host;
  });
}

type Answer = { ok: true } | { ok: false; error: unknown };

async function move(context: ActionContext, destination: Destination, persistent: boolean, limitMs: number): Promise<void> {
  const { uuid, hypervisor } = context;
  const answer: Promise<Answer> = hypervisor
    .migrate(uuid, { uri: destination.uri, persistent, limitMs: limitMs + CLEANUP_MS })
    .then(() => ({ ok: true }), (error: unknown) => ({ ok: false, error }));
  const inTime = await Promise.race([answer, timer(context, limitMs)]);
  if (inTime !== 'over') return judge(context, destination, inTime, null);
  // Where it cannot be told to end it may still arrive: what both hosts show decides.
  await hypervisor.abortJob(uuid).catch(() => undefined);
  const late = await Promise.race([answer, timer(context, CLEANUP_MS / 2)]);
  return judge(context, destination, late === 'over' ? null : late, `not done within ${Math.round(limitMs / 1000)} s, so it was ended`);
}

/** Rejects when the attempt itself is over; nobody may be waiting for it then. */
function timer(context: ActionContext, delayMs: number): Promise<'over'> {
  const over = context.wait(delayMs).then(() => 'over' as const);
  over.catch(() => undefined);
  return over;
}

/** Looks until both hosts show where the domain is. Resolves where it has moved. */
async function judge(context: ActionContext, destination: Destination, answer: Answer | null, ended: string | null): Promise<void> {
  let waitedMs = 0;
  for (;;) {
    const [here, there] = [await look(context.hypervisor, context.uuid), await look(destination.hypervisor, context.uuid)];
    const isOffHere = here === null || (here !== 'silence' && here.state === 'shutoff');
    const isOffThere = there === null || (there !== 'silence' && there.state === 'shutoff');
    if (there !== null && there !== 'silence' && there.state === 'running' && isOffHere) return;
    const stayed = here !== null && here !== 'silence' && here.state === 'running' && isOffThere;
    if (stayed && (answer?.ok === false || (await isIdle(context)))) throw failure(answer, ended);
    if (waitedMs >= CLEANUP_MS / 2) {
      const shown = (one: DomainStateNow | 'silence' | null): string => (one === null ? 'absent' : one === 'silence' ? 'not heard' : describe(one));
      throw new UnknownEndError(`its end is not known: ${shown(here)} on ${context.host}, ${shown(there)} on ${destination.host}`);
    }
    await context.wait(POLL_MS);
    waitedMs += POLL_MS;
  }
}

/** A host that does not answer says nothing of the domain: unknown is never gone. */
async function look(hypervisor: Destination['hypervisor'], uuid: string): Promise<DomainStateNow | 'silence' | null> {
  try {
    return await hypervisor.state(uuid);
  } catch {
    return 'silence';
  }
}

async function isIdle({ hypervisor, uuid }: ActionContext): Promise<boolean> {
  return !(await hypervisor.hasJob(uuid).catch(() => true));
}

function failure(answer: Answer | null, ended: string | null): ActionError {
  const error = answer?.ok === false ? answer.error : null;
  const said = error instanceof Error ? error.message : null;
  if (error instanceof MigrationRefused) return new ActionError('unavailable', `libvirt refuses to migrate it: ${said}`);
  if (ended !== null) return new ActionError('timed_out', `${ended}; it runs on where it was`);
  return new ActionError('failed', `not migrated${said === null ? '' : `: ${said}`}; it runs on where it was`);
}
