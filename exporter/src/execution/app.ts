/**
 * Actions on apps inside guests (EDR, execution layer: restart of a process from outside). Each looks at the app's processes first and
 * journals every side effect as a step before it is begun. Whether it helped is verification's matter (verify-app.ts).
 */
import type { AppDeclaration } from '../config/apps.ts';
import { HelperError } from '../guest/helper/client.ts';
import type { AppAction } from '../vocabulary.ts';
import { ActionError, UnknownEndError } from './action.ts';
import type { GuestActions, GuestAnswer, GuestOrder, GuestProcessId } from './guest-actions.ts';
import { beforeText, describeProcesses, processName } from './process-names.ts';

/** The processes of an app by one fresh list. */
export interface AppProcesses {
  members: GuestProcessId[];
  /** Processes of which it cannot be told whether they are the app's. */
  undecided: number;
}

export interface AppActionContext {
  uuid: string;
  host: string;
  app: Pick<AppDeclaration, 'name' | 'match' | 'start'>;
  /** It hangs: what there is of it is killed before it is started. */
  isHung: boolean;
  guest: GuestActions;
  /** Asked right before each side effect. Rejects where the lease is not ours any more. */
  generation(): Promise<number>;
  /** By a fresh list. Rejects with HelperError; the guest is left as it is either way. */
  processes(): Promise<AppProcesses>;
  /** Journals `name` with `detail`, then runs it. The step is in the store before `run` is called. */
  step<T>(name: string, detail: string, run: () => Promise<T>): Promise<T>;
  /** Rejects when the attempt's time is over. */
  wait(delayMs: number): Promise<void>;
  signal: AbortSignal;
}

export interface AppActionEnd {
  /** Those of the app right before the first side effect: what counts as new is not among them. */
  before: GuestProcessId[];
  /** Nobody knows whether the last step was done. The app has to be looked at, not acted on again. */
  isUncertain: boolean;
}

type Start = { unit: string } | { command: readonly string[] };

/** A unit that is named plainly, without a pattern. */
const PLAIN_UNIT = /^[0-9A-Za-z:_.@\\-]+\.service$/;

/** How the app is started: as declared, or by the unit that its processes belong to. Null: nobody says. */
export function startOf({ start, match }: Pick<AppDeclaration, 'match' | 'start'>): Start | null {
  if (start?.unit !== undefined) return { unit: start.unit };
  if (start?.command !== undefined) return { command: start.command };
  return match?.unit !== undefined && PLAIN_UNIT.test(match.unit) ? { unit: match.unit } : null;
}

/** Why this cannot be done to the app at all, for people; null: it may be tried. */
export function notDeclared(action: AppAction, app: Pick<AppDeclaration, 'match' | 'start'>): string | null {
  if (app.match === undefined) return 'the app declares no `match`, so that nothing tells which processes it has';
  if (action !== 'kill_process' && startOf(app) === null) return 'the app declares neither `start` nor a plain service in `match.unit`, so that nothing tells how it is started';
  return null;
}

/** @throws ActionError, or what the store says; `unavailable` where the guest was left as it was */
export async function performAppAction(action: AppAction, context: AppActionContext): Promise<AppActionEnd> {
  const objection = notDeclared(action, context.app);
  if (objection !== null) throw new ActionError('unavailable', objection);
  const seen = await listed(context);
  const run: Run = { ...context, seen };
  try {
    await perform(action, run);
    return { before: seen.members, isUncertain: false };
  } catch (error) {
    if (error instanceof UnknownEndError) return { before: seen.members, isUncertain: true };
    throw error;
  }
}

interface Run extends AppActionContext {
  seen: AppProcesses;
}

async function perform(action: AppAction, run: Run): Promise<void> {
  switch (action) {
    case 'restart_app':
      return restart(run);
    case 'start_process':
      if (run.seen.members.length > 0) throw new ActionError('unavailable', `it runs already: ${describeProcesses(run.seen.members, MOST_SHOWN)}`);
      return start(run, false);
    case 'kill_process':
      if (run.seen.members.length === 0) throw new ActionError('unavailable', 'it has no process that could be killed');
      return kill(run);
  }
}

/** The unit's own restart ends what there is. A command does not: a second instance beside the first would be no restart. */
async function restart(run: Run): Promise<void> {
  const how = startOf(run.app);
  if (how !== null && 'unit' in how) return start(run, run.isHung);
  if (run.seen.members.length > 0) await kill(run);
  await start(run, false);
}

async function start(run: Run, killFirst: boolean): Promise<void> {
  const how = startOf(run.app);
  if (how === null) throw new ActionError('unavailable', 'nothing tells how it is started');
  if ('unit' in how) {
    const { unit } = how;
    return act(run, `${killFirst ? 'kill and restart' : 'restart'} unit ${unit}`, (order) => run.guest.restartUnit({ ...order, unit, killFirst }, run.signal));
  }
  const { command } = how;
  // Where it cannot be told whether it runs, it would perhaps run twice.
  if (run.seen.undecided > 0) throw new ActionError('unavailable', `of ${run.seen.undecided} processes it cannot be told whether they are the app; it is not started beside them`);
  return act(run, `start ${command.join(' ')}`, (order) => run.guest.startCommand({ ...order, command }, run.signal));
}

/** Returns when they are gone: until then their ports are taken. */
async function kill(run: Run): Promise<void> {
  const { members } = run.seen;
  const name = members.length === 1 ? 'kill process' : `kill ${members.length} processes`;
  await act(run, `${name} ${describeProcesses(members, MOST_SHOWN)}`, (order) => run.guest.killProcesses({ ...order, processes: members, signal: 'KILL' }, run.signal));
  const killed = new Set(members.map(processName));
  for (let waitedMs = 0; ; waitedMs += GONE_POLL_MS) {
    const left = (await listed(run)).members.filter((process) => killed.has(processName(process)));
    if (left.length === 0) return;
    if (waitedMs >= GONE_MS) throw new ActionError('failed', `killed, but still there after ${GONE_MS / 1000} s: ${describeProcesses(left, MOST_SHOWN)}`);
    await run.wait(GONE_POLL_MS);
  }
}

const MOST_SHOWN = 8;
const GONE_MS = 5000;
const GONE_POLL_MS = 250;

/** One side effect. */
async function act({ host, uuid, seen, generation, step }: Run, name: string, ask: (order: GuestOrder) => Promise<GuestAnswer>): Promise<void> {
  await step(name, beforeText(seen.members), async () => {
    const order = { host, uuid, generation: await generation() };
    return translated(() => ask(order));
  });
}

/** No connection came about, so nothing was sent. */
const NEVER_REACHED: ReadonlySet<string> = new Set(['helper-unreachable', 'helper-untrusted']);

/** Nothing is changed by looking, so whatever goes wrong leaves the guest as it was. */
async function listed({ processes }: AppActionContext): Promise<AppProcesses> {
  try {
    return await processes();
  } catch (error) {
    if (!(error instanceof HelperError)) throw error;
    throw new ActionError('unavailable', `${error.reason}: ${error.message}`);
  }
}

/** What the helper refuses is not available here, now; what it may have done is looked at. */
async function translated<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof HelperError)) throw error;
    const text = `${error.reason}: ${error.message}`;
    throw error.effect === 'none' || NEVER_REACHED.has(error.reason) ? new ActionError('unavailable', text) : new UnknownEndError(text);
  }
}
