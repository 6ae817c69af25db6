import React from 'react';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import { faultLabel } from '../../format/fault';
import { AS_TEXT, cutText } from '../../format/text';
import { statusLook } from '../status/statusLook';
import type { FilterKey, Filters } from '../model/types';
import { activeFilters, toggleFilter } from './applyFilters';
import { isStatus } from './statusCounts';

const MAX_VALUE = 40;

interface FilterChipsProps {
  filters: Filters;
  /** Statuses are buttons of the bar already, where their counts are known. */
  withStatuses: boolean;
  onChange(filters: Filters): void;
}

/** The filters that are set; a click takes one out. */
export function FilterChips({ filters, withStatuses, onChange }: FilterChipsProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const shown = activeFilters(filters).filter(([key]) => withStatuses || key !== 'status');
  return (
    <>
      {shown.flatMap(([key, values]) =>
        values.map((value) => {
          const text = `${keyName(key)}: ${key === 'status' && isStatus(value) ? statusLook(theme, value).word : valueText(key, value)}`;
          return (
            <button
              key={`${key} ${value}`}
              type="button"
              className={styles.chip}
              title={cutText(value, 300)}
              aria-label={t('panel.filters.remove', 'Remove the filter {{text}}', { text, ...AS_TEXT })}
              onClick={() => onChange(toggleFilter(filters, key, value))}
            >
              <span>{text}</span>
              <Icon name="times" size="sm" />
            </button>
          );
        })
      )}
    </>
  );
}

function valueText(key: FilterKey, value: string): string {
  return cutText(key === 'fault' ? faultLabel(value) : value, MAX_VALUE);
}

function keyName(key: FilterKey): string {
  switch (key) {
    case 'status':
      return t('panel.filters.key.status', 'Outcome');
    case 'host':
      return t('panel.filters.key.host', 'Host');
    case 'domain':
      return t('panel.filters.key.domain', 'Domain');
    case 'app':
      return t('panel.filters.key.app', 'Application');
    case 'fault':
      return t('panel.filters.key.fault', 'What failed');
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  chip: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    maxWidth: '100%',
    font: 'inherit',
    padding: theme.spacing(0.25, 1),
    border: `1px solid ${theme.colors.primary.border}`,
    borderRadius: theme.shape.radius.pill,
    background: theme.colors.action.selected,
    color: theme.colors.text.primary,
    cursor: 'pointer',
    '& > span': { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
    '&:hover': { background: theme.colors.action.hover },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.text}`, outlineOffset: '1px' },
  }),
});
