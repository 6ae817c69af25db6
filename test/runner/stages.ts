/** One step of `npm test`. */
export interface Stage {
  readonly name: string;
  readonly title: string;
  /** Program, as a path from the root of the checkout, and arguments. */
  readonly command: readonly [string, ...string[]];
  /** Where it runs, from the root of the checkout. */
  readonly folder: string;
  /** The stage's process group is ended after this. */
  readonly timeoutMs: number;
  /** What counts single tests, and takes file filters and a name pattern; null: the stage counts as one. */
  readonly runner: 'vitest' | 'jest' | null;
  readonly needsRoot: boolean;
}

const MINUTE_MS = 60_000;

/** All but the Grafana plugin, which has rules of its own that want an older ESLint. */
const LINTED = ['exporter', 'test', 'alert-rules', 'vitest.config.ts', 'eslint.config.ts'];

/** The sum of the time limits stays below the 60 minutes of a continuous integration job, set-up included. */
export const STAGES: readonly Stage[] = [
  check('typecheck', 'Types', ['node_modules/.bin/tsc', '--noEmit', '-p', 'tsconfig.json'], 2),
  check('product', 'Types of what is built and shipped', ['node_modules/.bin/tsc', '--noEmit', '-p', 'exporter/tsconfig.build.json'], 1),
  check('lint', 'Lint', ['node_modules/.bin/eslint', '--flag', 'unstable_native_nodejs_ts_config', ...LINTED], 2),
  // Nothing else runs then: all processors are its own.
  vitest('unit', 'Unit tests', 9, false, '--maxWorkers', '100%'),
  check('rules', 'Alert rules', ['node_modules/.bin/node', 'alert-rules/check.ts'], 1),
  check('docs', 'Generated documents', ['node_modules/.bin/node', 'exporter/docs/generate.ts', '--check'], 1),
  plugin('types', 'types', ['grafana-plugin/node_modules/.bin/tsc', '--noEmit'], 1),
  plugin('lint', 'lint', ['grafana-plugin/node_modules/.bin/eslint', '--max-warnings', '0', '.'], 2),
  { ...plugin('unit', 'unit tests', ['node_modules/.bin/jest', '--ci', '--silent', '--maxWorkers', '2'], 3), runner: 'jest' },
  plugin('build', 'build', ['node_modules/.bin/webpack', '-c', 'webpack.config.ts', '--env', 'production'], 1),
  plugin('check', "the catalogue's rules", ['node_modules/.bin/node', 'scripts/check.ts'], 2),
  vitest('browser', 'Grafana plugin in Chromium', 5, false),
  vitest('lab', 'Tests on real libvirt hosts and guests', 28, true),
];

function check(name: string, title: string, command: readonly [string, ...string[]], minutes: number): Stage {
  return { name, title, command, folder: '.', timeoutMs: minutes * MINUTE_MS, runner: null, needsRoot: false };
}

function plugin(name: string, title: string, command: readonly [string, ...string[]], minutes: number): Stage {
  return { ...check(`plugin-${name}`, `Grafana plugin: ${title}`, command, minutes), folder: 'grafana-plugin' };
}

function vitest(name: string, title: string, minutes: number, needsRoot: boolean, ...more: string[]): Stage {
  return { ...check(name, title, ['node_modules/.bin/vitest', 'run', '--project', name, ...more], minutes), runner: 'vitest', needsRoot };
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
  return filters.length > 0 || namePattern !== undefined ? stages.filter(({ runner }) => runner !== null) : [...stages];
}

/** A stage's whole command. `reportFile` is where its test runner writes its JSON report. */
export function stageCommand(stage: Stage, { filters, namePattern }: Selection, reportFile: string): [string, ...string[]] {
  if (stage.runner === null) return [...stage.command];
  const report = stage.runner === 'vitest' ? ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`] : ['--json', `--outputFile=${reportFile}`];
  const filtered = filters.length > 0 || namePattern !== undefined;
  return [
    ...stage.command,
    ...report,
    ...(namePattern === undefined ? [] : ['--testNamePattern', namePattern]),
    // A filter may well match in one project only; that none matches anywhere is noticed at the end.
    ...(filtered ? ['--passWithNoTests'] : []),
    ...filters,
  ];
}
