import { t } from '@grafana/i18n';
import { formatAgo } from '../../format/ago';
import { formatDuration } from '../../format/duration';
import { AS_TEXT, cutText } from '../../format/text';
import type { RecoveryItem } from '../model/types';

const MAX_NAME = 80;

/** The last recovery as a sentence: `1 hour ago web-3 recovered in 4.2 s.` */
export function lastRecoverySentence(item: RecoveryItem, nowMs: number): string {
  const endMs = item.endMs ?? nowMs;
  const values = {
    ago: capitalised(formatAgo(endMs, nowMs)),
    name: cutText(item.app ? `${item.app} (${item.domain || item.host})` : item.domain || item.host, MAX_NAME) || '–',
    duration: formatDuration(endMs - item.startMs),
    ...AS_TEXT,
  };
  switch (item.status) {
    case 'recovered':
      return t('panel.states.last.recovered', '{{ago}} {{name}} recovered in {{duration}}.', values);
    case 'failed':
      return t('panel.states.last.failed', '{{ago}} the recovery of {{name}} failed after {{duration}}.', values);
    case 'escalated':
      return t(
        'panel.states.last.escalated',
        '{{ago}} {{name}} was handed over to a person, after {{duration}}.',
        values
      );
    case 'interrupted':
      return t(
        'panel.states.last.interrupted',
        '{{ago}} the recovery of {{name}} was interrupted after {{duration}}.',
        values
      );
    case 'suppressed':
      return t(
        'panel.states.last.suppressed',
        '{{ago}} a fault of {{name}} ended after {{duration}}; no action was wanted.',
        values
      );
    case 'dry_run':
      return t('panel.states.last.dry-run', '{{ago}} {{name}} would have been recovered (dry run).', values);
    default:
      return t('panel.states.last.ended', '{{ago}} a fault of {{name}} ended after {{duration}}.', values);
  }
}

/** Whether the last one leaves nothing to be done by a person. */
export function endedWell({ status }: RecoveryItem): boolean {
  return status !== 'failed' && status !== 'escalated' && status !== 'interrupted' && status !== 'unknown';
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
