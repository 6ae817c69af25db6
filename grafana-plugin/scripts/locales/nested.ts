import type { Texts } from './texts.ts';

export interface Nested {
  [key: string]: string | Nested;
}

/** The form of a locale file: keys nested at their dots, in order. @throws Error where a key is also the beginning of another */
export function toNested(texts: Texts): Nested {
  const root: Nested = {};
  for (const [key, text] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = key.split('.');
    const last = path.pop() ?? '';
    let at = root;
    for (const part of path) {
      const next = (at[part] ??= {});
      if (typeof next === 'string') {
        throw new Error(`the key ${key} goes on after a key that is a text already`);
      }
      at = next;
    }
    if (at[last] !== undefined) {
      throw new Error(`the key ${key} is a text and the beginning of other keys`);
    }
    at[last] = text;
  }
  return root;
}

/** @throws Error where something is neither text nor a group of texts */
export function fromNested(nested: unknown, prefix = ''): Texts {
  if (typeof nested !== 'object' || nested === null || Array.isArray(nested)) {
    throw new Error(`${prefix || 'the file'} is no group of texts`);
  }
  return new Map(
    Object.entries(nested).flatMap(([part, value]) => {
      const key = prefix === '' ? part : `${prefix}.${part}`;
      return typeof value === 'string' ? [[key, value] as const] : [...fromNested(value, key)];
    })
  );
}

/** What is wrong with a translation, a line each: missing or needless keys, empty texts, other placeholders than the English has. */
export function translationProblems(english: Texts, translated: Texts): string[] {
  const placeholders = (text: string): string => [...new Set(text.match(/\{\{[^}]*\}\}/g) ?? [])].sort().join(' ');
  const plural = (key: string): string | undefined => (key.endsWith('_one') ? `${key.slice(0, -'_one'.length)}_other` : undefined);
  return [
    ...[...english.keys()].filter((key) => !translated.has(key)).map((key) => `${key} is missing`),
    ...[...translated].flatMap(([key, text]) => {
      const source = english.get(key);
      if (source === undefined) {
        return [`${key} is not in the sources`];
      }
      if (text.trim() === '') {
        return [`${key} is empty`];
      }
      // A form for one may say "one" instead of the number.
      const allowed = [source, english.get(plural(key) ?? '') ?? source].map(placeholders);
      const own = placeholders(text);
      return allowed.includes(own) ? [] : [`${key} has ${own || 'no placeholder'}, the English ${placeholders(source) || 'none'}`];
    }),
  ];
}
