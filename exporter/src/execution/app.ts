/**
 * Actions on apps inside guests (EDR, execution layer: restart of a process from outside). Each looks at the app's processes first and
 * journals every side effect as a step before it is begun. Whether it helped is verification's matter (verify-app.ts).
 */
import type { AppDeclaration } from '../config/apps.ts';
import { HelperError } from '../guest/helper/client.ts';
import type { AppAction } from '../vocabulary.ts';
import { ActionError, UnknownEndError } from './action.ts';
import type { GuestActions, GuestAnswer, GuestOrder, GuestProcessId } from './guest-actions.ts';
import type { GuestAgentActions } from './guest-agent-actions.ts';
import { GUEST_AGENT } from './guest-agent-actions.ts';
import { AGENT_NOT_OPTED_IN } from './guest-agent-error.ts';
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
  app: ActedOn;
  /** It hangs: what there is of it is killed before it is started. */
  isHung: boolean;
  guest: GuestActions;
  /** Asked where `guest` refuses, and for what an app declares for it. Null: it may not be used in this domain. */
  agent: GuestAgentActions | null;
  /** Asked right before each side effect. Rejects where the lease is not ours any more. */
  generation(): Promise<number>;
  /** By a fresh list. Rejects with HelperError; the guest is left as it is either way. */
  processes(): Promise<AppProcesses>;
  /** Journals `name` with `detail`, then runs it. The step is in the store before `run` is called; `told` is kept with its end. */
  step<T>(name: string, detail: string, run: () => Promise<T>, told: (value: T) => string): Promise<T>;
  /** Rejects when the attempt's time is over. */
  wait(delayMs: number): Promise<void>;
  signal: AbortSignal;
}

/** Of an app's declaration, what tells how it is acted on. */
export type ActedOn = Pick<AppDeclaration, 'name' | 'match' | 'start' | 'probes'>;

export interface AppActionEnd {
  /** Those of the app right before the first side effect: what counts as new is not among them. Null: they could not be listed, and its probes alone tell. */
  before: GuestProcessId[] | null;
  /** Nobody knows whether the last step was done. The app has to be looked at, not acted on again. */
  isUncertain: boolean;
}

type Start = { unit: string } | { command: readonly string[] } | { agentCommand: readonly string[] };

/** A unit that is named plainly, without a pattern. */
const PLAIN_UNIT = /^[0-9A-Za-z:_.@\\-]+\.service$/;

/** How the app is started: as declared, or by the unit that its processes belong to. Null: nobody says. */
export function startOf({ start, match }: Pick<AppDeclaration, 'match' | 'start'>): Start | null {
  if (start?.unit !== undefined) return { unit: start.unit };
  if (start?.command !== undefined) return { command: start.command };
  if (start?.agentCommand !== undefined) return { agentCommand: start.agentCommand };
  return match?.unit !== undefined && PLAIN_UNIT.test(match.unit) ? { unit: match.unit } : null;
}

/** Why this cannot be done to the app at all, for people; null: it may be tried. */
export function notDeclared(action: AppAction, app: ActedOn, isAgentAllowed: boolean): string | null {
  const how = startOf(app);
  if (app.match === undefined && !mayActUnlisted(action, app, isAgentAllowed)) return `the app declares no \`match\`, so that nothing tells which processes it has${how === null || isAgentAllowed ? '' : `; and ${AGENT_NOT_OPTED_IN}`}`;
  if (action === 'kill_process') return null;
  if (how === null) return 'the app declares neither `start` nor a plain service in `match.unit`, so that nothing tells how it is started';
  return 'agentCommand' in how && !isAgentAllowed ? AGENT_NOT_OPTED_IN : null;
}

/** What starts the app anew, whatever there is of it, may be done without a list of its processes, if probes tell whether it helped. */
function mayActUnlisted(action: AppAction, app: ActedOn, isAgentAllowed: boolean): boolean {
  const how = startOf(app);
  return action === 'restart_app' && isAgentAllowed && app.probes.length > 0 && how !== null && !('command' in how);
}

/** @throws ActionError, or what the store says; `unavailable` where the guest was left as it was */
export async function performAppAction(action: AppAction, context: AppActionContext): Promise<AppActionEnd> {
  const { app, agent } = context;
  const objection = notDeclared(action, app, agent !== null);
  if (objection !== null) throw new ActionError('unavailable', objection);
  const seen = app.match === undefined ? null : await listed(context).catch((error: unknown) => (error instanceof ActionError && mayActUnlisted(action, app, agent !== null) ? null : Promise.reject(error as Error)));
  const end = { before: seen?.members ?? null };
  try {
    await perform(action, { ...context, seen });
    return { ...end, isUncertain: false };
  } catch (error) {
    if (error instanceof UnknownEndError) return { ...end, isUncertain: true };
    throw error;
  }
}

interface Run extends AppActionContext {
  /** Null: not listed. */
  seen: AppProcesses | null;
}

async function perform(action: AppAction, run: Run): Promise<void> {
  if (action === 'restart_app') return restart(run);
  const { members } = listOf(run);
  if (action === 'kill_process') {
    if (members.length === 0) throw new ActionError('unavailable', 'it has no process that could be killed');
    return kill(run);
  }
  if (members.length > 0) throw new ActionError('unavailable', `it runs already: ${describeProcesses(members, MOST_SHOWN)}`);
  return start(run, false);
}

