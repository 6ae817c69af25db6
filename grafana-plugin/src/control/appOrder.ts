import { t } from '@grafana/i18n';
import type { DomainApp } from '../api/domainApps';
import type { App } from '../api/types';
import type { Order } from './order';

/** What may be ordered for an application; `recover`: what policy would do now. */
export const APP_ACTIONS = ['recover', 'restart_app', 'start_process', 'kill_process'] as const;
export type AppAction = (typeof APP_ACTIONS)[number];

/** Orders that end processes of the guest. */
const HARSH: ReadonlySet<AppAction> = new Set<AppAction>(['restart_app', 'kill_process']);

export function isHarshForApp(action: AppAction): boolean {
  return HARSH.has(action);
}

/** The domain's UUID is sent, not its name: names may be the same on two hosts. */
export function appOrder({ domain, app }: DomainApp, action: AppAction): Order {
  return { path: 'actions', body: { domain: domain.uuid, app: app.name, action } };
}

/** Actions that stand in the row; all others are under "more". What is being recovered needs no further order to. */
export function likelyAppActions({ state, fault, incidentId }: App, incidentState?: string): AppAction[] {
  const isThere = fault === null ? state === 'up' || state === 'unknown' || state === 'muted' : fault !== 'app_down';
  const likely: AppAction[] = [isThere ? 'restart_app' : 'start_process'];
  const underWay = incidentState === 'executing' || incidentState === 'verifying';
  return incidentId === null || underWay ? likely : ['recover', ...likely];
}

export function appActionLabel(action: AppAction): string {
  switch (action) {
    case 'recover':
      return t('pages.action.recover', 'Recover now');
    case 'restart_app':
      return t('pages.app-action.restart', 'Restart');
    case 'start_process':
      return t('pages.app-action.start', 'Start');
    case 'kill_process':
      return t('pages.app-action.kill', 'Kill');
  }
}

/** What the action means for the application, whatever its state. */
export function appActionMeaning(action: AppAction): string {
  switch (action) {
    case 'recover':
      return t('pages.action.recover-meaning', 'Does at once what the recovery policy would do, without waiting for an alert.');
    case 'restart_app':
      return t('pages.app-action.restart-meaning', 'Restarts its unit; where it is declared with a command, kills its processes and starts them again. Connections to it break; what it has not written is lost. The guest itself runs on.');
    case 'start_process':
      return t('pages.app-action.start-meaning', 'Starts it inside the guest as it is declared. Refused where a process of it is there.');
    case 'kill_process':
      return t('pages.app-action.kill-meaning', 'Kills its processes (SIGKILL) and does not start them again: that is done by the guest, or by the recovery of the fault that follows. What it has not written is lost.');
  }
}
