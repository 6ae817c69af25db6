/**
 * The shell-style patterns of configuration, for texts that a guest chose: `*` any characters, `?` one UTF-16 unit. A text may be
 * known only as far as its beginning.
 */

/** What can be said of the whole text; `undecided`: it depends on what is not known of it. */
export type Verdict = 'yes' | 'no' | 'undecided';

/** `isCut`: there is more of the text than is given. */
export type TextMatcher = (text: string, isCut: boolean) => Verdict;

/** Characters that may be compared; one is shared by all texts of a look, so that no guest can make it last. */
export interface Budget {
  left: number;
}

/** Compiles a pattern. The matcher answers `undecided` once the budget is used up. */
export function compilePattern(pattern: string, budget: Budget): TextMatcher {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  const middle = rest.filter((part) => part !== '');
  // Each `?` has to be tried wherever its part could begin.
  const weight = 1 + middle.reduce((sum, part) => sum + (part.includes('?') ? part.length : 0), 0);
  const match = tail === undefined ? matchWhole(head) : matchParts(head, middle, tail);
  return (text, isCut) => {
    budget.left -= 1 + text.length * weight;
    return budget.left < 0 ? 'undecided' : match(text, isCut);
  };
}

function matchWhole(part: string): TextMatcher {
  return (text, isCut) => {
    if (!isCut) return text.length === part.length && isAt(part, text, 0) ? 'yes' : 'no';
    return text.length < part.length && isAt(part.slice(0, text.length), text, 0) ? 'undecided' : 'no';
  };
}

function matchParts(head: string, middle: readonly string[], tail: string): TextMatcher {
  return (text, isCut) => {
    if (!isAt(head.slice(0, text.length), text, 0)) return 'no';
    const open = isCut ? 'undecided' : 'no';
    if (text.length < head.length) return open;
    let at = head.length;
    for (const part of middle) {
      const found = find(part, text, at);
      if (found < 0) return open;
      at = found + part.length;
    }
    if (tail === '') return 'yes';
    if (isCut) return 'undecided';
    const end = text.length - tail.length;
    return end >= at && isAt(tail, text, end) ? 'yes' : 'no';
  };
}

function isAt(part: string, text: string, at: number): boolean {
  if (!part.includes('?')) return text.startsWith(part, at);
  if (at + part.length > text.length) return false;
  for (let index = 0; index < part.length; index += 1) {
    if (part[index] !== '?' && part[index] !== text[at + index]) return false;
  }
  return true;
}

/** The first place from `from` on; -1: none. */
function find(part: string, text: string, from: number): number {
  if (!part.includes('?')) return text.indexOf(part, from);
  for (let at = from; at + part.length <= text.length; at += 1) if (isAt(part, text, at)) return at;
  return -1;
}
