import { t } from '@grafana/i18n';
import { cutText } from './text';

const MAX_LENGTH = 80;

/** What an action does, for people; one that this version does not know is shown as it is, without underscores. */
export function actionWord(action: unknown): string {
  switch (action) {
    case 'notify':
      return t('format.action.notify', 'notify');
    case 'start':
      return t('format.action.start', 'start');
    case 'resume':
      return t('format.action.resume', 'resume');
    case 'reset':
      return t('format.action.reset', 'reset');
    case 'restart':
      return t('format.action.restart', 'restart');
    case 'rebuild':
      return t('format.action.rebuild', 'rebuild');
    case 'relocate':
      return t('format.action.relocate', 'relocate');
    case 'migrate':
      return t('format.action.migrate', 'migrate live');
    case 'stop':
      return t('format.action.stop', 'stop');
    case 'destroy':
      return t('format.action.destroy', 'destroy');
    case 'restart_app':
      return t('format.action.restart-app', 'restart application');
    case 'start_process':
      return t('format.action.start-process', 'start application');
    case 'kill_process':
      return t('format.action.kill-process', 'kill processes');
    default:
      return cutText(action, MAX_LENGTH).replaceAll('_', ' ');
  }
}

/** The same for a list as the data source writes it: `start, restart`. */
export function actionWords(actions: string, max: number): string {
  return cutText(actions, max).split(', ').map(actionWord).join(', ');
}
