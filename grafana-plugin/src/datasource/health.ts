import type { TestDataSourceResponse } from '@grafana/data';
import { t } from '@grafana/i18n';
import { ApiError, describe } from '../api/errors';
import type { Client } from '../api/client';
import { NotVirtmedicError } from '../api/read';
import type { Transport } from '../api/transport';
import type { Host } from '../api/types';
import { OUTCOMES } from '../api/vocabulary';
import { formatAgo } from '../format/ago';
import { AS_TEXT, cutText } from '../format/text';
import { newestEnded } from '../frames/recoveries';

const PROBE_TIMEOUT_MS = 5000;
const NAMED = 3;
const NAME_LENGTH = 60;
const ERROR_LENGTH = 120;

/** Whether the data source works, and if not exactly what is wrong and what to do. */
export async function checkHealth(client: Client, transport: Transport): Promise<TestDataSourceResponse> {
  try {
    const { items: hosts } = await client.hosts();
    if (await isControlListener(transport)) {
      return { status: 'error', message: controlListener() };
    }
    const [version, last] = await Promise.all([client.version().catch(() => null), lastRecovery(client)]);
    const message = [connected(version), summary(hosts), last].join(' ');
    const down = troubled(hosts);
    return { status: 'success', message, ...(down === '' ? {} : { details: { message: down } }) };
  } catch (error) {
    return { status: 'error', message: advice(error), ...(error instanceof Error ? { error } : {}) };
  }
}

/**
 * Grafana's data proxy hands any path and method of any viewer on. The public listener answers nothing but reads; the control
 * listener takes orders, and without tokens from anyone on its machine. It alone knows this path, though not with this method.
 */
async function isControlListener(transport: Transport): Promise<boolean> {
  try {
    await transport('/api/v1/actions', {}, { timeoutMs: PROBE_TIMEOUT_MS });
    return false;
  } catch (error) {
    return error instanceof ApiError && error.status === 405;
  }
}

async function lastRecovery(client: Client): Promise<string> {
  const { items } = await client.recoveries({ outcome: OUTCOMES, limit: 1 });
  const newest = newestEnded(items);
  if (newest === null || newest.closedAtMs === null) {
    return t('datasource.health.no-recovery', 'No recovery so far.');
  }
  return t('datasource.health.last', 'Last recovery {{ago}}.', {
    ago: formatAgo(newest.closedAtMs, Date.now()),
    ...AS_TEXT,
  });
}

function connected(version: string | null): string {
  if (version === null) {
    return t('datasource.health.connected', 'Connected to virtmedic.');
  }
  return t('datasource.health.connected-version', 'Connected to virtmedic {{version}}.', {
    version: cutText(version, NAME_LENGTH),
    ...AS_TEXT,
  });
}

function summary(hosts: readonly Host[]): string {
  if (hosts.length === 0) {
    return t('datasource.health.no-host', 'It watches no host yet.');
  }
  const up = hosts.filter(({ state }) => state === 'up').length;
  return t('datasource.health.hosts', '{{up}} of {{count}} hosts answer.', { up, count: hosts.length });
}

/** The hosts that don't answer, the first few with the reason. */
function troubled(hosts: readonly Host[]): string {
  const down = hosts.filter(({ state }) => state !== 'up');
  const named = down.slice(0, NAMED).map(({ name, state, error }) => {
    const why = error === null ? state : `${state}, ${cutText(error, ERROR_LENGTH)}`;
    return `${cutText(name, NAME_LENGTH)} (${why})`;
  });
  if (named.length === 0) {
    return '';
  }
  const more = down.length > NAMED ? ' …' : '';
  return t('datasource.health.down', 'Without an answer: {{hosts}}', { hosts: named.join('; ') + more, ...AS_TEXT });
}

function controlListener(): string {
  return t(
    'datasource.health.control',
    'This is the control listener of virtmedic. Anyone who may look at a dashboard could send requests to it through Grafana. Enter the address of the public listener instead (web.listen, port 9177 by default).'
  );
}

function advice(error: unknown): string {
  const message = describe(error);
  const more = moreAdvice(error);
  return more === '' ? message : `${message} ${more}`;
}

function moreAdvice(error: unknown): string {
  if (error instanceof NotVirtmedicError || (error instanceof ApiError && error.kind === 'not_found')) {
    return t(
      'datasource.health.url',
      'The URL is that of the public listener of virtmedic without a path, such as http://virtmedic.example:9177.'
    );
  }
  if (!(error instanceof ApiError)) {
    return '';
  }
  switch (error.kind) {
    case 'unreachable':
      return t(
        'datasource.health.unreachable',
        'The address is seen from the machine of Grafana: there, "localhost" is Grafana itself. Without tokens, virtmedic answers its own machine only.'
      );
    case 'unauthorised':
      return t(
        'datasource.health.unauthorised',
        'Tokens are listed under control.tokens in the configuration of virtmedic, which reads it anew on reload.'
      );
    default:
      return '';
  }
}
