import { createDataFrame } from '@grafana/data';
import {
  findField,
  MAX_NAME_LENGTH,
  MAX_TEXT_LENGTH,
  toLength,
  toName,
  toNumber,
  toProbability,
  toText,
  toTimeMs,
} from './cells';

test('names are one line and bounded', () => {
  expect(toName(' web\n-\t1 ')).toBe('web - 1');
  expect(toName('x'.repeat(1_000_000))).toHaveLength(MAX_NAME_LENGTH);
  expect(toText('x'.repeat(1_000_000))).toHaveLength(MAX_TEXT_LENGTH);
});

test.each([[null], [undefined], [{}], [[]], [() => 1], [Symbol('x')]])('%p is no text', (value) => {
  expect(toText(value)).toBe('');
});

test.each([
  [5, 5],
  ['5.5', 5.5],
  ['', null],
  [' ', null],
  [NaN, null],
  [Infinity, null],
  ['1e999', null],
  [true, null],
  [null, null],
])('%p as a number is %p', (value, expected) => {
  expect(toNumber(value)).toBe(expected);
});

test('lengths are not negative, probabilities from 0 to 1', () => {
  expect([toLength(-1), toLength(0), toLength(2)]).toEqual([null, 0, 2]);
  expect([toProbability(-0.1), toProbability(1.1), toProbability('0.5'), toProbability(NaN)]).toEqual([
    null,
    null,
    0.5,
    null,
  ]);
});

test.each([
  [1000, 1000],
  [new Date(1000), 1000],
  ['1970-01-01T00:00:01Z', 1000],
  ['1000', 1000],
  [0, null],
  [-5, null],
  [9e15, null],
  ['soon', null],
  ['9'.repeat(1_000_000), null],
  [new Date(NaN), null],
])('%p as a time is %p', (value, expected) => {
  expect(toTimeMs(value)).toBe(expected);
});

test('a field is found whatever its case, an exact name first', () => {
  const frame = createDataFrame({
    fields: [
      { name: 'HOST', values: ['a'] },
      { name: 'host', values: ['b'] },
      { name: 'Domain', values: ['c'] },
    ],
  });
  expect(findField(frame, 'host')?.values[0]).toBe('b');
  expect(findField(frame, 'domain')?.values[0]).toBe('c');
  expect(findField(frame, 'app')).toBeUndefined();
});
