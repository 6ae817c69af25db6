/** What is said beside a frame, in the panel's header. */
import type { QueryResultMetaNotice } from '@grafana/data';
import { t } from '@grafana/i18n';
import { describe, type ApiError } from '../../api/errors';
import { AS_TEXT, cutText } from '../../format/text';

const NAME_LENGTH = 60;
const DETAIL_LENGTH = 300;

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

export function noAppNotice(): QueryResultMetaNotice {
  const text = t(
    'datasource.notice.no-app',
    'No application is declared for this: see "apps" in the configuration of virtmedic, and the metadata of domains.'
  );
  return { severity: 'info', text };
}

export function chooseDomainNotice(): QueryResultMetaNotice {
  const text = t(
    'datasource.notice.choose-domain',
    'Processes are read out of one guest at a time: name a domain, or a few.'
  );
  return { severity: 'info', text };
}

export function tooManyGuestsNotice(read: number): QueryResultMetaNotice {
  const text = t('datasource.notice.too-many-guests', 'Only the first {{count}} of these guests are read.', {
    count: read,
  });
  return { severity: 'info', text };
}

export function unreadGuestNotice(domain: string, error: ApiError): QueryResultMetaNotice {
  const why = cutText(error.detail, DETAIL_LENGTH).trim() || describe(error);
  const text = t('datasource.notice.unread-guest', 'The processes of {{domain}} are not known. {{why}}', {
    domain: cutText(domain, NAME_LENGTH),
    why,
    ...AS_TEXT,
  });
  return { severity: 'warning', text };
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
