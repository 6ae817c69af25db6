/** Panels about the way of an alert to virtmedic, and about what is held. */
import { bars, from, PLAIN, rising, stat, timeSeries, yesNo, type PanelParts } from './panels.ts';
import { now, range } from './queries.ts';

/** The heartbeat alert comes every minute; the rule VirtmedicWebhookPathDown has the same limit. */
const WEBHOOK_SILENT_SECONDS = 180;

export function lastWebhook(): PanelParts {
  return stat({
    title: 'Last webhook',
    description: 'Time since Alertmanager last called. Its heartbeat comes every minute, also when all is well.',
    unit: 's',
    targets: [now('A', 'min(time() - (virtmedic_webhook_last_received_timestamp_seconds > 0))', 'ago')],
    defaults: { noValue: 'never', thresholds: rising(120, WEBHOOK_SILENT_SECONDS) },
    options: { textMode: 'value' },
  });
}

export function heartbeat(): PanelParts {
  return stat({
    title: 'Heartbeat',
    description:
      'Whether alerts reach virtmedic: the heartbeat alert went from Prometheus through Alertmanager to the webhook within three minutes.',
    unit: 'none',
    targets: [
      now(
        'A',
        `time() - max(virtmedic_webhook_last_received_timestamp_seconds) < bool ${WEBHOOK_SILENT_SECONDS}`,
        'heartbeat'
      ),
    ],
    defaults: { mappings: yesNo({ text: 'alive', color: 'green' }, { text: 'silent', color: 'red' }) },
    options: { textMode: 'value' },
  });
}

export function alerts(): PanelParts {
  return timeSeries({
    title: 'Alerts received',
    description:
      'Alerts by what became of them. The heartbeat counts as ignored. "no_target" should stay at zero: such an alert recovers nothing.',
    unit: 'cpm',
    targets: [
      range('A', 'sum by (result) (rate(virtmedic_webhook_alerts_total[$__rate_interval])) * 60 > 0', '{{result}}'),
    ],
    defaults: { noValue: 'none' },
  });
}

export function paused(): PanelParts {
  return stat({
    title: 'Held by pause',
    description:
      'How often an action was held in this range because recovery is paused. Who paused it and why: page Control.',
    unit: 'none',
    targets: [now('A', 'round(sum(increase(virtmedic_suppressed_total{reason="pause"}[$__range])))', 'times')],
    defaults: { thresholds: from(1, 'orange', 'green') },
    options: { textMode: 'value' },
  });
}

export function suppressed(): PanelParts {
  return bars({
    title: 'Held or not acted, by reason',
    description:
      'How often an action was held or not taken in this range: maintenance, silence, dry run, a domain that is not managed, limits.',
    unit: 'none',
    targets: [now('A', 'round(sum by (reason) (increase(virtmedic_suppressed_total[$__range]))) > 0', '{{reason}}')],
    defaults: { noValue: 'none', thresholds: PLAIN },
  });
}
