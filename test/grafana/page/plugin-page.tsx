/** Stands for core's page layout around an app's content: heading, subtitle, actions. */
import type { PluginPageProps } from '@grafana/runtime';
import { useStyles2 } from '@grafana/ui';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';

export function HostPluginPage({ pageNav, subTitle, actions, renderTitle, children }: PluginPageProps) {
  const styles = useStyles2(getStyles);
  const title = pageNav?.text ?? document.title;
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        {renderTitle ? renderTitle(title) : <h1>{title}</h1>}
        <div className={styles.actions}>{actions}</div>
      </div>
      {(subTitle ?? pageNav?.subTitle) !== undefined && <div className={styles.sub}>{subTitle ?? pageNav?.subTitle}</div>}
      {children}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ padding: theme.spacing(3), maxWidth: 1400, margin: '0 auto' }),
  head: css({ display: 'flex', flexWrap: 'wrap', justifyContent: 'space-between', gap: theme.spacing(1), marginBottom: theme.spacing(2) }),
  actions: css({ display: 'flex', gap: theme.spacing(1) }),
  sub: css({ color: theme.colors.text.secondary, marginBottom: theme.spacing(2) }),
});
