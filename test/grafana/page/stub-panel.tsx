/** Stands for panels that only Grafana itself has (time series, stat, table, …): lists the values that they would draw. */
import { PanelPlugin, formattedValueToString, getFieldDisplayName } from '@grafana/data';
import type { DataFrame, GrafanaTheme2, PanelProps } from '@grafana/data';
import { css } from '@emotion/css';
import { useStyles2 } from '@grafana/ui';

const MOST_LINES = 40;

export function createStubPanel(type: string): PanelPlugin {
  const plugin = new PanelPlugin((props: PanelProps) => <Stub {...props} type={type} />).useFieldConfig();
  plugin.meta = { id: type, name: type, type: 'panel', info: {}, module: '', baseUrl: '' } as unknown as PanelPlugin['meta'];
  return plugin;
}

function Stub({ data, type, options }: PanelProps & { type: string }) {
  const styles = useStyles2(getStyles);
  const text = (options as { content?: unknown }).content;
  const lines = data.series.flatMap((frame) => linesOf(frame, data.series));
  return (
    <div className={styles.stub} data-testid="stub-panel" data-lines={lines.length} tabIndex={0} role="region" aria-label={`Values of a ${type} panel`}>
      <div className={styles.mark}>Stub of Grafana&apos;s panel &ldquo;{type}&rdquo;: its values as text</div>
      {typeof text === 'string' && <p>{text}</p>}
      <dl>
        {lines.slice(0, MOST_LINES).map(({ name, value }, index) => (
          <div key={index} className={styles.line}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
      {lines.length > MOST_LINES && <div>and {lines.length - MOST_LINES} more</div>}
    </div>
  );
}

/** The newest value of each field but time. */
function linesOf(frame: DataFrame, all: DataFrame[]): { name: string; value: string }[] {
  return frame.fields
    .filter(({ type }) => type !== 'time')
    .map((field) => {
      const last: unknown = field.values[field.values.length - 1];
      const shown = field.display ? formattedValueToString(field.display(last)) : String(last);
      return { name: getFieldDisplayName(field, frame, all), value: field.values.length === 0 ? '(no value)' : shown };
    });
}

const getStyles = (theme: GrafanaTheme2) => ({
  stub: css({ height: '100%', overflow: 'auto', fontSize: theme.typography.bodySmall.fontSize }),
  mark: css({ color: theme.colors.text.secondary, borderBottom: `1px dashed ${theme.colors.border.medium}`, marginBottom: theme.spacing(0.5) }),
  line: css({ display: 'flex', justifyContent: 'space-between', gap: theme.spacing(2) }),
});
