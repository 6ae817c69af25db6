import { Option } from 'commander';
import type { Command } from 'commander';
import type { Page } from '../history/store.ts';
import { forecastText } from '../prediction/forecast-text.ts';
import { INCIDENT_FAULTS, OUTCOMES } from '../vocabulary.ts';
import type { ShownIncident, Timings } from '../web/read-api.ts';
import type { ShownDetail } from '../web/recovery-item.ts';
import { clientCommand, withSession } from './context.ts';
import type { Session, Terminal } from './context.ts';
import { formatDuration } from './format.ts';
import { describeTarget } from './incidents.ts';
import { parseTime, wholeNumber } from './parse.ts';
import { printable } from './table.ts';
import type { Cell } from './table.ts';

interface Filters {
  since?: number;
  until?: number;
  domain?: string;
  host?: string;
  fault?: string;
  outcome?: string;
  limit: number;
  cursor?: string;
}

export function historyCommand(terminal: Terminal): Command {
  const time = (text: string): number => parseTime(text, terminal.nowMs());
  return clientCommand('history', 'List recoveries, newest first, or show one with everything that was seen, decided and done.')
    .argument('[id]', 'id of one recovery')
    .option('--since <time>', 'opened at this time or later: 2h, 7d, 2026-01-31, 2026-01-31T12:00:00Z', time)
    .option('--until <time>', 'opened before this time', time)
    .option('--domain <name>', 'name or UUID of a domain')
    .option('--host <name>', 'name of a host')
    .addOption(new Option('--fault <class>', 'what was wrong').choices([...INCIDENT_FAULTS]))
    .addOption(new Option('--outcome <outcome>', 'how it ended').choices([...OUTCOMES]))
    .option('--limit <number>', 'how many at most, 1 to 1000', wholeNumber(1, 1000), 100)
    .option('--cursor <text>', 'go on where a page ended')
    .action(withSession(terminal, async (session, filters: Filters, id) => (id === undefined ? list(session, filters) : show(session, id))));
}

async function list(session: Session, filters: Filters): Promise<void> {
  const { since, until, domain, host, fault, outcome, limit, cursor } = filters;
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ from: since, to: until, domain, host, fault, outcome, limit, cursor })) {
    if (value !== undefined) query.set(key, String(value));
  }
  const page = await session.client.get<Page<ShownIncident>>(`/api/v1/recoveries?${query.toString()}`);
  if (session.json) return session.printJson(page);
  if (page.items.length === 0) return session.print('No recoveries.');
  session.printTable(['ID', 'OPENED', 'TARGET', 'FAULT', 'OUTCOME', 'TOOK', 'WHY'], page.items.map((incident) => row(session, incident)));
  if (page.nextCursor !== null) session.print(`\nThere are more: --cursor ${page.nextCursor}`);
}

function row(session: Session, incident: ShownIncident): Cell[] {
  const took = incident.closedAtMs === null ? '' : formatDuration(incident.closedAtMs - incident.faultAtMs);
  return [incident.id, session.time(incident.openedAtMs), describeTarget(incident.target), incident.fault, outcomeOf(incident), took, incident.outcomeText ?? incident.hold?.why ?? ''];
}

function outcomeOf({ outcome, outcomeReason, state }: ShownIncident): Cell {
  const text = outcome === null ? state : outcomeReason === null ? outcome : `${outcome}: ${outcomeReason}`;
  if (outcome === 'recovered') return { text, tone: 'good' };
  if (outcome === 'failed' || outcome === 'escalated' || state === 'escalated') return { text, tone: 'bad' };
  return text;
}

async function show(session: Session, id: string): Promise<void> {
  const detail = await session.client.get<ShownDetail>(`/api/v1/recoveries/${encodeURIComponent(id)}`);
  if (session.json) return session.printJson(detail);
  const { incident, timings, forecast } = detail;
  const line = (label: string, text: string | null): void => {
    if (text !== null) session.print(`${label.padEnd(12)}${printable(text)}`);
  };
  const outcome = outcomeOf(incident);
  line('Recovery', incident.id);
  line('Target', incident.target.kind !== 'host' ? `${describeTarget(incident.target)} (${incident.target.uuid})` : describeTarget(incident.target));
  line('Fault', `${incident.fault} at ${session.time(incident.faultAtMs)} (${session.ago(incident.faultAtMs)})`);
  line('Forecast', forecast && forecastText(forecast));
  line('Outcome', typeof outcome === 'string' ? outcome : outcome.text);
  line('Why', incident.outcomeText);
  line('Waits for', incident.hold === null ? null : `${incident.hold.reason}: ${incident.hold.why}`);
  line('Seen by', incident.acknowledgedBy);
  line('Took', describeTimings(timings));
  session.print('');
  session.printTable(['AFTER', 'WHAT', 'DETAIL'], timeline(detail).map(({ atMs, what, text }) => [formatDuration(atMs - incident.faultAtMs), what, text]));
}

function describeTimings({ detectMs, decideMs, executeMs, verifyMs, totalMs }: Timings): string {
  const parts = { detect: detectMs, decide: decideMs, execute: executeMs, verify: verifyMs, total: totalMs };
  return Object.entries(parts).flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${formatDuration(ms)}`])).join(', ');
}

interface Moment {
  atMs: number;
  what: string;
  text: string;
}

/** Everything that is known of a recovery, in the order in which it happened. */
export function timeline({ incident, attempts, steps, decisions }: Omit<ShownDetail, 'timings' | 'forecast'>): Moment[] {
  const moments: Moment[] = [
    ...incident.evidence.map(({ atMs, source, text }) => ({ atMs, what: source, text })),
    { atMs: incident.openedAtMs, what: 'opened', text: incident.fault },
    ...(incident.releasedAtMs === null ? [] : [{ atMs: incident.releasedAtMs, what: 'released', text: `by ${incident.releasedBy ?? 'unknown'}` }]),
    ...decisions.map(({ atMs, kind, reason, why }) => ({ atMs, what: kind, text: why === '' ? reason : `${reason}: ${why}` })),
    ...steps.map(({ startedAtMs, name, state, detail }) => ({ atMs: startedAtMs, what: 'step', text: `${name}: ${state}${detail === null ? '' : ` (${detail})`}` })),
    ...attempts.flatMap(({ plannedAtMs, endedAtMs, ordinal, action, host, actor, result, error }) => [
      { atMs: plannedAtMs, what: `attempt ${ordinal}`, text: `${action} on ${host}, by ${actor}` },
      ...(endedAtMs === null ? [] : [{ atMs: endedAtMs, what: `attempt ${ordinal}`, text: `${result ?? 'ended'}${error === null ? '' : `: ${error}`}` }]),
    ]),
    ...(incident.closedAtMs === null ? [] : [{ atMs: incident.closedAtMs, what: 'closed', text: incident.outcome ?? '' }]),
  ];
  return moments.sort((left, right) => left.atMs - right.atMs);
}
