import { t } from '@grafana/i18n';
import { AS_TEXT, cutText } from '../format/text';
import { NotVirtmedicError } from './read';

/**
 * Why a request had no answer. `offline`: Grafana itself can't be reached · `unreachable`: Grafana can't reach virtmedic · `unauthorised`:
 * the token is missing or unknown · `refused`: the request can't be answered as it is.
 */
export type ApiErrorKind =
  | 'offline'
  | 'unreachable'
  | 'timeout'
  | 'unauthorised'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'too_many'
  | 'refused'
  | 'server';

/** A request to virtmedic that failed. `detail`: what the other side said, for people; may be empty. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly kind: ApiErrorKind,
    readonly status: number,
    readonly detail: string
  ) {
    super(detail === '' ? kind : `${kind}: ${detail}`);
  }
}

const DETAIL_LENGTH = 300;

/** For people, in one or two sentences: what went wrong and what to do. Never throws. */
export function describe(error: unknown): string {
  if (error instanceof NotVirtmedicError) {
    return describeStranger(error);
  }
  if (error instanceof ApiError) {
    const detail = cutText(error.detail, DETAIL_LENGTH).trim();
    const sentence = describeKind(error);
    return detail === ''
      ? sentence
      : `${sentence} ${t('datasource.error.said', 'Answer: {{detail}}', { detail, ...AS_TEXT })}`;
  }
  const message = error instanceof Error ? cutText(error.message, DETAIL_LENGTH) : '';
  return message || t('datasource.error.unknown', 'Something went wrong; the browser console may say more.');
}

function describeStranger({ saw }: NotVirtmedicError): string {
  switch (saw) {
    case 'html':
      return t(
        'datasource.error.html',
        'A web page came instead of data: the URL is not that of virtmedic, or something in between asks for a login.'
      );
    case 'empty':
      return t('datasource.error.empty', 'An empty answer came: the URL is probably not that of virtmedic.');
    case 'text':
    case 'json':
      return t(
        'datasource.error.stranger',
        'The answer is not one of virtmedic: the URL is that of another service, or of another version.'
      );
  }
}

function describeKind({ kind, status }: ApiError): string {
  switch (kind) {
    case 'offline':
      return t('datasource.error.offline', 'Grafana cannot be reached. Check the network connection.');
    case 'unreachable':
      return t(
        'datasource.error.unreachable',
        'Grafana cannot reach virtmedic. Check that it runs, and the URL and TLS settings of the data source.'
      );
    case 'timeout':
      return t(
        'datasource.error.timeout',
        'virtmedic did not answer in time. It may be busy; a shorter time range asks for less.'
      );
    case 'unauthorised':
      return t(
        'datasource.error.unauthorised',
        'virtmedic does not know the token. Save a token with the scope "read" in the settings of the data source.'
      );
    case 'forbidden':
      return t('datasource.error.forbidden', 'This is not allowed, by virtmedic or by Grafana.');
    case 'not_found':
      return t('datasource.error.not-found', 'This does not exist (any more), or the URL of the data source is wrong.');
    case 'too_large':
      return t(
        'datasource.error.too-large',
        'The request or its answer is too large. Choose a shorter time range or fewer values.'
      );
    case 'too_many':
      return t('datasource.error.too-many', 'Too many requests. Refresh less often, or wait a moment.');
    case 'refused':
      return t('datasource.error.refused', 'virtmedic cannot answer this query.');
    case 'server':
      return t(
        'datasource.error.server',
        'virtmedic or something before it has a fault (HTTP {{status}}). Its log says more.',
        {
          status,
        }
      );
  }
}
