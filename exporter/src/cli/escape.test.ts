import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeHostile } from './escape.ts';

it('shows what would steer the terminal', () => {
  expect(escapeHostile('a\u001b[2J\u0007\n\r\t\0\u009b1m')).toBe('a\\e[2J\\x07\\n\\r\\t\\x00\\x9b1m');
  expect(escapeHostile('\u202egpj.exe\u200b\u2028\ud800\ue000')).toBe('\\u{202e}gpj.exe\\u{200b}\\u{2028}\\u{d800}\\u{e000}');
});

it('leaves what can be read as it is, and is plain about its own escapes', () => {
  expect(escapeHostile('nginx: worker – Größe 日本 (v1.2)')).toBe('nginx: worker – Größe 日本 (v1.2)');
  expect(escapeHostile('\\e[2J')).toBe('\\\\e[2J');
});

it('lets through nothing but what shows', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(escapeHostile(text))));
});
