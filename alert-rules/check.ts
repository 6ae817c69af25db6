/** `npm run rules:check`: everything that can be known of the rules, runbooks, tests and examples without running them. */
import { execFile } from 'node:child_process';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readRuleFolder, yamlFiles } from './rule-files.ts';
import { structuralProblems } from './structure.ts';

const HELP = `Usage: npm run rules:check [-- FOLDER]

Checks rules, unit tests, example configurations and runbooks in FOLDER (default: alert-rules)
with promtool and amtool, and that they belong together.
Exit status: 0 all is well, 1 problems found, 2 the check could not run.`;

const TOOL_TIMEOUT_MS = 120_000;
const PACKAGES: Record<string, string> = { promtool: 'prometheus', amtool: 'prometheus-alertmanager' };

export interface CheckResult {
  /** One entry for each problem, most with the file's name; empty: all is well. */
  problems: string[];
  /** Counts for people, e.g. `27 alerts`. */
  summary: string;
}

/**
 * Checks one folder laid out like this one.
 * @throws Error when promtool or amtool is not installed
 */
export async function checkAlertRules(folder: string): Promise<CheckResult> {
  const rules = yamlFiles(join(folder, 'rules'));
  const tests = yamlFiles(join(folder, 'tests'));
  const tools = await Promise.all([
    runTool(folder, 'promtool', ['check', 'rules', ...rules]),
    runTool(folder, 'promtool', ['check', 'config', join(folder, 'example/prometheus.yml')]),
    runTool(folder, 'amtool', ['check-config', join(folder, 'example/alertmanager.yml')]),
  ]);
  // promtool cannot test rules that it cannot read, and would only say the same again.
  // One run for each file, because promtool does not say which file a failure belongs to.
  if (tools[0]?.length === 0) {
    for (const file of tests) tools.push(await runTool(folder, 'promtool', ['test', 'rules', file]));
  }
  const problems = tools.flat();
  let summary = '';
  try {
    const read = readRuleFolder(folder);
    problems.push(...structuralProblems(read));
    summary = `${read.alerts.length} alerts, ${read.recordings.length} recording rules, ${read.runbooks.length} runbooks, ${tests.length} test files`;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return { problems, summary };
}

/** Runs a tool; its words, with paths relative to the folder, are the problem. */
function runTool(folder: string, tool: string, args: string[]): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  execFile(tool, args, { timeout: TOOL_TIMEOUT_MS, encoding: 'utf8' }, (error, stdout, stderr) => {
    if (error === null) return resolve([]);
    if (error.code === 'ENOENT') return reject(new Error(`${tool} is not installed; on Debian: apt-get install ${PACKAGES[tool]}`));
    const said = `${stdout}\n${stderr}`.replaceAll(`${folder}/`, '').replaceAll(/\n\s*\n/g, '\n').trim();
    const command = [tool, ...args.map((arg) => (arg.startsWith('/') ? relative(folder, arg) : arg))].join(' ');
    resolve([`${command}:\n${said || error.message}`]);
  });
  return promise;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { problems, summary } = await checkAlertRules(positionals[0] ?? import.meta.dirname);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error(`alert-rules: ${problems.length} problem(s)`);
  else console.log(`alert-rules: ${summary}: all well`);
  return problems.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  });
}
