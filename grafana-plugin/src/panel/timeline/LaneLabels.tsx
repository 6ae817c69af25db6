import React, { memo, useState } from 'react';
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2 } from '@grafana/ui';
import { AS_TEXT } from '../../format/text';
import type { FilterKey, Lane } from '../model/types';

/** More lanes than can be seen are kept, so that scrolling a little renders nothing. */
const OVERSCAN = 6;
/** Room for a host beside the domain. */
const HOST_ROOM = 80;

export interface LaneLabelsProps {
  lanes: Lane[];
  first: number;
  end: number;
  laneHeight: number;
  width: number;
  onFilter(key: FilterKey, value: string): void;
}

/** Names of the lanes that can be seen, as buttons that filter; one stop of the tab key, up and down within it. */
export const LaneLabels = memo(function LaneLabels(props: LaneLabelsProps): React.ReactElement {
  const { lanes, first, end, laneHeight, width, onFilter } = props;
  const styles = useStyles2(getStyles);
  const [focused, setFocused] = useState(0);
  const severalHosts = lanes.some(({ host }) => host !== lanes[0]?.host);
  const from = Math.max(0, first - OVERSCAN);
  const shown = lanes.slice(from, end + OVERSCAN);
  const stop = focused >= from && focused < from + shown.length ? focused : Math.max(0, first);
  return (
    <>
      {shown.map((lane, i) => (
        <div
          key={lane.key}
          data-lane-name
          className={styles.lane}
          style={{ top: (from + i) * laneHeight, height: laneHeight, width }}
        >
          <LaneName
            lane={lane}
            index={from + i}
            tabbable={from + i === stop}
            onFilter={onFilter}
            onFocus={setFocused}
          />
          {severalHosts && width >= HOST_ROOM && lane.domain !== '' && lane.host !== '' && (
            <FilterButton
              filter="host"
              value={lane.host}
              className={cx(styles.name, styles.host)}
              tabbable={false}
              onFilter={onFilter}
            />
          )}
        </div>
      ))}
    </>
  );
});

interface LaneNameProps {
  lane: Lane;
  index: number;
  tabbable: boolean;
  onFilter(key: FilterKey, value: string): void;
  onFocus(index: number): void;
}

/** What the lane is of; an application as `domain/app`, each of which filters. */
function LaneName({ lane, index, tabbable, onFilter, onFocus }: LaneNameProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const target: FilterKey = lane.domain !== '' ? 'domain' : 'host';
  const own: FilterKey = lane.app !== '' ? 'app' : target;
  const button = (
    <FilterButton
      filter={own}
      value={lane[own]}
      className={cx(styles.name, own === 'host' && styles.ownHost)}
      tabbable={tabbable}
      index={index}
      onFilter={onFilter}
      onFocus={() => onFocus(index)}
    />
  );
  if (own !== 'app') {
    return button;
  }
  return (
    <span className={styles.app}>
      <FilterButton
        filter={target}
        value={lane[target]}
        className={cx(styles.name, styles.ofApp)}
        tabbable={false}
        onFilter={onFilter}
      />
      <span aria-hidden="true">/</span>
      {button}
    </span>
  );
}

interface FilterButtonProps {
  filter: FilterKey;
  value: string;
  className: string;
  tabbable: boolean;
  index?: number;
  onFilter(key: FilterKey, value: string): void;
  onFocus?(): void;
}

function FilterButton({
  filter,
  value,
  className,
  tabbable,
  index,
  onFilter,
  onFocus,
}: FilterButtonProps): React.ReactElement {
  return (
    <button
      type="button"
      className={className}
      tabIndex={tabbable ? 0 : -1}
      data-lane={index}
      title={t('panel.timeline.filter-by', 'Show only {{value}}', { value, ...AS_TEXT })}
      onClick={() => onFilter(filter, value)}
      onFocus={onFocus}
    >
      {value}
    </button>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  lane: css({
    position: 'absolute',
    left: 0,
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(1),
    paddingRight: theme.spacing(1),
  }),
  name: css({
    ...theme.typography.bodySmall,
    background: 'none',
    border: 'none',
    padding: theme.spacing(0, 0.5),
    color: theme.colors.text.primary,
    textAlign: 'left',
    cursor: 'pointer',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    minWidth: 0,
    flex: '0 1 auto',
    '&:hover': { textDecoration: 'underline' },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: -2 },
  }),
  host: css({ color: theme.colors.text.secondary, marginLeft: 'auto', flexShrink: 3 }),
  ownHost: css({ fontWeight: theme.typography.fontWeightMedium }),
  app: css({
    display: 'flex',
    alignItems: 'center',
    minWidth: 0,
    flex: '0 1 auto',
    color: theme.colors.text.secondary,
    '& > button': { paddingInline: theme.spacing(0.25) },
    '& > button:first-child': { paddingLeft: theme.spacing(0.5) },
  }),
  // The application's own name is the one to keep where there is little room.
  ofApp: css({ color: theme.colors.text.secondary, flexShrink: 3 }),
});
