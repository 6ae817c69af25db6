import { dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { LoadingPlaceholder } from '@grafana/ui';
import React from 'react';
import type { Live } from '../../control/useLive';
import { AS_TEXT } from '../../format/text';
import { FailureNote } from './FailureNote';
import { userTimeZone } from './time';

/** What was read, or why it was not. When the newest reading failed, what was read before is shown with its age. */
export function LiveSection<T>({ live, children }: { live: Live<T>; children: (value: T) => React.ReactNode }) {
  const { value, failure, readAtMs } = live;
  return (
    <>
      {failure && (
        <FailureNote failure={failure}>
          {readAtMs !== null && (
            <strong>
              {t('pages.live.stale', 'What is shown below is of {{time}}.', { time: dateTimeFormat(readAtMs, { timeZone: userTimeZone() }), ...AS_TEXT })}
            </strong>
          )}
        </FailureNote>
      )}
      {value === null && failure === null && <LoadingPlaceholder text={t('pages.live.loading', 'Asking virtmedic …')} />}
      {value !== null && children(value)}
    </>
  );
}
