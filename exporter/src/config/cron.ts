import { validate } from 'node-cron';

/** Five fields of numbers, names, lists, ranges and steps. Checked before node-cron sees it: a range up to a large number would make it use up all memory. */
const FIELD = /^(?:\*|[0-9]{1,2}|[A-Za-z]{3,9})(?:-(?:[0-9]{1,2}|[A-Za-z]{3,9}))?(?:\/[0-9]{1,2})?$/;
const FIELDS = 5;
const MOST_LENGTH = 100;

/** What is wrong with a cron expression; null: nothing. */
export function cronProblem(expression: string): string | null {
  const fields = expression.length <= MOST_LENGTH ? expression.trim().split(/\s+/) : [];
  const valid = fields.length === FIELDS && fields.every((field) => field.split(',').every((part) => FIELD.test(part))) && validate(expression);
  return valid ? null : 'expected a cron expression of five fields (minute, hour, day of month, month, day of week) that comes true at some time, such as `41 2 * * *`';
}
