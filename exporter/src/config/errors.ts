/** One thing wrong with a configuration file (or, as a warning, doubtful). */
export interface ConfigProblem {
  file: string;
  /** 1-based; null where the problem has no place in the file. */
  line: number | null;
  column: number | null;
  /** `domains[2].restartPolicy`; empty for the file as a whole. */
  path: string;
  /** What is wrong and what is allowed. Never holds a secret. */
  message: string;
}

/** `virtmedic.yaml:12:5: domains[2].restartPolicy: …` */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column ?? 1}`;
  return problem.path === '' ? `${place}: ${problem.message}` : `${place}: ${problem.path}: ${problem.message}`;
}

/** The configuration cannot be used. Holds every problem that was found; the message has one line for each. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

export type Path = readonly (string | number)[];

/** `['domains', 2, 'restartPolicy']` -> `domains[2].restartPolicy` */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const plain = /^[\w-]{1,64}$/.test(part) ? part : JSON.stringify(part.slice(0, 64));
    return text === '' ? plain : `${text}.${plain}`;
  }, '');
}
