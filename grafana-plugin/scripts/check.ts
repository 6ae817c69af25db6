/** `npm run plugin:check`: the package against the rules of Grafana's catalogue, and the Grafana that it says it works with. */
import { relative, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageOf, repositoryOf } from './check/packageOf.ts';
import { RULES } from './check/rules/index.ts';
import { MAIN, textAt, toSubject, type Subject } from './check/subject.ts';
import { checkCompatibility, GRAFANA_DEPENDENCY } from './compatibility.ts';
import { readZip } from './zip/readZip.ts';

const HELP = `Usage: npm run plugin:check [-- OPTIONS]

Checks the production build as Grafana's catalogue gets it: packed, and read again from the archive.

  --dist FOLDER        the build (default: grafana-plugin/dist)
  --no-levitate        leave out the comparison with the oldest Grafana
  --require-levitate   fail where that is not possible (no registry)
  --list               list the rules
  -h, --help           this text

Exit status: 0 all is well, 1 problems found, 2 the check could not run.`;

const PLUGIN = join(import.meta.dirname, '..');

/** A line for each problem, with the rule's name. */
export function problemsOf(subject: Subject): string[] {
  return RULES.flatMap(({ id, check }) => check(subject).map((problem) => `${id}: ${problem}`));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      dist: { type: 'string', default: join(PLUGIN, 'dist') },
      'no-levitate': { type: 'boolean', default: false },
      'require-levitate': { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help || values.list) {
    console.log(values.help ? HELP : RULES.map(({ id, about }) => `${id.padEnd(22)} ${about}`).join('\n'));
    return 0;
  }
  const { name, archive } = packageOf(values.dist);
  const subject = toSubject(name, readZip(archive), repositoryOf(PLUGIN));
  const problems = [...problemsOf(subject), ...dependencyProblems(subject)];
  if (!values['no-levitate']) {
    const { state, text, problems: found } = await checkCompatibility(PLUGIN);
    console.log(text);
    const isWrong =
      state === 'incompatible' || state === 'failed' || (state === 'skipped' && values['require-levitate']);
    problems.push(...(isWrong ? [`levitate: ${state}`, ...found] : []));
  }
  for (const problem of problems) {
    console.error(problem);
  }
  const what = `${relative(process.cwd(), values.dist) || '.'} as ${name} (${archive.length} bytes, ${subject.files.size} files, unsigned)`;
  console.log(
    problems.length > 0 ? `${what}: ${problems.length} problem(s)` : `${what}: ${RULES.length} rules, all well`
  );
  return problems.length > 0 ? 1 : 0;
}

function dependencyProblems(subject: Subject): string[] {
  const range = textAt(subject.manifests.get(MAIN), 'dependencies.grafanaDependency');
  return range === GRAFANA_DEPENDENCY
    ? []
    : [`grafana-dependency: plugin.json has ${range}, compatibility.ts ${GRAFANA_DEPENDENCY}`];
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  });
}
