import React, { useId, useMemo, useState } from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Portal, useStyles2, useTheme2 } from '@grafana/ui';
import { VISUALLY_HIDDEN } from '../../format/visuallyHidden';
import type { Lane, RecoveryItem } from '../model/types';
import type { TimelineProps } from '../types';
import { announcement } from './announcement';
import { CardPlace } from './CardPlace';
import { handleKey, setCursor } from './keyboard';
import { LaneLabels } from './LaneLabels';
import { indexLane, type LaneIndex } from './laneIndex';
import { DEFAULT_BAR_OPACITY, makeLook } from './look';
import type { Look } from './paint';
import { AXIS_HEIGHT } from './paintChart';
import { moveLabelFocus } from './moveLabelFocus';
import { probabilityColor } from './paintProbability';
import { RecoveryCard } from './RecoveryCard';
import { requestPaint, type Anchor } from './stage';
import { timelineSize, type TimelineSize } from './timelineSize';
import { useCrosshair } from './useCrosshair';
import { usePointer } from './usePointer';
import { usePulse } from './usePulse';
import { useStage, type StageHost } from './useStage';

/** Narrower, and the key would be cut. */
const KEY_FROM_WIDTH = 105;

interface Pointed {
  item: RecoveryItem;
  anchor: Anchor;
}

/** The recoveries along time, a lane per target. Drawn on canvas; see `stage.ts` for what happens between renderings. */
export function Timeline(props: TimelineProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const rows = useMemo(() => props.lanes.map(indexLane), [props.lanes]);
  const look = useLook(props);
  const size = timelineSize(props);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [spoken, setSpoken] = useState('');
  const [shown, setShown] = useState<[first: number, end: number]>([0, 0]);
  const { plotWidth, plotHeight, laneHeight } = size;
  const host = useStage({
    props,
    rows,
    look,
    plotWidth,
    plotHeight,
    laneHeight,
    onPoint: (item, anchor) => setPointed(item && anchor && { item, anchor }),
    onLanes: (first, end) => setShown([first, end]),
  });
  const publishTime = useCrosshair(host);
  usePointer(host, publishTime);
  usePulse(host, props.lanes);

  const { onScroll, onKeyDown, onBlur } = listeners(host, setSpoken);

  return (
    <div className={styles.root} style={{ width: size.width, height: size.height }}>
      <canvas
        ref={(element) => host.hold('axis', element)}
        className={styles.axis}
        aria-hidden
        style={{ left: size.labelWidth, width: plotWidth, height: AXIS_HEIGHT }}
      />
      {look.showProbability && props.lanes.some(({ probability }) => probability) && (
        <ProbabilityKey width={size.labelWidth} />
      )}
      <div
        ref={(element) => host.hold('scroller', element)}
        className={styles.scroller}
        style={{ top: AXIS_HEIGHT, height: plotHeight }}
        onScroll={onScroll}
      >
        <div style={{ height: Math.max(plotHeight, rows.length * laneHeight) }}>
          <div className={styles.sticky} style={{ height: plotHeight, width: size.labelWidth + plotWidth }}>
            <Labels {...props} size={size} shown={shown} host={host} />
            <Chart lanes={props.lanes} size={size} host={host} onKeyDown={onKeyDown} onBlur={onBlur} />
          </div>
        </div>
      </div>
      <div aria-live="polite" style={VISUALLY_HIDDEN}>
        {spoken}
      </div>
      <PointedCard {...props} rows={rows} pointed={pointed} />
      <SelectedCard {...props} rows={rows} />
    </div>
  );
}

