import { css } from '@emotion/css';
import { locationUtil, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { useNavigate } from 'react-router-dom';
import { pageUrl } from '../urls';

/** A link to a page of the app, also where Grafana is served below a path. */
export function PageLink({ path, children }: { path: string; children: React.ReactNode }) {
  const styles = useStyles2(getStyles);
  const navigate = useNavigate();
  const follow = (event: React.MouseEvent) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      void navigate(pageUrl(path));
    }
  };
  return (
    <a className={styles.link} href={locationUtil.assureBaseUrl(pageUrl(path))} onClick={follow}>
      {children}
    </a>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  link: css({
    color: theme.colors.text.link,
    textDecoration: 'underline',
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.border}` },
  }),
});
