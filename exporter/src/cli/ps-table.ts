/** A list of processes as ps prints it. */
import type { ProcessListing, ShownProcess } from '../web/read-api.ts';
import { escapeHostile } from './escape.ts';

export const SORT_KEYS = ['pid', 'cpu', 'rss', 'start', 'name'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

const MOST_UNIT = 32;
const LEAST_COMMAND = 16;
const RIGHT = new Set(['PID', 'PPID', 'UID', 'TIME', 'RSS']);
const TITLES = ['PID', 'PPID', 'UID', 'STAT', 'START', 'TIME', 'RSS', 'UNIT', 'COMMAND'];
const UNKNOWN = '?';

/** `columns`: width of the terminal, to which lines are cut; null: they are whole. */
export function psTable(listing: Pick<ProcessListing, 'atMs' | 'uptimeSeconds' | 'processes'>, { columns, utc }: { columns: number | null; utc: boolean }): string {
  const rows = listing.processes.map((process) => cells(process, listing, { isCut: columns !== null, utc }));
  const widths = TITLES.map((title, column) => rows.reduce((most, row) => Math.max(most, width(row[column] ?? '')), title.length));
  return [TITLES, ...rows].map((row) => line(row, widths, columns)).join('\n').concat('\n');
}

export function sorted(processes: readonly ShownProcess[], key: SortKey): ShownProcess[] {
  const byPid = (left: ShownProcess, right: ShownProcess): number => left.pid - right.pid;
  const largest = (value: (process: ShownProcess) => number | null) => (left: ShownProcess, right: ShownProcess) => (value(right) ?? -1) - (value(left) ?? -1) || byPid(left, right);
  const orders: Record<SortKey, (left: ShownProcess, right: ShownProcess) => number> = {
    pid: byPid,
    cpu: largest(({ cpuSeconds }) => cpuSeconds),
    rss: largest(({ residentBytes }) => residentBytes),
    start: largest(({ startSeconds }) => startSeconds),
    name: (left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : byPid(left, right)),
  };
  return processes.toSorted(orders[key]);
}

function cells(process: ShownProcess, { atMs, uptimeSeconds }: { atMs: number; uptimeSeconds: number | null }, { isCut, utc }: { isCut: boolean; utc: boolean }): string[] {
  const { pid, parentPid, uid, state, threads, startSeconds, cpuSeconds, residentBytes, unit, userUnit } = process;
  const start = uptimeSeconds === null ? `+${clockTime(startSeconds)}` : startTime(atMs - Math.max(0, uptimeSeconds - startSeconds) * 1000, atMs, utc);
  const unitText = escapeHostile(userUnit ?? unit ?? '-');
  return [
    String(pid),
    numberOr(parentPid),
    numberOr(uid),
    `${state}${threads > 1 ? 'l' : ''}`,
    start,
    cpuSeconds === null ? UNKNOWN : clockTime(cpuSeconds),
    residentBytes === null ? UNKNOWN : String(Math.round(residentBytes / 1024)),
    isCut ? cut(unitText, MOST_UNIT) : unitText,
    command(process),
  ];
}

function command({ commandLine, name, state }: ShownProcess): string {
  if (state === 'Z') return `[${escapeHostile(name)}] <defunct>`;
  return commandLine === null || commandLine === '' ? `[${escapeHostile(name)}]` : escapeHostile(commandLine);
}

function line(row: readonly string[], widths: readonly number[], columns: number | null): string {
  const fixed = row.slice(0, -1).map((cell, column) => {
    const padding = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
    return RIGHT.has(TITLES[column] ?? '') ? padding + cell : cell + padding;
  });
  const before = `${fixed.join(' ')} `;
  const last = row.at(-1) ?? '';
  return before + (columns === null ? last : cut(last, Math.max(LEAST_COMMAND, columns - width(before))));
}

function numberOr(value: number | null): string {
  return value === null ? UNKNOWN : String(value);
}

/** `00:01:05`, `3-04:00:00` with days. */
function clockTime(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.floor(whole / 86_400);
  return `${days > 0 ? `${days}-` : ''}${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** `14:05` within the last day, else `Jan31`, else the year. */
function startTime(startMs: number, nowMs: number, utc: boolean): string {
  const zone = utc ? { timeZone: 'UTC' } : {};
  const date = new Date(startMs);
  const part = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en-GB', { ...zone, ...options }).format(date);
  if (nowMs - startMs < 86_400_000) return part({ hour: '2-digit', minute: '2-digit' });
  return nowMs - startMs < 300 * 86_400_000 ? `${new Intl.DateTimeFormat('en-US', { ...zone, month: 'short' }).format(date)}${part({ day: '2-digit' })}` : part({ year: 'numeric' });
}

function cut(text: string, most: number): string {
  if (width(text) <= most) return text;
  let taken = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > most - 1) break;
    taken += character;
  }
  return `${taken}…`;
}

function width(text: string): number {
  let sum = 0;
  for (const character of text) sum += widthOf(character);
  return sum;
}

/** Marks stand on the character before them; wide ones take two columns. */
function widthOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u.test(character) ? 2 : 1;
}
