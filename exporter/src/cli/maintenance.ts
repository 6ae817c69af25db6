import type { Command } from 'commander';
import type { MaintenanceRecord } from '../history/store.ts';
import { clientCommand, commandGroup, withSession } from './context.ts';
import type { Session, Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { parseDuration } from './parse.ts';

interface NewWindow {
  host?: string;
  domain?: string;
  all?: boolean;
  for?: number;
  until?: string;
  reason: string;
}

export function maintenanceCommand(terminal: Terminal): Command {
  return commandGroup('maintenance', 'Windows in which nothing is recovered.')
    .addCommand(clientCommand('list', 'List windows that have not ended.').action(withSession(terminal, list)))
    .addCommand(
      clientCommand('add', 'Begin a window now.')
        .option('--host <name>', 'for a host and its domains')
        .option('--domain <name>', 'for a domain: its name or UUID')
        .option('--all', 'for everything')
        .option('--for <duration>', 'how long: 30m, 2h, 1d', parseDuration)
        .option('--until <time>', 'when it ends: 2026-01-31T12:00:00Z')
        .requiredOption('--reason <text>', 'why; others see it')
        .action(withSession(terminal, add)),
    )
    .addCommand(clientCommand('remove', 'End a window now.').argument('<id>', 'id of the window').action(withSession(terminal, remove)));
}

async function list(session: Session): Promise<void> {
  const answer = await session.client.get<{ items: MaintenanceRecord[] }>('/api/v1/maintenance');
  if (session.json) return session.printJson(answer);
  if (answer.items.length === 0) return session.print('No maintenance.');
  session.printTable(
    ['ID', 'SCOPE', 'ENDS', 'UNTIL', 'BY', 'REASON'],
    answer.items.map(({ id, scope, untilMs, createdBy, reason }) => [id, describeScope(scope), session.ago(untilMs), session.time(untilMs), createdBy, reason]),
  );
}

async function add(session: Session, options: NewWindow): Promise<void> {
  const { host, domain, all, for: durationSeconds, until, reason } = options;
  if ([host, domain, all].filter((scope) => scope !== undefined).length !== 1) throw new CommandError(EXIT.usage, 'give exactly one of --host, --domain and --all');
  if ((durationSeconds === undefined) === (until === undefined)) throw new CommandError(EXIT.usage, 'give exactly one of --for and --until');
  if (until !== undefined && Number.isNaN(Date.parse(until))) throw new CommandError(EXIT.usage, '--until: expected a time such as 2026-01-31T12:00:00Z');
  const end = until === undefined ? { durationSeconds } : { until: new Date(until).toISOString() };
  const record = await session.client.post<MaintenanceRecord>('/api/v1/maintenance', { host, domain, all, reason, ...end });
  if (session.json) return session.printJson(record);
  session.print(`Maintenance ${record.id} for ${describeScope(record.scope)} until ${session.time(record.untilMs)}.`);
}

async function remove(session: Session, _options: object, id: string): Promise<void> {
  await session.client.delete(`/api/v1/maintenance/${encodeURIComponent(id)}`);
  if (session.json) return session.printJson({ removed: id });
  session.print(`Maintenance ${id} has ended.`);
}

function describeScope(scope: MaintenanceRecord['scope']): string {
  switch (scope.kind) {
    case 'all':
      return 'everything';
    case 'host':
      return `host ${scope.host}`;
    case 'domain':
      return `domain ${scope.uuid}`;
  }
}
