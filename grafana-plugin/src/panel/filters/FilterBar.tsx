import React, { useMemo, useState } from 'react';
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { FilterInput, Icon, IconButton, useStyles2, useTheme2 } from '@grafana/ui';
import { AS_TEXT } from '../../format/text';
import { VISUALLY_HIDDEN } from '../../format/visuallyHidden';
import { statusLook } from '../status/statusLook';
import type { RecoveryItem, Status } from '../model/types';
import type { FilterBarProps } from '../types';
import { activeFilters, toggleFilter } from './applyFilters';
import { FilterChips } from './FilterChips';
import { statusCounts } from './statusCounts';

export { applyFilters, toggleFilter } from './applyFilters';

const NARROW_BELOW = 600;
const NO_ITEMS: RecoveryItem[] = [];

/** Search, how many of each status there are, and the filters that are set, each to be taken out. */
export function FilterBar(props: FilterBarProps): React.ReactElement {
  const { filters, search, shown, total, items = NO_ITEMS, width = NARROW_BELOW, onChange, onSearch } = props;
  const styles = useStyles2(getStyles);
  const narrow = width < NARROW_BELOW;
  const [opened, setOpened] = useState(false);
  const filtered = search !== '' || activeFilters(filters).length > 0;
  const counts = useMemo(() => statusCounts(items, filters, search), [items, filters, search]);

  return (
    <div className={styles.bar} role="search" aria-label={t('panel.filters.name', 'Search and filters')}>
      {narrow && !opened && search === '' ? (
        <IconButton
          name="search"
          tooltip={t('panel.filters.open-search', 'Search')}
          aria-label={t('panel.filters.open-search', 'Search')}
          onClick={() => setOpened(true)}
        />
      ) : (
        <div className={cx(styles.search, { [styles.searchNarrow]: narrow })}>
          <FilterInput
            value={search}
            escapeRegex={false}
            autoFocus={opened}
            placeholder={t('panel.filters.search', 'Search name, host, fault, text')}
            aria-label={t('panel.filters.search', 'Search name, host, fault, text')}
            onChange={onSearch}
          />
        </div>
      )}
      <div className={styles.statuses} role="group" aria-label={t('panel.filters.statuses', 'Filter by outcome')}>
        {counts.map(([status, count]) => (
          <StatusButton
            key={status}
            status={status}
            count={count}
            narrow={narrow}
            pressed={filters.status?.includes(status) ?? false}
            onPress={() => onChange(toggleFilter(filters, 'status', status))}
          />
        ))}
      </div>
      <FilterChips filters={filters} withStatuses={items.length === 0} onChange={onChange} />
      {filtered && (
        <button
          type="button"
          className={styles.clear}
          onClick={() => {
            onChange({});
            onSearch('');
          }}
        >
          {t('panel.filters.clear', 'Clear all')}
        </button>
      )}
      <span className={styles.count} role="status">
        {shown === total
          ? t('panel.filters.total', '{{count}} recoveries', { count: total, defaultValue_one: '{{count}} recovery' })
          : t('panel.filters.shown', '{{shown}} of {{total}}', { shown, total })}
      </span>
    </div>
  );
}

interface StatusButtonProps {
  status: Status;
  count: number;
  narrow: boolean;
  pressed: boolean;
  onPress(): void;
}

function StatusButton({ status, count, narrow, pressed, onPress }: StatusButtonProps): React.ReactElement {
  const styles = useStyles2(getStyles);
  const { icon, color, word } = statusLook(useTheme2(), status);
  return (
    <button
      type="button"
      className={styles.status}
      aria-pressed={pressed}
      title={t('panel.filters.status-title', 'Show only: {{word}}', { word, ...AS_TEXT })}
      onClick={onPress}
    >
      <Icon name={icon} size="sm" style={{ color }} />
      <span className={narrow ? styles.hidden : undefined}>{word}</span> <span className={styles.number}>{count}</span>
    </button>
  );
}

const getStyles = (theme: GrafanaTheme2) => {
  const focus = { outline: `2px solid ${theme.colors.primary.text}`, outlineOffset: '1px' };
  return {
    bar: css({
      display: 'flex',
      flexWrap: 'wrap',
      alignItems: 'center',
      gap: theme.spacing(0.5, 1),
      paddingBottom: theme.spacing(1),
      ...theme.typography.bodySmall,
    }),
    search: css({ flex: '0 1 260px', minWidth: 0 }),
    searchNarrow: css({ flex: '1 1 100%' }),
    statuses: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.5) }),
    status: css({
      display: 'inline-flex',
      alignItems: 'center',
      gap: theme.spacing(0.5),
      padding: theme.spacing(0.25, 1),
      font: 'inherit',
      background: 'none',
      border: `1px solid ${theme.colors.border.medium}`,
      borderRadius: theme.shape.radius.pill,
      color: theme.colors.text.primary,
      cursor: 'pointer',
      '&:hover': { background: theme.colors.action.hover },
      '&:focus-visible': focus,
      '&[aria-pressed="true"]': {
        background: theme.colors.action.selected,
        borderColor: theme.colors.primary.border,
        boxShadow: `inset 0 0 0 1px ${theme.colors.primary.border}`,
      },
    }),
    hidden: css(VISUALLY_HIDDEN),
    number: css({ color: theme.colors.text.secondary, fontVariantNumeric: 'tabular-nums' }),
    clear: css({
      font: 'inherit',
      background: 'none',
      border: 'none',
      padding: theme.spacing(0.25, 0.5),
      color: theme.colors.text.link,
      cursor: 'pointer',
      '&:hover': { textDecoration: 'underline' },
      '&:focus-visible': focus,
    }),
    count: css({ marginLeft: 'auto', color: theme.colors.text.secondary, whiteSpace: 'nowrap' }),
  };
};
