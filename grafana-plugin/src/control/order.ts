import type { Domain } from '../api/types';
import { t } from '@grafana/i18n';

/** What may be ordered for a domain; `recover`: what policy would do now. */
export const ACTIONS = ['recover', 'start', 'stop', 'restart', 'resume', 'reset', 'destroy', 'rebuild', 'migrate'] as const;
export type Action = (typeof ACTIONS)[number];

/** An order as it is sent, but for `dryRun`. The same object is checked first and sent then. */
export interface Order {
  path: 'actions' | 'maintenance' | 'pause' | 'settings';
  body: Readonly<Record<string, unknown>>;
}

export const MAX_REASON_LENGTH = 1000;

/** Orders that cut off a guest's power or write its definition. */
const HARSH: ReadonlySet<Action> = new Set<Action>(['stop', 'restart', 'reset', 'destroy', 'rebuild']);

export function isHarsh(action: Action): boolean {
  return HARSH.has(action);
}

/** The UUID is sent, not the name: names may be the same on two hosts. */
export function actionOrder(domain: Domain, action: Action): Order {
  return { path: 'actions', body: { domain: domain.uuid, action } };
}

/** Actions that stand in the row; all others are under "more". What is being recovered needs no further order to. */
export function likelyActions({ state, incidentId }: Domain, incidentState?: string): Action[] {
  const likely: Action[] = state === 'running' ? ['stop', 'restart'] : state === 'paused' ? ['resume', 'restart'] : ['start'];
  const underWay = incidentState === 'executing' || incidentState === 'verifying';
  return incidentId === null || underWay ? likely : ['recover', ...likely];
}

export function actionLabel(action: Action): string {
  switch (action) {
    case 'recover':
      return t('pages.action.recover', 'Recover now');
    case 'start':
      return t('pages.action.start', 'Start');
    case 'stop':
      return t('pages.action.stop', 'Stop');
    case 'restart':
      return t('pages.action.restart', 'Restart');
    case 'resume':
      return t('pages.action.resume', 'Resume');
    case 'reset':
      return t('pages.action.reset', 'Reset');
    case 'destroy':
      return t('pages.action.destroy', 'Destroy');
    case 'rebuild':
      return t('pages.action.rebuild', 'Rebuild');
    case 'migrate':
      return t('pages.action.migrate', 'Migrate live');
  }
}

/** What the action means for the guest, whatever its state. */
export function actionMeaning(action: Action): string {
  switch (action) {
    case 'recover':
      return t('pages.action.recover-meaning', 'Does at once what the recovery policy would do, without waiting for an alert.');
    case 'start':
      return t('pages.action.start-meaning', 'Boots the machine. From now on it is wanted running.');
    case 'stop':
      return t('pages.action.stop-meaning', 'Asks the guest to shut down. From now on it is wanted stopped: it is not recovered until it is started again.');
    case 'restart':
      return t('pages.action.restart-meaning', 'Cuts the power, then starts it again. What the guest has not written to disk is lost.');
    case 'resume':
      return t('pages.action.resume-meaning', 'Lets a paused machine run on where it stood.');
    case 'reset':
      return t('pages.action.reset-meaning', 'Presses the reset button: the guest reboots at once. What it has not written to disk is lost.');
    case 'destroy':
      return t('pages.action.destroy-meaning', 'Cuts the power. What the guest has not written to disk is lost; its disks stay. From now on it is wanted stopped.');
    case 'rebuild':
      return t('pages.action.rebuild-meaning', 'Defines the machine again from its saved definition and starts it. Its disks are kept.');
    case 'migrate':
      return t('pages.action.migrate-meaning', 'Moves the running machine to another host without stopping it. Its disks must be on storage that both hosts share.');
  }
}
