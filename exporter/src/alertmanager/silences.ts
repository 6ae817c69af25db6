import { compile, UnsupportedPatternError } from './linear-regex.ts';

export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

/** A silence as Alertmanager's API version 2 lists it. */
export interface Silence {
  id: string;
  matchers: Matcher[];
  startsAtMs: number;
  endsAtMs: number;
  createdBy: string;
  comment: string;
  state: 'active' | 'pending' | 'expired';
}

export interface SilenceMatch {
  silence: Silence;
  /** Null: it certainly matches. Otherwise why it is only taken to match. */
  doubt: string | null;
}

/**
 * Whether a silence covers an alert with these labels, by Alertmanager's rules: every matcher must hold, a label that is
 * missing is the empty text, a regular expression must match the whole value. A regular expression that cannot be evaluated
 * safely is taken to hold, with the reason in `doubt`: the silence then holds back rather than not.
 */
export function silenceMatches(silence: Pick<Silence, 'matchers'>, labels: Readonly<Record<string, string>>): { matches: boolean; doubt: string | null } {
  let doubt: string | null = null;
  for (const matcher of silence.matchers) {
    const value = Object.hasOwn(labels, matcher.name) ? (labels[matcher.name] ?? '') : '';
    const verdict = holds(matcher, value);
    if (verdict === false) return { matches: false, doubt: null };
    if (verdict !== true) doubt ??= verdict;
  }
  // Alertmanager refuses a silence without matchers; one that got here says nothing, so it covers nothing.
  return { matches: silence.matchers.length > 0, doubt: silence.matchers.length > 0 ? doubt : null };
}

function holds({ name, value: wanted, isRegex, isEqual }: Matcher, value: string): boolean | string {
  if (!isRegex) return (value === wanted) === isEqual;
  try {
    return compile(wanted)(value) === isEqual;
  } catch (error) {
    if (!(error instanceof UnsupportedPatternError)) throw error;
    return `the expression for \`${name}\` cannot be evaluated here (${error.message}), so it is taken to match`;
  }
}

/** The silences in force at `nowMs` that cover an alert with these labels. */
export function silencesCovering(silences: readonly Silence[], labels: Readonly<Record<string, string>>, nowMs: number): SilenceMatch[] {
  return silences.flatMap((silence) => {
    if (silence.state === 'expired' || nowMs < silence.startsAtMs || nowMs >= silence.endsAtMs) return [];
    const { matches, doubt } = silenceMatches(silence, labels);
    return matches ? [{ silence, doubt }] : [];
  });
}
