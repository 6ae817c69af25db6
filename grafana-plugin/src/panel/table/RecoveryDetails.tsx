import React from 'react';
import { t } from '@grafana/i18n';
import { Button, LoadingPlaceholder, useStyles2 } from '@grafana/ui';
import { cutText } from '../../format/text';
import type { RecoveryItem } from '../model/types';
import { describeError } from '../states/describeError';
import type { HistoryTableProps } from '../types';
import { ChronicleList } from './ChronicleList';
import { DetailFacts } from './DetailFacts';
import { ForecastAtDetection } from './ForecastAtDetection';
import { RecoveryWays } from './RecoveryWays';
import { detailStyles } from './styles';
import { useRecoveryDetail } from './useRecoveryDetail';

const MAX_TEXT = 4000;

type RecoveryDetailsProps = Pick<
  HistoryTableProps,
  'model' | 'nowMs' | 'width' | 'timeZone' | 'onZoom' | 'loadDetail'
> & {
  item: RecoveryItem;
};

/** All that is known of one recovery. */
export function RecoveryDetails(props: RecoveryDetailsProps): React.ReactElement {
  const { item, loadDetail } = props;
  const styles = useStyles2(detailStyles);
  return (
    <div className={styles.root}>
      {item.text && <p className={styles.text}>{cutText(item.text, MAX_TEXT)}</p>}
      <RecoveryWays {...props} />
      {loadDetail === null ? (
        <WithoutDetails {...props} />
      ) : (
        <LoadedDetails key={item.id} {...props} loadDetail={loadDetail} />
      )}
    </div>
  );
}

function WithoutDetails(props: RecoveryDetailsProps): React.ReactElement {
  const styles = useStyles2(detailStyles);
  return (
    <>
      <DetailFacts {...props} detail={null} />
      <p className={`${styles.text} ${styles.secondary}`}>
        {t(
          'panel.table.no-details',
          'This source tells when the fault was there, and no more. For steps, attempts and decisions, add the virtmedic data source to Grafana and choose its query “Recoveries” in this panel.'
        )}
      </p>
    </>
  );
}

/** What changes about an item when there is more to be told of it. */
function versionOf({ state, status, endMs, attempts, actions, text, acknowledgedBy }: RecoveryItem): string {
  return [state, status, endMs, attempts, actions, cutText(text, 200), acknowledgedBy].join('|');
}

function LoadedDetails(
  props: RecoveryDetailsProps & { loadDetail: NonNullable<HistoryTableProps['loadDetail']> }
): React.ReactElement {
  const { item, loadDetail } = props;
  const styles = useStyles2(detailStyles);
  const { detail, loading, error, retry } = useRecoveryDetail(item.id, versionOf(item), loadDetail);
  return (
    <>
      <DetailFacts {...props} detail={detail} />
      {error !== null && (
        <div className={styles.state} role="alert">
          <span className={styles.bad}>{t('panel.table.details-failed', 'The details could not be loaded.')}</span>
          <span>{describeError(error.cause)}</span>
          <Button size="sm" variant="secondary" icon="sync" onClick={retry}>
            {t('panel.table.retry', 'Try again')}
          </Button>
        </div>
      )}
      {detail?.forecast && <ForecastAtDetection forecast={detail.forecast} timeZone={props.timeZone} />}
      {detail === null && loading && <LoadingPlaceholder text={t('panel.table.details-loading', 'Loading details…')} />}
      {detail !== null && <ChronicleList detail={detail} faultAtMs={item.startMs} width={props.width} busy={loading} />}
    </>
  );
}
