import { expect, it } from 'vitest';
import { cronProblem } from './cron.ts';

it.each(['41 2 * * *', '0 3 * * sun', '*/30 1-4 1,15 jan-mar *', '0 0 29 2 *'])('%s is one', (expression) => expect(cronProblem(expression)).toBeNull());

it.each(['99 2 * * *', 'every night at two', '* * * *', '0 41 2 * * *', '41 2 31 2 *', '1-999999999 * * * *', '*/0 * * * *', '41 2 * * *; x', `${'1,'.repeat(60)}1 * * * *`])('%s is none', (expression) => {
  expect(cronProblem(expression)).toMatch(/expected a cron expression/);
});
