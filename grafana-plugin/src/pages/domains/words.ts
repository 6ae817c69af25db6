import type { IconName } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { Domain } from '../../api/types';

export type Tone = 'green' | 'red' | 'orange' | 'darkgrey';

/** How a domain's state is shown: a word, a sign and a colour. */
export function stateLook({ state, desired }: Pick<Domain, 'state' | 'desired'>): { word: string; icon: IconName; color: Tone } {
  const bad = desired === 'running';
  switch (state) {
    case 'running':
      return { word: t('pages.state.running', 'Running'), icon: 'play', color: 'green' };
    case 'paused':
      return { word: t('pages.state.paused', 'Paused'), icon: 'pause', color: 'orange' };
    case 'shutoff':
      return { word: t('pages.state.shutoff', 'Shut off'), icon: 'power', color: bad ? 'red' : 'darkgrey' };
    case 'crashed':
      return { word: t('pages.state.crashed', 'Crashed'), icon: 'exclamation-circle', color: 'red' };
    case 'pmsuspended':
      return { word: t('pages.state.suspended', 'Suspended'), icon: 'pause', color: bad ? 'orange' : 'darkgrey' };
    case 'absent':
      return { word: t('pages.state.absent', 'Absent'), icon: 'times-circle', color: bad ? 'red' : 'darkgrey' };
    case 'unknown':
      return { word: t('pages.state.unknown', 'Not heard of'), icon: 'question-circle', color: 'orange' };
    default:
      return { word: state, icon: 'question-circle', color: 'orange' };
  }
}

export function desiredWord(desired: string | null): string {
  switch (desired) {
    case 'running':
      return t('pages.desired.running', 'running');
    case 'stopped':
      return t('pages.desired.stopped', 'stopped');
    case null:
      return t('pages.desired.none', 'nothing said');
    default:
      return desired;
  }
}

/** State of an incident, for people. */
export function incidentStateWord(state: string): string {
  switch (state) {
    case 'open':
      return t('pages.incident-state.open', 'Waiting');
    case 'executing':
      return t('pages.incident-state.executing', 'Being recovered');
    case 'verifying':
      return t('pages.incident-state.verifying', 'Being verified');
    case 'escalated':
      return t('pages.incident-state.escalated', 'Escalated: needs a person');
    case 'suppressed':
      return t('pages.incident-state.suppressed', 'Suppressed');
    default:
      return state;
  }
}

/** How it ended, for people. */
export function outcomeWord(outcome: string | null): string {
  switch (outcome) {
    case 'recovered':
      return t('pages.outcome.recovered', 'Done and verified');
    case 'failed':
      return t('pages.outcome.failed', 'Failed');
    case 'escalated':
      return t('pages.outcome.escalated', 'Escalated: needs a person');
    case 'suppressed':
      return t('pages.outcome.suppressed', 'Ended without an action');
    case 'interrupted':
      return t('pages.outcome.interrupted', 'Interrupted');
    case 'dry_run':
      return t('pages.outcome.dry-run', 'Dry run: nothing was done');
    default:
      return outcome ?? t('pages.outcome.none', 'Not known');
  }
}
