import { t } from '@grafana/i18n';
import { AS_TEXT, cutText } from '../../format/text';

const MAX_MESSAGE = 400;

/** Kinds of the data source's ApiError. That class is of another bundle: `instanceof` can't tell it here. */
const STATUS_OF_KIND: Record<string, number> = {
  offline: 0,
  unreachable: 502,
  timeout: 504,
  unauthorised: 401,
  forbidden: 403,
  not_found: 404,
  too_large: 413,
  too_many: 429,
};

/** What can be read from an error of whatever origin: a DataQueryError, a FetchError, an exception, a string. */
interface ErrorFacts {
  /** Of HTTP; null: none is known. */
  status: number | null;
  message: string;
  name: string;
}

/** For people: what is wrong and what to do about it. Never throws; an error of unknown shape is shown by its words. */
export function describeError(error: unknown): string {
  const facts = factsOf(error);
  const known = byStatus(facts.status) ?? byMessage(facts);
  if (known === null) {
    return (
      facts.message ||
      t('panel.states.error.unknown', 'The query failed, and the data source does not say why. Its log may.')
    );
  }
  return facts.message && facts.name !== 'NotVirtmedicError' && !isHollow(facts)
    ? `${known} ${t('panel.states.error.said', 'It said: {{message}}', { message: facts.message, ...AS_TEXT })}`
    : known;
}

function byStatus(status: number | null): string | null {
  switch (status) {
    case 401:
      return t(
        'panel.states.error.unauthorized',
        'The token was not accepted (401). Put a token with the scope “read” into the settings of the data source.'
      );
    case 403:
      return t(
        'panel.states.error.forbidden',
        'This is not allowed (403). Either the token of the data source lacks the scope “read”, or you may not query this data source in Grafana.'
      );
    case 404:
      return t(
        'panel.states.error.not-found',
        'Not found (404). Either virtmedic no longer has it in its history, or the URL of the data source is wrong: it has to be that of virtmedic’s web listener, without a path, such as http://virtmedic:9177.'
      );
    case 413:
      return t(
        'panel.states.error.too-large',
        'The answer or the question is too large (413). Narrow the time range or the filters of the query.'
      );
    case 429:
      return t('panel.states.error.too-many', 'Too many queries (429). Refresh the dashboard less often.');
    case 408:
    case 504:
      return timedOut();
    case 502:
      return unreachable('502');
    case 503:
      return t(
        'panel.states.error.unavailable',
        'virtmedic answers that it is not ready (503). If that lasts, its log tells what it waits for.'
      );
    default:
      return status !== null && status >= 500
        ? t('panel.states.error.server', 'The data source failed ({{status}}). Its log tells why.', { status })
        : null;
  }
}

function byMessage({ message, name, status }: ErrorFacts): string | null {
  if (
    /ECONNREFUSED|connection refused|ENOTFOUND|no such host|EHOSTUNREACH|no route to host|bad gateway/i.test(message)
  ) {
    return unreachable(null);
  }
  if (/failed to fetch|networkerror|network error|load failed/i.test(message) || status === 0) {
    return t('panel.states.error.offline', 'Grafana cannot be reached from this browser. Is the network up?');
  }
  if (name === 'TimeoutError' || /time(d)?[ -]?out|deadline exceeded/i.test(message)) {
    return timedOut();
  }
  if (name === 'NotVirtmedicError' || name === 'SyntaxError' || /\bjson\b|unexpected token/i.test(message)) {
    return t(
      'panel.states.error.not-json',
      'What answers at this address is not virtmedic: the answer is not JSON. Does the URL of the data source lead to a login page or to another program?'
    );
  }
  if (name === 'AbortError') {
    return t('panel.states.error.cancelled', 'The query was cancelled. Refresh the dashboard to ask again.');
  }
  return null;
}

function unreachable(code: string | null): string {
  const what = t('panel.states.error.unreachable', 'Grafana cannot reach the data source');
  const advice = t(
    'panel.states.error.unreachable-advice',
    'Is virtmedic running, and is the URL of the data source right, as seen from Grafana’s server?'
  );
  return `${what}${code === null ? '' : ` (${code})`}. ${advice}`;
}

function timedOut(): string {
  return t(
    'panel.states.error.timeout',
    'The data source did not answer in time. Narrow the time range; if it stays so, look at the load of virtmedic’s machine.'
  );
}

/** Words that say no more than the status. */
function isHollow({ message }: ErrorFacts): boolean {
  return /^(unauthorized|forbidden|not found|bad gateway|gateway time-?out|service unavailable|internal server error|(request|query) (error|failed).*|\s*)$/i.test(
    message
  );
}

function factsOf(error: unknown): ErrorFacts {
  if (typeof error === 'string') {
    return { status: statusIn(error), message: clean(error), name: '' };
  }
  if (!isRecord(error)) {
    return { status: null, message: '', name: '' };
  }
  if (read(error, 'name') === 'ApiError') {
    return {
      status: STATUS_OF_KIND[String(read(error, 'kind'))] ?? Number(read(error, 'status')),
      message: clean(read(error, 'detail')),
      name: '',
    };
  }
  const data = isRecord(read(error, 'data')) ? (read(error, 'data') as Record<string, unknown>) : {};
  // RFC 9457's `detail` says most, then Grafana's own words.
  const texts = [
    read(data, 'detail'),
    read(data, 'message'),
    read(data, 'error'),
    read(error, 'message'),
    read(data, 'title'),
    read(error, 'statusText'),
  ];
  const message = clean(texts.find((text) => typeof text === 'string' && text.trim() !== ''));
  const numbers = [read(error, 'status'), read(error, 'statusCode'), read(data, 'status')];
  const status = numbers.find((value): value is number => typeof value === 'number' && Number.isInteger(value));
  const name = read(error, 'name');
  return { status: status ?? statusIn(message), message, name: typeof name === 'string' ? name : '' };
}

/** A status that is only in words, as plugins and Grafana's proxy write it. */
function statusIn(message: string): number | null {
  const found = /\bstatus(?: code)?[ :]*([45]\d\d)\b/i.exec(message.slice(0, MAX_MESSAGE));
  return found ? Number(found[1]) : null;
}

/** A page of HTML is no message. */
function clean(text: unknown): string {
  const start = cutText(text, MAX_MESSAGE).trim();
  return /^<(!doctype|html|\?xml)/i.test(start) ? '' : start;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Also of an object whose getter throws. */
function read(record: Record<string, unknown>, key: string): unknown {
  try {
    return record[key];
  } catch {
    return undefined;
  }
}
