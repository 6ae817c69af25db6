/** Spread into the values of `t`: React escapes what it shows, i18next escaping it too would show `&lt;` for `<`. */
export const AS_TEXT = { interpolation: { escapeValue: false } } as const;

const ELLIPSIS = '…';

/** Control characters but tab and line feed, and those that turn the direction of what follows them. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** At most `max` UTF-16 units, an ellipsis where something was left out, never half of a surrogate pair; not a string: empty. */
export function cutText(text: unknown, max: number): string {
  if (typeof text !== 'string' || max < 1) {
    return '';
  }
  return cut(text, Math.floor(max)).replace(CONTROLS, ' ');
}

function cut(text: string, max: number): string {
  if (text.length <= max) {
    return text;
  }
  const end = max - ELLIPSIS.length;
  const splitsPair = isHighSurrogate(text.charCodeAt(end - 1)) && isLowSurrogate(text.charCodeAt(end));
  return text.slice(0, splitsPair ? end - 1 : end) + ELLIPSIS;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
