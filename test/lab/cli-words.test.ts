import { expect, test } from 'vitest';
import { UsageError, oneOf, wholeNumber } from './cli-words.ts';

test('whole numbers within their limits', () => {
  expect(wholeNumber('--hosts', '1', 1, 40)).toBe(1);
  expect(wholeNumber('--hosts', '40', 1, 40)).toBe(40);
  for (const text of ['0', '41', '', '-1', '1.5', '1e1', '0x2', ' 2', 'two']) {
    expect(() => wholeNumber('--hosts', text, 1, 40), text).toThrow(new UsageError(`--hosts ${text}: allowed are whole numbers from 1 to 40`));
  }
});

test('one word of a list', () => {
  expect(oneOf('KIND', 'b', ['a', 'b'])).toBe('b');
  expect(() => oneOf('KIND', 'toString', ['a', 'b'])).toThrow('KIND toString: allowed are a, b');
});
