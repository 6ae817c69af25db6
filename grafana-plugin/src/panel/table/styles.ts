import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { VISUALLY_HIDDEN } from '../../format/visuallyHidden';

export const tableStyles = (theme: GrafanaTheme2) => ({
  root: css({ display: 'flex', flexDirection: 'column', overflow: 'hidden', position: 'relative', maxHeight: '100%' }),
  scroll: css({
    flex: '1 1 auto',
    minHeight: 0,
    overflowY: 'auto',
    overflowX: 'hidden',
    '&:focus-visible': focusRing(theme),
  }),
  table: css({
    width: '100%',
    tableLayout: 'fixed',
    borderCollapse: 'separate',
    borderSpacing: 0,
    ...theme.typography.bodySmall,
  }),
  head: css({
    position: 'sticky',
    top: 0,
    zIndex: 1,
    padding: theme.spacing(0.5, 1),
    background: theme.colors.background.primary,
    borderBottom: `1px solid ${theme.colors.border.medium}`,
    textAlign: 'left',
    fontWeight: theme.typography.fontWeightMedium,
    whiteSpace: 'nowrap',
  }),
  sort: css({
    ...plainButton(theme),
    fontWeight: 'inherit',
    color: theme.colors.text.secondary,
    maxWidth: '100%',
    '&:hover': { color: theme.colors.text.primary },
  }),
  row: css({
    cursor: 'pointer',
    '&:hover > td': { background: theme.colors.action.hover },
    '&[aria-current="true"] > td': { background: theme.colors.action.selected },
  }),
  cell: css({
    padding: theme.spacing(0.5, 1),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    verticalAlign: 'middle',
  }),
  expanderCell: css({
    padding: theme.spacing(0, 0.5),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    textAlign: 'center',
  }),
  expand: css({ ...plainButton(theme), padding: theme.spacing(0.5), color: theme.colors.text.secondary }),
  number: css({ fontVariantNumeric: 'tabular-nums' }),
  label: css({
    ...plainButton(theme),
    maxWidth: '100%',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    '&:hover': { textDecoration: 'underline' },
  }),
  error: markStyle(theme, 'error'),
  warning: markStyle(theme, 'warning'),
  info: markStyle(theme, 'info'),
  status: css({
    ...plainButton(theme),
    display: 'flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    maxWidth: '100%',
    fontWeight: theme.typography.fontWeightMedium,
    '&:hover': { textDecoration: 'underline' },
    '& > span': { overflow: 'hidden', textOverflow: 'ellipsis' },
  }),
  target: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), minWidth: 0 }),
  secondary: css({ color: theme.colors.text.secondary }),
  hidden: css(VISUALLY_HIDDEN),
  dot: css({ display: 'inline-block', width: 8, height: 8, borderRadius: '50%', marginRight: theme.spacing(0.5) }),
  detailsCell: css({
    padding: 0,
    borderBottom: `1px solid ${theme.colors.border.medium}`,
    background: theme.colors.background.secondary,
  }),
  empty: css({ padding: theme.spacing(3, 1), textAlign: 'center', color: theme.colors.text.secondary }),
  // Its mirror image is not in every version of Grafana.
  turned: css({ transform: 'rotate(180deg)' }),
  off: css({ opacity: 0.4, cursor: 'not-allowed' }),
  pages: css({
    flex: '0 0 auto',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'flex-end',
    gap: theme.spacing(0.5),
    padding: theme.spacing(0.5, 0, 0),
    ...theme.typography.bodySmall,
    color: theme.colors.text.secondary,
  }),
});

/** Of the sign beside a fault. */
function markStyle(theme: GrafanaTheme2, tone: 'error' | 'warning' | 'info'): string {
  return css({ color: theme.colors[tone].text, marginRight: theme.spacing(0.5) });
}

export const detailStyles = (theme: GrafanaTheme2) => ({
  root: css({
    padding: theme.spacing(1, 2, 1.5),
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    cursor: 'default',
  }),
  text: css({ margin: 0, color: theme.colors.text.primary, overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }),
  facts: css({
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(min(165px, 100%), 1fr))',
    gap: theme.spacing(0.5, 2),
    margin: 0,
  }),
  fact: css({
    minWidth: 0,
    '& > dt': { color: theme.colors.text.secondary, fontWeight: 'normal' },
    '& > dd': { margin: 0, overflowWrap: 'anywhere' },
  }),
  actions: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), alignItems: 'center' }),
  link: css({ color: theme.colors.text.link, textDecoration: 'underline', '&:focus-visible': focusRing(theme) }),
  heading: css({ margin: 0, ...theme.typography.bodySmall, fontWeight: theme.typography.fontWeightMedium }),
  moments: css({ listStyle: 'none', margin: 0, padding: 0, maxWidth: 900 }),
  moment: css({
    display: 'grid',
    gridTemplateColumns: '80px minmax(0, 1fr) auto',
    gap: theme.spacing(0, 1),
    padding: theme.spacing(0.25, 0),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    overflowWrap: 'anywhere',
  }),
  narrowMoment: css({ gridTemplateColumns: '64px minmax(0, 1fr)' }),
  after: css({ textAlign: 'right', fontVariantNumeric: 'tabular-nums', color: theme.colors.text.secondary }),
  step: css({ paddingLeft: theme.spacing(2) }),
  secondary: css({ color: theme.colors.text.secondary }),
  good: css({ color: theme.colors.success.text }),
  bad: css({ color: theme.colors.error.text }),
  pre: css({ whiteSpace: 'pre-wrap', maxHeight: 200, overflowY: 'auto' }),
  took: css({ fontVariantNumeric: 'tabular-nums', color: theme.colors.text.secondary }),
  state: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), flexWrap: 'wrap' }),
});

function plainButton(theme: GrafanaTheme2) {
  return {
    background: 'none',
    border: 'none',
    padding: 0,
    color: 'inherit',
    font: 'inherit',
    textAlign: 'left',
    cursor: 'pointer',
    borderRadius: theme.shape.radius.default,
    '&:focus-visible': focusRing(theme),
  } as const;
}

function focusRing(theme: GrafanaTheme2) {
  return { outline: `2px solid ${theme.colors.primary.text}`, outlineOffset: '-1px' } as const;
}
