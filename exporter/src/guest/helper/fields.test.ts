import { describe, expect, it } from 'vitest';
import { FieldError, readFields, readText } from './fields.ts';

const RULE = { most: 4, pattern: /^[a-z]+$/, allowed: 'a short word' };

/** Where and what. */
function complaint(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof FieldError) return `${error.path.join('.')}: ${error.message}`;
  }
  return 'none';
}

describe('fields', () => {
  it('reads what is as it has to be', () => {
    const fields = readFields({ word: 'abc', count: 3, isIt: true, list: ['a', 'b'], inner: { word: 'x' }, kind: 'two' });
    expect([fields.text('word', RULE), fields.integer('count', 1, 3), fields.flag('isIt', false), fields.flag('absent', true), fields.choice('kind', ['one', 'two'])]).toEqual(['abc', 3, true, true, 'two']);
    expect(fields.list('list', 1, 2, (element, path) => `${path.join('.')}=${readText(element, path, RULE)}`)).toEqual(['list.0=a', 'list.1=b']);
    expect(fields.object('inner').text('word', RULE)).toBe('x');
    expect(complaint(() => fields.done())).toBe('none');
  });

  it.each<[string, unknown, string]>([
    ['text of another kind', { word: 7 }, 'word: expected a short word, found 7'],
    ['text that is too long', { word: 'abcde' }, 'word: expected a short word, found "abcde"'],
    ['text that does not fit', { word: 'A' }, 'word: expected a short word, found "A"'],
    ['nothing', {}, 'word: expected a short word, found nothing'],
    ['what is inherited', JSON.parse('{"__proto__": {"word": "abc"}}'), 'word: expected a short word, found nothing'],
    ['a list', [], ': expected an object, found a list'],
    ['null', null, ': expected an object, found null'],
  ])('refuses %s', (_what, given, expected) => {
    expect(complaint(() => readFields(given).text('word', RULE))).toBe(expected);
  });

  it.each([0, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, '2', null, [2]])('refuses %s as a number from 1 to 3', (given) => {
    expect(complaint(() => readFields({ count: given }).integer('count', 1, 3))).toContain('count: expected a whole number from 1 to 3');
  });

  it('refuses lists that are too long or none, members nobody asked for, and other choices', () => {
    expect(complaint(() => readFields({ list: [1, 2, 3] }).list('list', 0, 2, String))).toBe('list: expected a list of 0 to 2, found a list');
    expect(complaint(() => readFields({ list: { length: 1 } }).list('list', 0, 2, String))).toBe('list: expected a list of 0 to 2, found an object');
    expect(complaint(() => readFields({ kind: 'toString' }).choice('kind', ['one']))).toBe('kind: expected one of one, found "toString"');
    const fields = readFields({ word: 'a', more: 1 });
    fields.text('word', RULE);
    expect(complaint(() => fields.done())).toBe('more: there is no such option; known are word');
  });
});
