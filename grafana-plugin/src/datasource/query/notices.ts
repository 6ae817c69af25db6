/** What is said beside a frame, in the panel's header. */
import type { QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import { describe } from '../../api/errors';
import { AS_TEXT } from '../../format/text';

export function skippedNotice(skipped: number): QueryResultMetaNotice[] {
  if (skipped === 0) {
    return [];
  }
  const text = t('datasource.notice.skipped', '{{count}} entries of the answer could not be read and are left out.', {
    count: skipped,
  });
  return [{ severity: 'warning', text }];
}

export function truncatedNotice(shown: number): QueryResultMetaNotice {
  const text = t(
    'datasource.notice.truncated',
    'The newest {{count}} recoveries are shown; there are more. Choose a shorter time range or a higher limit.',
    { count: shown }
  );
  return { severity: 'info', text };
}

export function noForecastNotice(): QueryResultMetaNotice {
  const text = t(
    'datasource.notice.no-forecast',
    'There is no forecast: prediction is off in virtmedic, it has only just started, or nothing of this runs.'
  );
  return { severity: 'info', text };
}

export function interruptedNotice(error: unknown): QueryResultMetaNotice {
  const why = describe(error);
  const text = t(
    'datasource.notice.interrupted',
    'Live updates are interrupted and are tried again by themselves. {{why}}',
    {
      why,
      ...AS_TEXT,
    }
  );
  return { severity: 'warning', text };
}
