import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import type { AlertmanagerAlert } from './alerts.ts';
import type { Silence } from './silences.ts';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_ITEMS = 50_000;

export interface AlertmanagerFailure {
  /** Without user name and password. */
  url: string;
  error: string;
}

export type AlertmanagerAnswer =
  /** At least one answered. The Alertmanagers of a cluster share what they know; what several say stands here once. */
  | { kind: 'answered'; alerts: AlertmanagerAlert[]; silences: Silence[]; failures: AlertmanagerFailure[] }
  | { kind: 'unreachable'; error: string; failures: AlertmanagerFailure[] }
  | { kind: 'not_configured' };

export interface AlertmanagerClient {
  /** Alerts about faults (all states) and all silences, from every configured Alertmanager at once. Never rejects. */
  ask(): Promise<AlertmanagerAnswer>;
}

type Settings = Pick<Config['alertmanager'], 'urls' | 'timeoutSeconds'>;

/** `settings` is read at each question, so that a reload takes effect. */
export function createAlertmanagerClient(settings: () => Settings): AlertmanagerClient {
  return { ask: () => askAll(settings()) };
}

async function askAll({ urls, timeoutSeconds }: Settings): Promise<AlertmanagerAnswer> {
  if (urls.length === 0) return { kind: 'not_configured' };
  const failures: AlertmanagerFailure[] = [];
  const answers = await Promise.all(
    urls.map((url) =>
      askOne(url, timeoutSeconds).catch((error: Error) => {
        failures.push({ url: withoutCredentials(url), error: reason(error, timeoutSeconds) });
        return null;
      }),
    ),
  );
  const given = answers.filter((answer) => answer !== null);
  if (given.length === 0) {
    return { kind: 'unreachable', error: failures.map(({ url, error }) => `${url}: ${error}`).join('; '), failures };
  }
  return {
    kind: 'answered',
    alerts: unique(given.flatMap(({ alerts }) => alerts), (alert) => `${alert.fingerprint} ${alert.state} ${alert.startsAtMs} ${alert.silencedBy.join()}`),
    silences: unique(given.flatMap(({ silences }) => silences), (silence) => `${silence.id} ${silence.state}`),
    failures,
  };
}

async function askOne(url: string, timeoutSeconds: number): Promise<{ alerts: AlertmanagerAlert[]; silences: Silence[] }> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const filter = encodeURIComponent('virtmedic_fault=~".+"');
  const [alerts, silences] = await Promise.all([
    getJson(url, `api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true&filter=${filter}`, signal),
    getJson(url, 'api/v2/silences', signal),
  ]);
  return { alerts: parse(alertsSchema, alerts, 'alerts'), silences: parse(silencesSchema, silences, 'silences') };
}

async function getJson(base: string, path: string, signal: AbortSignal): Promise<unknown> {
  const root = new URL(base.endsWith('/') ? base : `${base}/`);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (root.username !== '') {
    const pair = `${decodeURIComponent(root.username)}:${decodeURIComponent(root.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  const response = await fetch(new URL(path, withoutCredentials(root.href)), { headers, signal, redirect: 'error' });
  const text = await readBounded(response);
  if (!response.ok) throw new Error(`answered ${response.status} ${response.statusText}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('answered something that is not JSON; is this the URL of an Alertmanager?');
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error(`answered more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const timeMs = z
  .string()
  .max(64)
  .transform((text, context) => {
    const ms = Date.parse(text);
    if (Number.isNaN(ms)) context.addIssue({ code: 'custom', message: 'expected a time in RFC 3339' });
    return ms;
  });

const alertsSchema = z
  .array(
    z
      .object({
        fingerprint: z.string().min(1).max(128),
        labels: z.record(z.string(), z.string()),
        startsAt: timeMs,
        status: z.object({
          state: z.enum(['active', 'suppressed', 'unprocessed']),
          silencedBy: z.array(z.string()).nullish(),
          inhibitedBy: z.array(z.string()).nullish(),
        }),
      })
      .transform(
        ({ fingerprint, labels, startsAt, status }): AlertmanagerAlert => ({
          fingerprint,
          labels,
          startsAtMs: startsAt,
          state: status.state,
          silencedBy: status.silencedBy ?? [],
          inhibitedBy: status.inhibitedBy ?? [],
        }),
      ),
  )
  .max(MAX_ITEMS);

const silencesSchema = z
  .array(
    z
      .object({
        id: z.string().min(1).max(128),
        // Alertmanager before 0.22 has no isEqual: every matcher was one of equality.
        matchers: z.array(z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean().default(true) })),
        startsAt: timeMs,
        endsAt: timeMs,
        createdBy: z.string().default(''),
        comment: z.string().default(''),
        status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
      })
      .transform(
        ({ id, matchers, startsAt, endsAt, createdBy, comment, status }): Silence => ({
          id,
          matchers,
          startsAtMs: startsAt,
          endsAtMs: endsAt,
          createdBy,
          comment,
          state: status.state,
        }),
      ),
  )
  .max(MAX_ITEMS);

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`answered ${what} of an unexpected shape: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function withoutCredentials(url: string): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

function reason(error: Error, timeoutSeconds: number): string {
  if (error.name === 'TimeoutError') return `no answer within ${timeoutSeconds} s`;
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function unique<T>(items: readonly T[], identity: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [identity(item), item])).values()];
}
