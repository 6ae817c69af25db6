import type { GrafanaTheme2, IconName } from '@grafana/data';
import { t } from '@grafana/i18n';
import type { Status } from '../model/types';

/** How a bar's area is filled: tells statuses apart where colours can't. */
export type BarPattern = 'solid' | 'cross' | 'slash' | 'backslash' | 'vertical' | 'dots' | 'hollow';

/** How a status is shown, everywhere alike; colour is never the only sign. */
export interface StatusLook {
  /** Of the theme; at least 3:1 against the panel's background. */
  color: string;
  /** An icon of @grafana/ui. */
  icon: IconName;
  /** One or two words for people. */
  word: string;
  pattern: BarPattern;
  /** SVG path in a box of 12 by 12, to be stroked: the sign in a bar that is wide enough. */
  glyph: string;
  /** Drawn later, thus above others, and the first to be read: the higher the worse. */
  severity: number;
}

interface FixedLook extends Omit<StatusLook, 'color' | 'word'> {
  /** Name in the theme's palette; null: the theme's secondary text. */
  hue: string | null;
}

const CHECK = 'M2 6.5 L5 9.5 L10 3';
const CROSS = 'M3 3 L9 9 M9 3 L3 9';
const EXCLAMATION = 'M6 1.5 L6 7.5 M6 9.5 L6 10.5';
const BARRED = 'M2.5 6 L9.5 6';
const BOLT = 'M7 1.5 L4 6.5 L8 6 L5 10.5';
const EYE = 'M1.5 6 Q6 1.5 10.5 6 Q6 10.5 1.5 6 M6 5.5 L6 6.5';
const ARROW = 'M2.5 6 L9.5 6 M6.5 3 L9.5 6 L6.5 9';
const RING = 'M6 3 A3 3 0 1 1 5.99 3';
const QUESTION = 'M4 4 Q4 2 6 2 Q8 2 8 4 Q8 5.5 6 6.5 L6 7.5 M6 9.5 L6 10.5';

const LOOKS: Record<Status, FixedLook> = {
  recovered: { hue: 'semi-dark-green', icon: 'check-circle', pattern: 'solid', glyph: CHECK, severity: 2 },
  failed: { hue: 'red', icon: 'times-circle', pattern: 'cross', glyph: CROSS, severity: 7 },
  escalated: { hue: 'dark-orange', icon: 'exclamation-triangle', pattern: 'slash', glyph: EXCLAMATION, severity: 8 },
  suppressed: { hue: null, icon: 'bell-slash', pattern: 'hollow', glyph: BARRED, severity: 0 },
  interrupted: { hue: 'purple', icon: 'bolt', pattern: 'backslash', glyph: BOLT, severity: 5 },
  dry_run: { hue: null, icon: 'eye', pattern: 'dots', glyph: EYE, severity: 1 },
  in_progress: { hue: 'blue', icon: 'sync', pattern: 'vertical', glyph: ARROW, severity: 6 },
  ended: { hue: null, icon: 'circle', pattern: 'solid', glyph: RING, severity: 3 },
  unknown: { hue: null, icon: 'question-circle', pattern: 'backslash', glyph: QUESTION, severity: 4 },
};

function statusWord(status: Status): string {
  switch (status) {
    case 'recovered':
      return t('panel.status.recovered', 'Recovered');
    case 'failed':
      return t('panel.status.failed', 'Failed');
    case 'escalated':
      return t('panel.status.escalated', 'Escalated');
    case 'suppressed':
      return t('panel.status.suppressed', 'Suppressed');
    case 'interrupted':
      return t('panel.status.interrupted', 'Interrupted');
    case 'dry_run':
      return t('panel.status.dry-run', 'Dry run');
    case 'in_progress':
      return t('panel.status.in-progress', 'In progress');
    case 'ended':
      return t('panel.status.ended', 'Ended');
    case 'unknown':
      return t('panel.status.unknown', 'Unknown');
  }
}

/** The look of a status in this theme. */
export function statusLook(theme: GrafanaTheme2, status: Status): StatusLook {
  const { hue, ...look } = LOOKS[status];
  const color = hue === null ? theme.colors.text.secondary : theme.visualization.getColorByName(hue);
  return { ...look, color, word: statusWord(status) };
}

/** The higher the worse; needs no theme. */
export function severityOf(status: Status): number {
  return LOOKS[status].severity;
}
