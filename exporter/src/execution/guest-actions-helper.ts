/** Actions inside guests through the guest helper, which alone may change them. */
import { HelperError } from '../guest/helper/client.ts';
import type { HelperClient } from '../guest/helper/client.ts';
import { SIGNALLED_AT_ONCE } from '../guest/helper/verbs.ts';
import type { Signalled, Started, VerbTypes } from '../guest/helper/verbs.ts';
import type { GuestActions, GuestAnswer, GuestOrder, GuestProcessId } from './guest-actions.ts';
import { describeProcesses, processName } from './process-names.ts';

export interface HelperActionsOptions {
  /** The helper of a host's machine, for orders; null: it has none. Asked at each order, as another configuration may be in force. */
  helper(host: string): HelperClient | null;
  /** The helper begins nothing after it. Default 30,000. */
  deadlineMs?: number;
}

type ActingVerb = 'start-process' | 'signal-process' | 'restart-unit';

const DEADLINE_MS = 30_000;
const MOST_SHOWN = 8;

/** Rejects with HelperError as `GuestActions` says. */
export function createHelperActions({ helper, deadlineMs = DEADLINE_MS }: HelperActionsOptions): GuestActions {
  async function ask<Name extends ActingVerb>(verb: Name, { host }: GuestOrder, asked: VerbTypes[Name]['asked'], signal: AbortSignal): Promise<VerbTypes[Name]['answer']> {
    const client = helper(host);
    if (client === null) throw refused('no-helper', `the machine of host ${host} has no guest helper that is reached from here; run \`virtmedic guest-helper\` on it, and set \`guest.helperFolder\``);
    if (signal.aborted) throw refused('deadline', 'the time for it was over before the helper was asked');
    return abandonedAt(signal, client.call(verb, asked, { deadlineMs }));
  }

  return {
    async restartUnit({ unit, killFirst, ...order }, signal) {
      const { commands } = await ask('restart-unit', order, { ...leaseOf(order), unit, killFirst }, signal);
      const done = killFirst ? `unit ${unit} was killed and is started again` : `unit ${unit} is restarted`;
      return { method: [...new Set(commands.map(({ way }) => way))].join(', '), detail: `${done}; ${commands.map(describeStart).join('; ')}` };
    },
    async startCommand({ command, ...order }, signal) {
      const started = await ask('start-process', order, { ...leaseOf(order), command: [...command] }, signal);
      return { method: started.way, detail: describeStart(started) };
    },
    async killProcesses({ processes, signal: name, ...order }, signal) {
      const done: Signalled[] = [];
      let pausedMs = 0;
      for (const part of parts(processes)) {
        const answer = await ask('signal-process', order, { ...leaseOf(order), processes: part, signal: name }, signal).catch((error: unknown) => Promise.reject(afterOthers(error, done)));
        done.push(...answer.processes);
        pausedMs += answer.pausedMs;
      }
      return describeSignals(name, done, pausedMs);
    },
  };
}

function leaseOf({ uuid, generation }: GuestOrder): { domain: string; generation: number } {
  return { domain: uuid, generation };
}

function refused(reason: string, text: string): HelperError {
  return new HelperError(reason, text, { isRefusal: true });
}

/** What is not waited for any more may still be done. */
async function abandonedAt<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abandon = (): void => reject(new HelperError('deadline', 'the time for it was over before the helper answered; it may still do it'));
  signal.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener('abort', abandon);
    answer.catch(() => undefined);
  }
}

function parts(processes: readonly GuestProcessId[]): GuestProcessId[][] {
  const all = processes.map(({ pid, startTimeNanoseconds }) => ({ pid, startTimeNanoseconds }));
  return Array.from({ length: Math.ceil(all.length / SIGNALLED_AT_ONCE) }, (_, index) => all.slice(index * SIGNALLED_AT_ONCE, (index + 1) * SIGNALLED_AT_ONCE));
}

/** A refusal after others were signalled does not leave the guest as it was. */
function afterOthers(error: unknown, done: readonly Signalled[]): unknown {
  if (!(error instanceof HelperError) || !error.isRefusal || !done.some(({ result }) => result === 'sent')) return error;
  return new HelperError(error.reason, `${error.message}; others had been signalled before`, { cause: error });
}

const SEEN = { seen: 'seen to start', likely: 'probably started', returned: "started, by the kernel's own word" } as const;

function describeStart({ way, started, process, heldMs, totalMs }: Started): string {
  const what = process === null ? SEEN[started] : `${SEEN[started]} as ${processName(process)}`;
  return `${what}, by ${way} within ${Math.round(totalMs)} ms, ${Math.round(heldMs)} ms of them in the guest`;
}

function describeSignals(name: string, done: readonly Signalled[], pausedMs: number): GuestAnswer {
  const sent = done.filter(({ result }) => result === 'sent');
  const gone = done.filter(({ result }) => result === 'gone');
  const told = gone.length === 0 ? '' : `; gone before: ${describeProcesses(gone, MOST_SHOWN)}`;
  return { method: 'injection', detail: `SIG${name} sent to ${describeProcesses(sent, MOST_SHOWN)}${told}; its processors stood still for ${Math.round(pausedMs)} ms` };
}
