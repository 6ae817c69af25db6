/** One step of `npm test`. */
export interface Stage {
  readonly name: string;
  readonly title: string;
  /** Program and arguments, from the root of the checkout. */
  readonly command: readonly [string, ...string[]];
  /** The stage's process group is ended after this. */
  readonly timeoutMs: number;
  /** Counts single tests, and takes file filters and a name pattern. */
  readonly vitest: boolean;
  readonly needsRoot: boolean;
}

const MINUTE_MS = 60_000;

/** The sum of the time limits stays below the 60 minutes of a continuous integration job, set-up included. */
export const STAGES: readonly Stage[] = [
  check('typecheck', 'Types', ['node_modules/.bin/tsc', '--noEmit', '-p', 'tsconfig.json'], 2),
  check('lint', 'Lint', ['node_modules/.bin/eslint', '--flag', 'unstable_native_nodejs_ts_config', '.'], 3),
  vitest('unit', 'Unit tests', 12, false),
  check('rules', 'Alert rules', ['node_modules/.bin/node', 'alert-rules/check.ts'], 3),
  check('docs', 'Generated documents', ['node_modules/.bin/node', 'exporter/docs/generate.ts', '--check'], 2),
  vitest('lab', 'Tests on real libvirt hosts and guests', 28, true),
];

function check(name: string, title: string, command: readonly [string, ...string[]], minutes: number): Stage {
  return { name, title, command, timeoutMs: minutes * MINUTE_MS, vitest: false, needsRoot: false };
}

function vitest(name: string, title: string, minutes: number, needsRoot: boolean): Stage {
  const command = ['node_modules/.bin/vitest', 'run', '--project', name] as const;
  return { name, title, command, timeoutMs: minutes * MINUTE_MS, vitest: true, needsRoot };
}

export interface Selection {
  /** Names of stages; empty: all, or with a filter or pattern those that take them. */
  readonly only: readonly string[];
  /** Parts of test files' paths. */
  readonly filters: readonly string[];
  /** Regular expression on test names. */
  readonly namePattern: string | undefined;
}

/** The stages that a selection asks for, in order. @throws TypeError naming an unknown stage and the known ones */
export function selectStages(stages: readonly Stage[], { only, filters, namePattern }: Selection): Stage[] {
  const unknown = only.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    throw new TypeError(`Unknown stage '${unknown.join("', '")}'; the stages are ${stages.map(({ name }) => name).join(', ')}`);
  }
  if (only.length > 0) return stages.filter(({ name }) => only.includes(name));
  return filters.length > 0 || namePattern !== undefined ? stages.filter((stage) => stage.vitest) : [...stages];
}

/** A stage's whole command. `reportFile` is where vitest writes its JSON report. */
export function stageCommand(stage: Stage, { filters, namePattern }: Selection, reportFile: string): [string, ...string[]] {
  if (!stage.vitest) return [...stage.command];
  const filtered = filters.length > 0 || namePattern !== undefined;
  return [
    ...stage.command,
    '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`,
    ...(namePattern === undefined ? [] : ['--testNamePattern', namePattern]),
    // A filter may well match in one project only; that none matches anywhere is noticed at the end.
    ...(filtered ? ['--passWithNoTests'] : []),
    ...filters,
  ];
}
