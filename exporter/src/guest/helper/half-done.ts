import { ActionRefused } from '../actions/index.ts';
import { Refusal } from './refusal.ts';

/** What an action of several parts fails with after some of them were done: a refusal is none any more, since the guest is not as it was. */
export function halfDone(error: unknown, what: string): unknown {
  return error instanceof ActionRefused ? new Refusal(error.reason, `${error.message}; ${what}`, { cause: error, effect: 'unknown' }) : error;
}
