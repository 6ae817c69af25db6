import { isFetchError } from '@grafana/runtime';
import { TimeoutError } from 'rxjs';
import { NotVirtmedicError } from '../api/read';
import { cutText } from '../format/text';

/** Why a request came to nothing. `refused`: virtmedic answered and said no. `unreadable`: an answer came that says nothing. */
export type FailureKind =
  | 'not_configured'
  | 'plugin_disabled'
  | 'forbidden'
  | 'bad_token'
  | 'token_scope'
  | 'not_found'
  | 'invalid'
  | 'refused'
  | 'unavailable'
  | 'unreachable'
  | 'timeout'
  | 'unreadable'
  | 'other';

export interface Failure {
  kind: FailureKind;
  /** HTTP status; null: no answer came. */
  status: number | null;
  /** In the words of virtmedic or Grafana; empty: they said nothing. */
  detail: string;
}

export class ControlFailure extends Error {
  override name = 'ControlFailure';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.detail);
    this.failure = failure;
  }
}

const MAX_DETAIL = 600;

/** What went wrong, from whatever was thrown. Takes anything. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ControlFailure) {
    return error.failure;
  }
  if (error instanceof TimeoutError) {
    return { kind: 'timeout', status: null, detail: '' };
  }
  if (error instanceof NotVirtmedicError) {
    return { kind: 'unreadable', status: null, detail: '' };
  }
  if (!isFetchError(error)) {
    return { kind: 'other', status: null, detail: error instanceof Error ? cutText(error.message, MAX_DETAIL) : '' };
  }
  const data: unknown = error.data;
  const detail = textOf(data);
  return { kind: kindOf(error.status, detail, isProblem(data)), status: error.status > 0 ? error.status : null, detail };
}

/** True: the order may have been carried out although no answer says so. */
export function mayHaveHappened({ kind }: Failure): boolean {
  return kind === 'timeout' || kind === 'unreachable' || kind === 'unreadable' || kind === 'other';
}

function kindOf(status: number, detail: string, fromVirtmedic: boolean): FailureKind {
  switch (status) {
    case 401:
      return fromVirtmedic ? 'bad_token' : 'forbidden';
    case 403:
      return fromVirtmedic ? 'token_scope' : 'forbidden';
    case 404:
      return fromVirtmedic ? 'not_found' : /not enabled|plugin not found/i.test(detail) ? 'plugin_disabled' : 'not_configured';
    case 400:
    case 413:
    case 415:
    case 422:
      return 'invalid';
    case 409:
      return 'refused';
    case 503:
      // Of something in between it does not say whether the request had got through.
      return fromVirtmedic ? 'unavailable' : 'unreachable';
    case 502:
    case 0:
      return 'unreachable';
    case 504:
    case 499:
      return 'timeout';
    default:
      return !fromVirtmedic && /interpolate|parse url|render plugin headers/i.test(detail) ? 'not_configured' : 'other';
  }
}

/** virtmedic's own errors are problem details (RFC 9457); Grafana's have `message`. */
function isProblem(data: unknown): boolean {
  return isRecord(data) && typeof data.detail === 'string' && typeof data.status === 'number';
}

function textOf(data: unknown): string {
  if (!isRecord(data)) {
    return '';
  }
  return cutText(typeof data.detail === 'string' ? data.detail : data.message, MAX_DETAIL);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
