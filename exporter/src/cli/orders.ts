/** Commands that tell the running virtmedic to do something. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { ACTIONS, isAppAction } from '../vocabulary.ts';
import type { ActionResult } from '../web/control.ts';
import type { DomainSummary } from '../web/read-api.ts';
import { clientCommand, withSession } from './context.ts';
import type { Session, Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';

const ORDERABLE = ['recover', ...ACTIONS.filter((action) => action !== 'notify' && action !== 'relocate' && !isAppAction(action))];

export function orderCommands(terminal: Terminal): Command[] {
  return [
    clientCommand('recover', 'Recover a domain now: by default what policy would do, or one action.')
      .argument('<domain>', 'name or UUID')
      .addOption(new Option('--action <action>', 'what to do').choices(ORDERABLE).default('recover'))
      .option('--host <name>', 'its host, where the name is not unique')
      .option('--dry-run', 'only say what would be done')
      .option('--reason <text>', 'why; history keeps it', '')
      .action(withSession(terminal, recover)),
    clientCommand('pause', 'Stop all recovery, until unpause; it stays paused over a restart.')
      .requiredOption('--reason <text>', 'why; others see it')
      .action(withSession(terminal, pause)),
    clientCommand('unpause', 'Let recovery go on.').action(withSession(terminal, unpause)),
    clientCommand('forget', 'Forget a domain that is to be deleted, or was, on purpose, with its saved definition: it is not missed any more and cannot be rebuilt.')
      .argument('<domain>', 'name or UUID')
      .option('--host <name>', 'its host, where the name is not unique')
      .action(withSession(terminal, forget)),
    clientCommand('reload', 'Read the configuration file again.').action(withSession(terminal, reload)),
  ];
}

async function recover(session: Session, options: { action: string; host?: string; dryRun?: boolean; reason: string }, domain: string): Promise<void> {
  const { action, host, dryRun = false, reason } = options;
  const result = await session.client.post<ActionResult>('/api/v1/actions', { domain, host, action, dryRun, reason });
  if (session.json) return session.printJson(result);
  session.print(`${result.dryRun ? 'Dry run, nothing is done' : 'Accepted'}: ${result.explanation}`);
  if (result.incidentId !== null) session.print(`Follow it with: virtmedic history ${result.incidentId}`);
}

async function pause(session: Session, { reason }: { reason: string }): Promise<void> {
  const answer = await session.client.post('/api/v1/pause', { paused: true, reason });
  if (session.json) return session.printJson(answer);
  session.print('Paused: nothing is recovered until virtmedic unpause.');
}

async function unpause(session: Session): Promise<void> {
  const answer = await session.client.post('/api/v1/pause', { paused: false });
  if (session.json) return session.printJson(answer);
  session.print('Recovery goes on.');
}

async function forget(session: Session, { host }: { host?: string }, wanted: string): Promise<void> {
  const { uuid, name } = await findDomain(session, wanted, host);
  await session.client.delete(`/api/v1/domains/${uuid}`);
  if (session.json) return session.printJson({ forgotten: uuid });
  session.print(`Forgotten: ${name} (${uuid}).`);
}

async function findDomain({ client }: Session, wanted: string, host: string | undefined): Promise<{ uuid: string; name: string }> {
  const { items } = await client.get<{ items: DomainSummary[] }>('/api/v1/domains');
  const found = items.filter((domain) => (domain.uuid === wanted.toLowerCase() || domain.name === wanted) && (host === undefined || domain.host === host));
  const [first] = found;
  if (first === undefined) throw new CommandError(EXIT.failed, `there is no domain ${wanted}${host === undefined ? '' : ` on ${host}`}; virtmedic status lists them`);
  if (found.length > 1) throw new CommandError(EXIT.failed, `${wanted} is on ${found.map((domain) => domain.host).join(', ')}; give --host or the UUID`);
  return first;
}

async function reload(session: Session): Promise<void> {
  const answer = await session.client.post('/-/reload', undefined);
  if (session.json) return session.printJson(answer);
  session.print('The configuration was read again and is in force.');
}
