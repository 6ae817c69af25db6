import { describe, expect, it } from 'vitest';
import { updateLocales } from '../locales.ts';
import { fromNested, toNested, translationProblems } from './nested.ts';
import { textsOf } from './texts.ts';

const texts = (source: string) => Object.fromEntries(textsOf('a.tsx', source));

describe('textsOf', () => {
  it('finds calls and elements, joined strings and plurals', () => {
    expect(texts(`t('a.b', 'Text ' + 'joined'); const x = <Trans i18nKey="c">
      It&apos;s
      plain
    </Trans>;`)).toEqual({ 'a.b': 'Text joined', c: "It's plain" });
    expect(texts(`t('n', '{{count}} rows', { count: 3, defaultValue_one: 'One row' })`)).toEqual({ n_other: '{{count}} rows', n_one: 'One row' });
    expect(texts(`t('n', '{{count}} rows', { count: 3 })`)).toEqual({ n_other: '{{count}} rows', n_one: '{{count}} rows' });
  });

  it.each([
    [`\nt(key, 'x')`, /a\.tsx:2: the key of t\(\) must be written out/],
    [`t('k', text)`, /the English of k must be written out/],
    [`t('k', 'a'); t('k', 'b')`, /the key k has two texts/],
    [`<Trans i18nKey="k">a <b>c</b></Trans>`, /plain text/],
    [`<Trans>a</Trans>`, /needs an i18nKey/],
  ])('refuses %s', (source, message) => {
    expect(() => texts(source)).toThrow(message);
  });
});

it('keys are nested at their dots and come back', () => {
  const flat = new Map([['b.c', '2'], ['a', '1'], ['b.a', '3']]);
  expect(JSON.stringify(toNested(flat))).toBe('{"a":"1","b":{"a":"3","c":"2"}}');
  expect(fromNested(toNested(flat))).toEqual(flat);
  expect(() => toNested(new Map([['a', '1'], ['a.b', '2']]))).toThrow(/a\.b/);
  expect(() => fromNested({ a: [] })).toThrow(/a is no group/);
});

it('a translation is held against the English', () => {
  const english = new Map([['a', 'Stop {{name}}'], ['b', 'x'], ['n_one', 'One row'], ['n_other', '{{count}} rows']]);
  expect(translationProblems(english, new Map([['a', 'Halte {{name}} an'], ['b', 'y'], ['n_one', '{{count}} Zeile'], ['n_other', '{{count}} Zeilen']]))).toEqual([]);
  expect(translationProblems(english, new Map([['a', 'Halte {{nam}} an'], ['b', ' '], ['n_one', 'Eine'], ['z', 'z']]))).toEqual([
    'n_other is missing',
    'a has {{nam}}, the English {{name}}',
    'b is empty',
    'z is not in the sources',
  ]);
});

it('the files of this plugin are those of its sources, and every language has every text', () => {
  expect(updateLocales(true)).toEqual([]);
});
