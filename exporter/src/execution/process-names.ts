/** Processes as history names them: `812@1503000000`, the pid and its start in nanoseconds since the guest's boot. */
import type { GuestProcessId } from './guest-actions.ts';

/** Named in one text; the store bounds its length. */
const MOST_NAMED = 200;

export function processName({ pid, startTimeNanoseconds }: GuestProcessId): string {
  return `${pid}@${startTimeNanoseconds}`;
}

/** `none`, or their names. */
export function describeProcesses(processes: readonly GuestProcessId[], most = MOST_NAMED): string {
  if (processes.length === 0) return 'none';
  const named = processes.slice(0, most).map(processName).join(', ');
  return processes.length > most ? `${named} and ${processes.length - most} more` : named;
}

const BEFORE = 'processes before: ';
const NOT_LISTED = `${BEFORE}not listed`;

/** For the journal: after a crash it tells which processes of the app are new. Null: they could not be listed. */
export function beforeText(processes: readonly GuestProcessId[] | null): string {
  return processes === null ? NOT_LISTED : BEFORE + describeProcesses(processes);
}

/** Whether the text holds the `beforeText` of null. */
export function wasNotListed(text: string): boolean {
  return text.includes(NOT_LISTED);
}

/** The names in a text that holds a `beforeText`; null: it holds none, or not all of them. */
export function namesBefore(text: string): ReadonlySet<string> | null {
  const list = /processes before: (none|\d+@\d+(?:, \d+@\d+)*)(?:;|$)/.exec(text)?.[1];
  if (list === undefined) return null;
  return new Set(list === 'none' ? [] : list.split(', '));
}
