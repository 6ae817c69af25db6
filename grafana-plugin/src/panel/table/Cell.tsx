import React from 'react';
import { dateTimeFormat, systemDateFormats } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { actionWords } from '../../format/action';
import { formatAgo } from '../../format/ago';
import { faultLabel, faultMark, type FaultMark } from '../../format/fault';
import { cutText } from '../../format/text';
import { statusLook } from '../status/statusLook';
import type { FilterKey, RecoveryItem } from '../model/types';
import { COMPACT_BELOW, hasRoomFor, ICON_ONLY_BELOW, type Column } from './columns';
import { durationDisplay } from './durationDisplay';
import { tableStyles } from './styles';

const MAX_NAME = 100;
const MAX_TEXT = 300;

interface CellProps {
  column: Column;
  item: RecoveryItem;
  nowMs: number;
  width: number;
  timeZone: string;
  onFilter(key: FilterKey, value: string): void;
}

/** What a row says in one column. */
export function Cell(props: CellProps): React.ReactElement {
  const { column, item } = props;
  switch (column) {
    case 'status':
      return <StatusCell {...props} />;
    case 'when':
      return <WhenCell {...props} />;
    case 'duration':
      return <DurationCell {...props} />;
    case 'fault':
      return (
        <LabelCell
          {...props}
          filterKey="fault"
          text={faultLabel(item.fault)}
          title={cutText(item.fault, MAX_TEXT)}
          mark={faultMark(item.fault)}
        />
      );
    case 'domain':
      return <TargetCell {...props} />;
    case 'host':
    case 'app':
      return <LabelCell {...props} filterKey={column} text={cutText(item[column], MAX_NAME)} />;
    case 'actions':
      return <TextCell text={whatWasDone(item)} />;
    case 'text':
      return <TextCell text={cutText(item.text, MAX_TEXT)} />;
  }
}

function StatusCell({ item, width, onFilter }: CellProps): React.ReactElement {
  const styles = useStyles2(tableStyles);
  const { icon, word, color } = statusLook(useTheme2(), item.status);
  return (
    <td className={styles.cell}>
      <button
        type="button"
        className={styles.status}
        title={filterTitle(word)}
        onClick={() => onFilter('status', item.status)}
      >
        <Icon name={icon} style={{ color, flex: '0 0 auto' }} />
        <span className={width < ICON_ONLY_BELOW ? styles.hidden : undefined}>{word}</span>
      </button>
    </td>
  );
}

function WhenCell({ item, nowMs, width, timeZone }: CellProps): React.ReactElement {
  const styles = useStyles2(tableStyles);
  const full = dateTimeFormat(item.startMs, { timeZone });
  const compact = width < COMPACT_BELOW;
  return (
    <td className={`${styles.cell} ${styles.number}`} title={`${full}\n${formatAgo(item.startMs, nowMs)}`}>
      {compact ? dateTimeFormat(item.startMs, { timeZone, format: systemDateFormats.interval.hour }) : full}
    </td>
  );
}

function DurationCell({ item, nowMs }: CellProps): React.ReactElement {
  const styles = useStyles2(tableStyles);
  const { text, color } = durationDisplay(item, nowMs);
  return (
    <td className={`${styles.cell} ${styles.number}`} title={item.endMs === null ? `${text} ${soFar()}` : text}>
      {color !== null && <span className={styles.dot} style={{ background: color }} aria-hidden="true" />}
      {text}
      {item.endMs === null && <span className={styles.hidden}> {soFar()}</span>}
    </td>
  );
}

function soFar(): string {
  return t('panel.table.so-far', 'so far');
}

function LabelCell({
  item,
  filterKey,
  text,
  title,
  mark = null,
  onFilter,
}: CellProps & { filterKey: FilterKey; text: string; title?: string; mark?: FaultMark | null }): React.ReactElement {
  const styles = useStyles2(tableStyles);
  return (
    <td className={styles.cell}>
      {item[filterKey] ? (
        <button
          type="button"
          className={styles.label}
          title={filterTitle(title ?? text)}
          onClick={() => onFilter(filterKey, item[filterKey])}
        >
          {mark !== null && <Icon name={mark.icon} size="sm" className={styles[mark.tone]} />}
          {text}
        </button>
      ) : (
        <None />
      )}
    </td>
  );
}

/** Where no domain is named, the host itself is what it is about; an application is named here where it has no column. */
function TargetCell(props: CellProps): React.ReactElement {
  const { item, width } = props;
  const styles = useStyles2(tableStyles);
  const withApp = item.app !== '' && !hasRoomFor('app', width);
  if (item.domain && !withApp) {
    return <LabelCell {...props} filterKey="domain" text={cutText(item.domain, MAX_NAME)} />;
  }
  return (
    <td className={styles.cell}>
      <div className={styles.target}>
        {!item.domain && <span className={styles.secondary}>{t('panel.table.host', 'host')}</span>}
        <TargetButton {...props} filterKey={item.domain ? 'domain' : 'host'} />
        {withApp && (
          <>
            <span aria-hidden="true">/</span>
            <TargetButton {...props} filterKey="app" />
          </>
        )}
      </div>
    </td>
  );
}

function TargetButton({
  item,
  filterKey,
  onFilter,
}: Pick<CellProps, 'item' | 'onFilter'> & { filterKey: 'host' | 'domain' | 'app' }): React.ReactElement {
  const styles = useStyles2(tableStyles);
  const name = cutText(item[filterKey], MAX_NAME);
  return (
    <button
      type="button"
      className={styles.label}
      title={filterTitle(name)}
      onClick={() => onFilter(filterKey, item[filterKey])}
    >
      {name}
    </button>
  );
}

function TextCell({ text }: { text: string }): React.ReactElement {
  const styles = useStyles2(tableStyles);
  return (
    <td className={styles.cell} title={text}>
      {text || <None />}
    </td>
  );
}

function None(): React.ReactElement {
  const styles = useStyles2(tableStyles);
  return <span className={styles.secondary}>–</span>;
}

function filterTitle(text: string): string {
  return `${text}\n${t('panel.table.filter', 'Click: show only these')}`;
}

/** Actions in order, and the way it went where it moved. */
function whatWasDone({ actions, fromHost, toHost }: RecoveryItem): string {
  const moved =
    fromHost && toHost && fromHost !== toHost ? `${cutText(fromHost, MAX_NAME)} → ${cutText(toHost, MAX_NAME)}` : '';
  return [actionWords(actions, MAX_TEXT), moved].filter(Boolean).join(' · ');
}