function listOf({ seen }: Run): AppProcesses {
  if (seen === null) throw new ActionError('unavailable', 'its processes cannot be listed');
  return seen;
}

/** The unit's own restart ends what there is, and so does a command of the agent. Another one does not: a second instance beside the first would be no restart. */
async function restart(run: Run): Promise<void> {
  const how = startOf(run.app);
  if (how !== null && !('command' in how)) return start(run, run.isHung);
  if (listOf(run).members.length > 0) await kill(run);
  await start(run, false);
}

async function start(run: Run, killFirst: boolean): Promise<void> {
  const how = startOf(run.app);
  const { signal } = run;
  if (how === null) throw new ActionError('unavailable', 'nothing tells how it is started');
  if ('unit' in how) {
    const { unit } = how;
    return act(run, `${killFirst ? 'kill and restart' : 'restart'} unit ${unit}`, (guest, order) => guest.restartUnit({ ...order, unit, killFirst }, signal));
  }
  if ('agentCommand' in how) {
    const { agentCommand: command } = how;
    return byAgent(run, `run ${command[0] ?? ''}`, (agent, order) => agent.runDeclared({ ...order, command }, signal));
  }
  const { command } = how;
  const { undecided } = listOf(run);
  // Where it cannot be told whether it runs, it would perhaps run twice.
  if (undecided > 0) throw new ActionError('unavailable', `of ${undecided} processes it cannot be told whether they are the app; it is not started beside them`);
  return act(run, `start ${command.join(' ')}`, (guest, order) => guest.startCommand({ ...order, command }, signal));
}

/** Returns when they are gone: until then their ports are taken. */
async function kill(run: Run): Promise<void> {
  const { members } = listOf(run);
  const name = members.length === 1 ? 'kill process' : `kill ${members.length} processes`;
  await act(run, `${name} ${describeProcesses(members, MOST_SHOWN)}`, (guest, order) => guest.killProcesses({ ...order, processes: members, signal: 'KILL' }, run.signal));
  const killed = new Set(members.map(processName));
  for (let waitedMs = 0; ; waitedMs += GONE_POLL_MS) {
    const left = await stillThere(run, killed);
    if (left === null) return;
    if (waitedMs >= GONE_MS) throw new ActionError('failed', `killed, but after ${GONE_MS / 1000} s ${left}`);
    await run.wait(GONE_POLL_MS);
  }
}

/**
 * Null: none is there. Where they cannot be listed it says so: the signal has held the guest for a moment, and libvirt tells that it runs
 * again later than it does.
 */
async function stillThere({ processes }: Run, killed: ReadonlySet<string>): Promise<string | null> {
  try {
    const left = (await processes()).members.filter((process) => killed.has(processName(process)));
    return left.length === 0 ? null : `still there: ${describeProcesses(left, MOST_SHOWN)}`;
  } catch (error) {
    if (!(error instanceof HelperError)) throw error;
    return `it is not known whether they are gone: ${error.reason}: ${error.message}`;
  }
}

const MOST_SHOWN = 8;
const GONE_MS = 5000;
const GONE_POLL_MS = 250;

/** Refusals that hold for whatever way: of this order, of its moment, or of its lease. The guest agent is no way round them. */
const FOR_EVERY_WAY: ReadonlySet<string> = new Set([
  'stale-generation', 'generation-not-kept', 'generation-unreadable', 'domain-changed', 'domain-ambiguous', 'busy', 'rate-limited', 'deadline', 'paused',
  'domain-debug', 'unit-name-invalid', 'bad-request',
]);

/** One side effect: from outside, and where that is not to be had by the guest agent, a step of its own. */
async function act(run: Run, name: string, ask: (guest: GuestActions, order: GuestOrder) => Promise<GuestAnswer>): Promise<void> {
  try {
    await sideEffect(run, name, (order) => ask(run.guest, order));
  } catch (error) {
    if (!(error instanceof Refused) || FOR_EVERY_WAY.has(error.reason) || run.agent === null) throw error;
    await byAgent(run, name, ask, `${error.message}; then `);
  }
}

async function byAgent(run: Run, name: string, ask: (agent: GuestAgentActions, order: GuestOrder) => Promise<GuestAnswer>, before = ''): Promise<void> {
  const { agent } = run;
  if (agent === null) throw new ActionError('unavailable', AGENT_NOT_OPTED_IN);
  try {
    await sideEffect(run, `${name} by ${GUEST_AGENT}`, (order) => ask(agent, order));
  } catch (error) {
    throw error instanceof Refused ? new Refused(error.reason, `${before}${error.message}`) : error;
  }
}

async function sideEffect({ host, uuid, seen, generation, step }: Run, name: string, ask: (order: GuestOrder) => Promise<GuestAnswer>): Promise<void> {
  const run = async (): Promise<GuestAnswer> => {
    const order = { host, uuid, generation: await generation() };
    return translated(() => ask(order));
  };
  await step(name, beforeText(seen?.members ?? null), run, ({ method, detail }) => `${method}: ${detail}`);
}

/** Nothing was done, for a reason that has a word. */
class Refused extends ActionError {
  readonly reason: string;
  constructor(reason: string, text: string) {
    super('unavailable', text);
    this.reason = reason;
  }
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
    throw error.effect === 'none' || NEVER_REACHED.has(error.reason) ? new Refused(error.reason, text) : new UnknownEndError(text);
  }
}
