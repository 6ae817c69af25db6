import { dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { faultLabel } from '../../format/fault';
import { AS_TEXT } from '../../format/text';
import { statusLook } from '../status/statusLook';
import { durationDisplay } from '../table/durationDisplay';
import type { Spot } from './paintOverlay';
import { itemOf, type Stage } from './stage';
import { targetOf } from './targetOf';

/** What is said of the recovery that the keyboard is at. */
export function announcement(stage: Stage, spot: Spot | null): string {
  const item = itemOf(stage, spot);
  if (!spot || !item) {
    return '';
  }
  const { nowMs, timeZone } = stage.props;
  return t(
    'panel.timeline.spoken',
    '{{target}}: {{fault}}. {{status}}, {{began}}, took {{duration}}. {{place}} of {{count}} in this lane.',
    {
      target: targetOf(item),
      fault: faultLabel(item.fault),
      status: statusLook(stage.look.theme, item.status).word,
      began: dateTimeFormat(item.startMs, { timeZone }),
      duration: durationDisplay(item, nowMs).text,
      place: spot.item + 1,
      count: stage.rows[spot.lane]?.items.length ?? 0,
      ...AS_TEXT,
    }
  );
}
