/** The receiver of Alertmanager's webhook, version 4 (Alertmanager's documentation, "webhook_config"). */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { AlertResult, Control, ReceivedAlert } from './control.ts';
import { Problem } from './problem.ts';
import { validate } from './validate.ts';

export const MAX_ALERTS = 10_000;
const MAX_LABELS = 128;

/** Go's zero time: the alert has no end yet. */
const NO_TIME = /^0001-01-01T00:00:00/;

const time = z
  .string()
  .max(64)
  .refine((text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)), 'expected a time in RFC 3339, e.g. `2026-01-31T12:00:00Z`');

const texts = (longest: number) =>
  z
    .record(z.string().max(256), z.string().max(longest))
    .refine((record) => Object.keys(record).length <= MAX_LABELS, `expected at most ${MAX_LABELS} entries`);

const alert = z
  .object({
    status: z.enum(['firing', 'resolved']),
    labels: texts(4096),
    annotations: texts(65_536).default({}),
    startsAt: time,
    endsAt: time.optional(),
    fingerprint: z.string().min(1).max(128),
  })
  .transform(
    ({ status, labels, annotations, startsAt, endsAt, fingerprint }): ReceivedAlert => ({
      status,
      labels,
      annotations,
      startsAtMs: Date.parse(startsAt),
      endsAtMs: endsAt === undefined || NO_TIME.test(endsAt) ? null : Date.parse(endsAt),
      fingerprint,
    }),
  );

export const notification = z.object({
  version: z.literal('4'),
  truncatedAlerts: z.int().min(0).default(0),
  alerts: z.array(alert),
});

/** Checks a webhook's body. Throws a Problem: 422 for another version, 413 for too many alerts, 400 for anything else. */
export function readNotification(body: unknown): { alerts: ReceivedAlert[]; truncated: number } {
  const { version, alerts } = (typeof body === 'object' && body !== null ? body : {}) as { version?: unknown; alerts?: unknown };
  if (version !== undefined && version !== '4') throw new Problem(422, `This is version ${JSON.stringify(version).slice(0, 32)} of Alertmanager's webhook; only "4" is understood.`);
  if (Array.isArray(alerts) && alerts.length > MAX_ALERTS) {
    throw new Problem(413, `${alerts.length} alerts at once are too many; at most ${MAX_ALERTS}. Set \`max_alerts\` in Alertmanager's webhook_configs.`);
  }
  const read = validate(notification, body, 'body');
  return { alerts: read.alerts, truncated: read.truncatedAlerts };
}

/** Answers only when the alerts are stored. */
export function webhookHandler(control: Pick<Control, 'receiveAlerts'>): RequestHandler {
  return async (request, response) => {
    const { alerts, truncated } = readNotification(request.body);
    const results = await control.receiveAlerts(alerts, { truncated });
    response.json({ received: alerts.length, truncatedAlerts: truncated, results: tally(results) });
  };
}

function tally(results: readonly AlertResult[]): Partial<Record<AlertResult, number>> {
  const counts: Partial<Record<AlertResult, number>> = {};
  for (const result of results) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
}
