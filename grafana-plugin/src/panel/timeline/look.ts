import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { OUTCOMES } from '../../api/vocabulary';
import { faultLabel } from '../../format/fault';
import { userLanguage } from '../../format/language';
import { formatProbability } from '../../format/probability';
import { AS_TEXT } from '../../format/text';
import type { Status } from '../model/types';
import { statusLook, type StatusLook } from '../status/statusLook';
import type { PanelOptions } from '../types';
import { barColors } from './barColor';
import type { Look } from './paint';

/** Full, unless the field options say otherwise. */
export const DEFAULT_BAR_OPACITY = 90;

/** All that painters need to know of theme, options and texts; made once for them, with room for what painters keep. */
export function makeLook(
  theme: GrafanaTheme2,
  options: Pick<PanelOptions, 'showPhases' | 'showProbability'>,
  barOpacity: number
): Look {
  const percent = new Intl.NumberFormat(userLanguage(), { style: 'percent', maximumFractionDigits: 0 });
  const labels = new Map<string, string>();
  return {
    theme,
    statuses: allStatuses(theme),
    colorOf: barColors(theme),
    labelOf: ({ fault, state }) => {
      const key = `${state}\n${fault}`;
      let label = labels.get(key);
      if (label === undefined) {
        label = [fault === '' ? '' : faultLabel(fault), stateWord(state)].filter(Boolean).join(' · ');
        labels.set(key, label);
      }
      return label;
    },
    probabilityText: (value) =>
      t('panel.timeline.forecast', 'failure forecast {{value}}', { value: formatProbability(value), ...AS_TEXT }),
    probabilityScale: [percent.format(0), percent.format(1)],
    font: `${theme.typography.bodySmall.fontSize} ${theme.typography.fontFamily}`,
    barOpacity: Math.min(1, Math.max(0.1, barOpacity / 100)),
    showPhases: options.showPhases,
    showProbability: options.showProbability,
    patterns: new Map(),
    glyphs: new Map(),
    textWidths: new Map(),
  };
}

/** What an incident in progress is at; empty: it is over, or in a state that this version does not know. */
export function stateWord(state: string): string {
  switch (state) {
    case 'open':
      return t('panel.timeline.state.open', 'waiting');
    case 'executing':
      return t('panel.timeline.state.executing', 'being recovered');
    case 'verifying':
      return t('panel.timeline.state.verifying', 'being verified');
    case 'escalated':
      return t('panel.timeline.state.escalated', 'needs a person');
    default:
      return '';
  }
}

function allStatuses(theme: GrafanaTheme2): Record<Status, StatusLook> {
  const all: Status[] = [...OUTCOMES, 'in_progress', 'ended', 'unknown'];
  const looks = Object.fromEntries(all.map((status) => [status, statusLook(theme, status)]));
  return looks as Record<Status, StatusLook>;
}
