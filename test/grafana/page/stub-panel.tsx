/**
 * Stands for panels that only Grafana itself has. Single values are drawn with the component that Grafana's own panels use; tables are plain
 * ones, and all else (time series, bars over time, …) is listed as text. Each says that it is a stand-in.
 */
import { PanelPlugin, formattedValueToString, getFieldDisplayName, getFieldDisplayValues } from '@grafana/data';
import type { DataFrame, Field, GrafanaTheme2, PanelProps, ReduceDataOptions } from '@grafana/data';
import { css } from '@emotion/css';
import { BigValue, BigValueColorMode, BigValueGraphMode, useStyles2, useTheme2 } from '@grafana/ui';

const MOST_LINES = 40;
const SINGLE_VALUES = ['stat', 'gauge', 'bargauge'];
const MARK_PX = 18;

export function createStubPanel(type: string): PanelPlugin {
  const plugin = new PanelPlugin((props: PanelProps) => <StandIn {...props} type={type} />).useFieldConfig();
  plugin.meta = { id: type, name: type, type: 'panel', info: {}, module: '', baseUrl: '' } as unknown as PanelPlugin['meta'];
  return plugin;
}

type Props = PanelProps & { type: string };

function StandIn(props: Props) {
  const { data, type } = props;
  const styles = useStyles2(getStyles);
  const values = data.series.reduce((sum, { length, fields }) => sum + length * fields.length, 0);
  return (
    <div className={styles.stub} data-testid="stub-panel" data-type={type} data-values={values} tabIndex={0} role="group" aria-label={`Stand-in for Grafana's panel ${type}`}>
      <div className={styles.mark}>stand-in for Grafana&apos;s &ldquo;{type}&rdquo;</div>
      <Content {...props} />
    </div>
  );
}

function Content(props: Props) {
  if (SINGLE_VALUES.includes(props.type)) return <SingleValues {...props} />;
  const [first] = props.data.series;
  if (props.type === 'table' && first !== undefined && first.fields.length > 0) return <PlainTable frame={first} all={props.data.series} />;
  return <Lines {...props} />;
}

function SingleValues({ data, options, fieldConfig, replaceVariables, timeZone, width, height }: Props) {
  const theme = useTheme2();
  const styles = useStyles2(getStyles);
  const { reduceOptions = { calcs: ['lastNotNull'], values: false } } = options as { reduceOptions?: ReduceDataOptions };
  const values = getFieldDisplayValues({ fieldConfig, reduceOptions, replaceVariables, theme, data: data.series, timeZone }).slice(0, MOST_LINES);
  const each = Math.max(80, Math.floor(width / Math.max(1, values.length)) - 4);
  return (
    <div className={styles.values}>
      {values.map(({ display }, index) => (
        <BigValue key={index} value={display} width={each} height={Math.max(30, height - MARK_PX)} theme={theme} colorMode={BigValueColorMode.Value} graphMode={BigValueGraphMode.None} />
      ))}
    </div>
  );
}

function PlainTable({ frame, all }: { frame: DataFrame; all: DataFrame[] }) {
  const styles = useStyles2(getStyles);
  const fields = frame.fields.filter(({ config }) => (config.custom as { hidden?: boolean } | undefined)?.hidden !== true);
  const rows = Array.from({ length: Math.min(frame.length, MOST_LINES) }, (_, row) => row);
  return (
    <table className={styles.table}>
      <thead><tr>{fields.map((field) => <th key={field.name} scope="col">{getFieldDisplayName(field, frame, all)}</th>)}</tr></thead>
      <tbody>{rows.map((row) => <tr key={row}>{fields.map((field) => <td key={field.name}>{shown(field, row)}</td>)}</tr>)}</tbody>
    </table>
  );
}

function shown(field: Field, row: number): string {
  const value: unknown = field.values[row];
  return field.display ? formattedValueToString(field.display(value)) : String(value);
}

/** The newest value of each field but time. */
function Lines({ data, options }: Props) {
  const styles = useStyles2(getStyles);
  const { content } = options as { content?: unknown };
  const lines = data.series.flatMap((frame) => linesOf(frame, data.series));
  return (
    <>
      {typeof content === 'string' && <p>{content}</p>}
      <dl>
        {lines.slice(0, MOST_LINES).map(({ name, value }, index) => (
          <div key={index} className={styles.line}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
      {lines.length > MOST_LINES && <div>and {lines.length - MOST_LINES} more</div>}
    </>
  );
}

function linesOf(frame: DataFrame, all: DataFrame[]): { name: string; value: string }[] {
  return frame.fields
    .filter(({ type }) => type !== 'time')
    .map((field) => ({ name: getFieldDisplayName(field, frame, all), value: field.values.length === 0 ? '(no value)' : shown(field, field.values.length - 1) }));
}

const getStyles = (theme: GrafanaTheme2) => ({
  stub: css({ height: '100%', overflow: 'auto', fontSize: theme.typography.bodySmall.fontSize }),
  mark: css({ height: MARK_PX, color: theme.colors.text.secondary, fontSize: 11 }),
  table: css({ width: '100%', 'th, td': { textAlign: 'left', padding: theme.spacing(0.25, 1), borderBottom: `1px solid ${theme.colors.border.weak}` } }),
  values: css({ display: 'flex', flexWrap: 'wrap', gap: 4 }),
  line: css({ display: 'flex', justifyContent: 'space-between', gap: theme.spacing(2) }),
});
