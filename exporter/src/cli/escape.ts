const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/**
 * Text of a guest so that all of it can be seen and none of it steers the terminal: control characters, those that turn the direction of
 * writing or show nothing, and what is no character are written as `\e`, `\x07`, `\u{202e}`.
 */
export function escapeHostile(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\\]/gu, (character) => {
    if (character === '\\') return '\\\\';
    const code = character.codePointAt(0) ?? 0;
    return NAMED[character] ?? (code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`);
  });
}