/** What happens to the stage, and what is said of it. */
function listeners(host: StageHost, setSpoken: (text: string) => void) {
  return {
    onScroll: (): void => {
      const stage = host.stage();
      if (stage) {
        requestPaint(stage, true);
      }
    },
    onKeyDown: (event: React.KeyboardEvent): void => {
      const stage = host.stage();
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (stage && !modified && handleKey(stage, event.key, (spot) => setSpoken(announcement(stage, spot)))) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    onBlur: (): void => {
      const stage = host.stage();
      if (stage?.overlay.cursor) {
        setCursor(stage, null, () => setSpoken(''));
      }
    },
  };
}

function useLook({ lanes, options }: TimelineProps): Look {
  const theme = useTheme2();
  const { showPhases, showProbability } = options;
  const opacity = barOpacityOf(lanes);
  return useMemo(
    () => makeLook(theme, { showPhases, showProbability }, opacity),
    [theme, showPhases, showProbability, opacity]
  );
}

/** Of the field options of outcome or duration, whichever the source has. */
function barOpacityOf(lanes: Lane[]): number {
  const fields = lanes.find(({ items }) => items.length > 0)?.items[0]?.fields;
  const opacity: unknown = (fields?.status ?? fields?.duration)?.config?.custom?.barOpacity;
  return typeof opacity === 'number' ? opacity : DEFAULT_BAR_OPACITY;
}

/** What the area behind lanes is, in the corner above their names. */
function ProbabilityKey({ width }: { width: number }): React.ReactElement | null {
  const styles = useStyles2(getStyles);
  const color = probabilityColor(useTheme2());
  if (width < KEY_FROM_WIDTH) {
    return null;
  }
  const text = t('panel.timeline.probability-key', 'failure forecast');
  return (
    <div className={styles.key} style={{ width, height: AXIS_HEIGHT }} title={text}>
      <span className={styles.swatch} style={{ background: color }} />
      <span>{text}</span>
    </div>
  );
}

interface LabelsProps extends Pick<TimelineProps, 'lanes' | 'onFilter'> {
  size: TimelineSize;
  shown: [first: number, end: number];
  host: StageHost;
}

function Labels({ lanes, onFilter, size, shown: [first, end], host }: LabelsProps): React.ReactElement | null {
  const styles = useStyles2(getStyles);
  const { labelWidth, laneHeight } = size;
  if (labelWidth === 0) {
    return null;
  }
  return (
    <div
      className={styles.labels}
      style={{ width: labelWidth }}
      role="group"
      aria-label={t('panel.timeline.lanes', 'Lanes')}
      onKeyDown={moveLabelFocus}
    >
      <div ref={(element) => host.hold('labels', element)}>
        <LaneLabels
          lanes={lanes}
          first={first}
          end={end}
          laneHeight={laneHeight}
          width={labelWidth}
          onFilter={onFilter}
        />
      </div>
    </div>
  );
}

interface ChartProps {
  lanes: Lane[];
  size: TimelineSize;
  host: StageHost;
  onKeyDown(event: React.KeyboardEvent): void;
  onBlur(): void;
}

/** An application to assistive technology: arrow keys are its own here, as its description says. */
function Chart({ lanes, size, host, onKeyDown, onBlur }: ChartProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const helpId = useId();
  const place = { left: size.labelWidth, width: size.plotWidth, height: size.plotHeight };
  const count = lanes.reduce((sum, { items }) => sum + items.length, 0);
  return (
    <div
      className={styles.chart}
      style={place}
      role="application"
      tabIndex={0}
      aria-label={t('panel.timeline.label', 'Timeline of {{count}} recoveries', {
        count,
        defaultValue_one: 'Timeline of one recovery',
      })}
      aria-describedby={helpId}
      onKeyDown={onKeyDown}
      onBlur={onBlur}
    >
      <canvas
        ref={(element) => host.hold('chart', element)}
        className={styles.layer}
        aria-hidden
        style={{ width: place.width, height: place.height }}
      />
      <canvas
        ref={(element) => host.hold('overlay', element)}
        className={styles.overlay}
        aria-hidden
        style={{ width: place.width, height: place.height }}
      />
      <span id={helpId} style={VISUALLY_HIDDEN}>
        {t(
          'panel.timeline.help',
          'Left and right move along a lane, up and down to another, Home and End to its first and last. Enter selects, Z shows its time, plus and minus zoom, Escape clears.'
        )}
      </span>
    </div>
  );
}

interface CardProps extends Pick<
  TimelineProps,
  'nowMs' | 'timeZone' | 'options' | 'selectedId' | 'onSelect' | 'onZoom'
> {
  rows: LaneIndex[];
}

function PointedCard({ rows, pointed, ...props }: CardProps & { pointed: Pointed | null }): React.ReactElement | null {
  const item =
    pointed && rows.find(({ lane }) => lane.key === pointed.item.lane)?.items.find(({ id }) => id === pointed.item.id);
  if (!pointed || !item || isPinned(props, item)) {
    return null;
  }
  return (
    <Portal>
      <CardPlace anchor={pointed.anchor}>
        <RecoveryCard item={item} nowMs={props.nowMs} timeZone={props.timeZone} />
      </CardPlace>
    </Portal>
  );
}

/** Without a table the selected recovery is shown here, with its links. */
function SelectedCard({ rows, ...props }: CardProps): React.ReactElement | null {
  const styles = useStyles2(getStyles);
  const { selectedId, onSelect, onZoom } = props;
  const item = itemById(rows, selectedId);
  if (!item || !isPinned(props, item)) {
    return null;
  }
  return (
    <div className={styles.pinned}>
      <RecoveryCard
        item={item}
        nowMs={props.nowMs}
        timeZone={props.timeZone}
        pinned={{ onZoom, onClose: () => onSelect(null) }}
      />
    </div>
  );
}

function itemById(rows: LaneIndex[], id: string | null): RecoveryItem | undefined {
  for (const { items } of id === null ? [] : rows) {
    const found = items.find((item) => item.id === id);
    if (found) {
      return found;
    }
  }
  return undefined;
}

function isPinned({ options, selectedId }: Pick<CardProps, 'options' | 'selectedId'>, { id }: RecoveryItem): boolean {
  return options.view === 'timeline' && selectedId === id;
}

const getStyles = (theme: GrafanaTheme2) => ({
  root: css({ position: 'relative', overflow: 'hidden' }),
  axis: css({ position: 'absolute', top: 0 }),
  key: css({
    ...theme.typography.bodySmall,
    position: 'absolute',
    left: 0,
    top: 0,
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    paddingLeft: theme.spacing(0.5),
    color: theme.colors.text.secondary,
    whiteSpace: 'nowrap',
    overflow: 'hidden',
  }),
  swatch: css({ width: 10, height: 6, opacity: 0.6, flex: '0 0 auto' }),
  scroller: css({ position: 'absolute', left: 0, right: 0, overflowX: 'hidden', overflowY: 'auto' }),
  sticky: css({ position: 'sticky', top: 0, overflow: 'hidden' }),
  labels: css({ position: 'absolute', left: 0, top: 0, bottom: 0, overflow: 'hidden' }),
  layer: css({ position: 'absolute', left: 0, top: 0 }),
  overlay: css({ position: 'absolute', left: 0, top: 0, cursor: 'crosshair', touchAction: 'pan-y' }),
  chart: css({
    position: 'absolute',
    top: 0,
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}`, outlineOffset: -2 },
  }),
  pinned: css({
    position: 'absolute',
    right: theme.spacing(2),
    bottom: theme.spacing(1),
    maxHeight: '90%',
    maxWidth: '90%',
    overflow: 'auto',
    padding: theme.spacing(1, 1.5),
    background: theme.colors.background.elevated,
    border: `1px solid ${theme.colors.border.medium}`,
    borderRadius: theme.shape.radius.default,
    boxShadow: theme.shadows.z2,
  }),
});
