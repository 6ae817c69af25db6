/** One selector of an expression: `up{job="x"}`. */
export interface Selector {
  metric: string;
  matchers: { label: string; operator: string; value: string }[];
}

const TOKEN = /#.*$|"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[a-zA-Z_:][\w:]*|\d[\w.]*|=~|!~|!=|[^\s\w]/gm;
const IDENTIFIER = /^[a-zA-Z_:]/;
const OPERATORS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan']);
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);

/**
 * The selectors of a PromQL expression that promtool has already accepted, in order. Names each metric must be given by
 * its name (not by `{__name__=…}`), and strings must stand in double quotes, as in our rules.
 */
export function selectors(expression: string): Selector[] {
  const tokens = (expression.match(TOKEN) ?? []).filter((token) => !token.startsWith('#') && !token.startsWith('['));
  const found: Selector[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    const next = tokens[i + 1] ?? '';
    if (!IDENTIFIER.test(token) || OPERATORS.has(token.toLowerCase())) continue;
    if (LABEL_LISTS.has(token)) {
      if (next === '(') i = tokens.indexOf(')', i);
    } else if (next === '{') {
      const end = tokens.indexOf('}', i);
      found.push({ metric: token, matchers: matchers(tokens.slice(i + 2, end)) });
      i = end;
    } else if (next !== '(' && next !== 'by' && next !== 'without') {
      found.push({ metric: token, matchers: [] });
    }
  }
  return found;
}

/** `label operator "value"`, separated by commas. */
function matchers(tokens: readonly string[]): Selector['matchers'] {
  const found: Selector['matchers'] = [];
  for (let i = 0; i + 2 < tokens.length; i += 4) {
    found.push({ label: tokens[i] ?? '', operator: tokens[i + 1] ?? '', value: (tokens[i + 2] ?? '').slice(1, -1) });
  }
  return found;
}
