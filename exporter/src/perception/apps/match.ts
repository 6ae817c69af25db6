/** Which processes of a guest are which app. */
import type { AppDeclaration, ProcessMatch } from '../../config/apps.ts';
import { isAlive, type SeenProcess } from './look.ts';
import { compilePattern, type Budget, type TextMatcher, type Verdict } from './pattern.ts';

/** Characters of all texts of one look that are compared with patterns. */
const MOST_COMPARED_CHARACTERS = 16_000_000;

export interface Matched {
  /** Processes of the app that are alive. */
  members: SeenProcess[];
  /** Processes of which it cannot be told, because what would tell is not known. While there are any, nothing is known to be absent. */
  undecided: SeenProcess[];
}

/** Whether a process was the app's at the look before: what it shows may be swapped out by now. */
export type WasMember = (app: string, process: SeenProcess) => boolean;

export interface Matcher {
  /** Every app with a `match`, by name. Time is bounded, whatever the guest calls its processes. */
  match(processes: readonly SeenProcess[], wasMember: WasMember): Map<string, Matched>;
}

export function createMatcher(apps: readonly Pick<AppDeclaration, 'name' | 'match'>[]): Matcher {
  const budget: Budget = { left: 0 };
  const compiled = apps.flatMap(({ name, match }) => (match === undefined ? [] : [{ name, matches: compileMatch(match, budget) }]));
  return {
    match: (processes, wasMember) => {
      budget.left = MOST_COMPARED_CHARACTERS;
      const candidates = processes.filter((process) => !process.kernelThread && isAlive(process));
      return new Map(compiled.map(({ name, matches }) => [name, sort(candidates, matches, (process) => wasMember(name, process))]));
    },
  };
}

function sort(candidates: readonly SeenProcess[], matches: (process: SeenProcess) => Verdict, wasMember: (process: SeenProcess) => boolean): Matched {
  const matched: Matched = { members: [], undecided: [] };
  for (const process of candidates) {
    const verdict = matches(process);
    if (verdict === 'yes' || (verdict === 'undecided' && wasMember(process))) matched.members.push(process);
    else if (verdict === 'undecided') matched.undecided.push(process);
  }
  return matched;
}

/** All conditions must hold; one that certainly doesn't decides, whatever is unknown about the others. */
function compileMatch({ unit, executable, commandLine }: ProcessMatch, budget: Budget): (process: SeenProcess) => Verdict {
  const conditions = [
    ...(unit === undefined ? [] : [unitCondition(compilePattern(unit, budget))]),
    ...(executable === undefined ? [] : [executableCondition(compilePattern(executable, budget))]),
    ...(commandLine === undefined ? [] : [commandLineCondition(compilePattern(commandLine, budget), budget)]),
  ];
  return (process) => {
    let whole: Verdict = 'yes';
    for (const condition of conditions) {
      const verdict = condition(process);
      if (verdict === 'no') return 'no';
      if (verdict === 'undecided') whole = 'undecided';
    }
    return whole;
  };
}

type Condition = (process: SeenProcess) => Verdict;

function unitCondition(matches: TextMatcher): Condition {
  return ({ cgroup, unit, userUnit }) => {
    if (cgroup === null) return 'undecided';
    const verdicts = [unit, userUnit].map((name) => (name === null ? 'no' : matches(name, false)));
    return verdicts.find((verdict) => verdict === 'yes') ?? verdicts.find((verdict) => verdict === 'undecided') ?? 'no';
  };
}

function executableCondition(matches: TextMatcher): Condition {
  return ({ executable }) => (executable === null ? 'undecided' : matches(executable, false));
}

function commandLineCondition(matches: TextMatcher, budget: Budget): Condition {
  // Joining takes time too.
  return ({ commandLine, commandLineCut }) => (commandLine === null || budget.left < 0 ? 'undecided' : matches(commandLine.join(' '), commandLineCut));
}
