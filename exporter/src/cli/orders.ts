/** Commands that tell the running virtmedic to do something. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { ACTIONS, APP_ACTIONS, isAppAction } from '../vocabulary.ts';
import type { ActionResult } from '../web/control.ts';
import { clientCommand, withSession } from './context.ts';
import type { Session, Terminal } from './context.ts';
import { CommandError, EXIT } from './errors.ts';
import { findDomain } from './find-domain.ts';

const ORDERABLE = ['recover', ...ACTIONS.filter((action) => action !== 'notify' && action !== 'relocate')];

export function orderCommands(terminal: Terminal): Command[] {
  return [
    clientCommand('recover', 'Recover a domain, or an app in its guest, now: by default what policy would do, or one action.')
      .argument('<domain>', 'name or UUID; for an app app/DOMAIN/APP')
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

async function recover(session: Session, options: { action: string; host?: string; dryRun?: boolean; reason: string }, given: string): Promise<void> {
  const { action, host, dryRun = false, reason } = options;
  const { domain, app } = recoverable(given);
  if (app === undefined && isAppAction(action)) throw new CommandError(EXIT.usage, `${action} is done to an app: give it as app/${domain}/APP`);
  if (app !== undefined && action !== 'recover' && !isAppAction(action)) throw new CommandError(EXIT.usage, `${action} is done to a domain: give ${domain} alone, or one of recover, ${APP_ACTIONS.join(', ')}`);
  const result = await session.client.post<ActionResult>('/api/v1/actions', { domain, app, host, action, dryRun, reason });
  if (session.json) return session.printJson(result);
  session.print(`${result.dryRun ? 'Dry run, nothing is done' : 'Accepted'}: ${result.explanation}`);
  if (result.incidentId !== null) session.print(`Follow it with: virtmedic history ${result.incidentId}`);
}

/** `app/DOMAIN/APP`, or a domain; no name of either holds a slash. */
function recoverable(given: string): { domain: string; app?: string } {
  if (!given.startsWith('app/')) return { domain: given };
  const [domain = '', app = '', ...rest] = given.split('/').slice(1);
  if (domain === '' || app === '' || rest.length > 0) throw new CommandError(EXIT.usage, `${given}: expected app/DOMAIN/APP, e.g. app/shop-1/web`);
  return { domain, app };
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

async function reload(session: Session): Promise<void> {
  const answer = await session.client.post('/-/reload', undefined);
  if (session.json) return session.printJson(answer);
  session.print('The configuration was read again and is in force.');
}
