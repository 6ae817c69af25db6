import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { countsOfCheck, countsOfReport, failuresOfReport, retriedOfReport } from './runner/counts.ts';
import { startGroup } from './runner/process-group.ts';
import type { RunningGroup } from './runner/process-group.ts';
import { selectStages, stageCommand, STAGES } from './runner/stages.ts';
import type { Selection, Stage } from './runner/stages.ts';
import { summary } from './runner/summary.ts';
import type { StageResult } from './runner/summary.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
/** The lab takes down its guests and hosts in this time. */
const GRACE_MS = 60_000;
/** npm and the terminal both pass on one Ctrl-C. */
const SAME_KEY_PRESS_MS = 1_000;

const HELP = `Runs virtmedic's checks and tests, all of them even when one fails.

Usage: npm test -- [options] [FILE-FILTER ...]

  --only NAMES        only these stages, separated by commas
  -t, --name PATTERN  only tests whose name matches this regular expression
  --bail              stop after the first stage that fails
  --list              list the stages
  -h, --help          this text

FILE-FILTER is a part of a test file's path; with it, or with --name, only the stages with tests run.
Exit codes: 0 all passed, 1 something failed, 2 wrong usage, 128 + n ended by signal n.
Last line of the output: N passed, N failed[, N skipped].

Stages: ${STAGES.map(({ name, title }) => `${name} (${title})`).join(', ')}
`;

interface Options extends Selection {
  readonly bail: boolean;
}

/** @throws TypeError that says what is wrong */
function parseOptions(args: string[]): Options | 'help' | 'list' {
  const { values, positionals } = parseArgs({
    args,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      name: { type: 'string', short: 't' },
      bail: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return 'help';
  if (values.list) return 'list';
  return {
    only: values.only.flatMap((names) => names.split(',')).map((name) => name.trim()).filter((name) => name !== ''),
    filters: positionals,
    namePattern: values.name,
    bail: values.bail,
  };
}

/** Passes requests to end on to the stage that runs. */
function watchSignals(): { signal: NodeJS.Signals | undefined; group: RunningGroup | undefined } {
  const state: ReturnType<typeof watchSignals> = { signal: undefined, group: undefined };
  let lastMs = -Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - lastMs < SAME_KEY_PRESS_MS) return;
      lastMs = nowMs;
      if (state.signal === undefined) console.error('\nEnding; the lab is being taken down …');
      state.signal ??= signal;
      state.group?.end();
    });
  }
  return state;
}

async function runStages(stages: readonly Stage[], options: Options, reportFolder: string): Promise<{ results: StageResult[]; exitCode: number }> {
  const state = watchSignals();
  const results: StageResult[] = [];
  for (const [index, stage] of stages.entries()) {
    const stopped = state.signal !== undefined || (options.bail && results.some(({ outcome }) => outcome !== 'passed'));
    if (stopped) {
      results.push({ name: stage.name, title: stage.title, outcome: 'not run', counts: { passed: 0, failed: 0, skipped: 0 }, seconds: 0, failures: [], retried: [] });
      continue;
    }
    console.log(`\n━━ ${index + 1}/${stages.length} ${stage.name}: ${stage.title}`);
    const result = await runStage(stage, options, path.join(reportFolder, `${stage.name}.json`), state);
    console.log(`━━ ${stage.name}: ${result.outcome} (${result.seconds.toFixed(1)} s)`);
    results.push(result);
  }
  if (state.signal !== undefined) return { results, exitCode: 128 + constants.signals[state.signal] };
  return { results, exitCode: results.some(({ outcome, counts }) => outcome !== 'passed' || counts.failed > 0) ? 1 : 0 };
}

async function runStage(stage: Stage, options: Options, reportFile: string, state: ReturnType<typeof watchSignals>): Promise<StageResult> {
  const { name, title } = stage;
  if (stage.needsRoot && process.getuid?.() !== 0) {
    console.error(`The stage '${name}' needs root: run \`sudo npm test\`, or leave it out with --only.`);
    return { name, title, outcome: 'failed', counts: countsOfCheck(false), seconds: 0, failures: [], retried: [] };
  }
  const startMs = performance.now();
  const env = { ...process.env, PATH: `${path.join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` };
  state.group = startGroup(fromRoot(stageCommand(stage, options, reportFile)), {
    cwd: path.join(ROOT, stage.folder), env, output: 'inherit', timeoutMs: stage.timeoutMs, graceMs: GRACE_MS,
  });
  const { code, timedOut, leftOver } = await state.group.ended;
  state.group = undefined;
  if (timedOut) console.error(`The stage '${name}' was ended after its time limit of ${stage.timeoutMs / 60_000} minutes.`);
  if (leftOver) console.error(`The stage '${name}' left processes behind, which were killed.`);
  const report = stage.runner !== null ? await readFile(reportFile, 'utf8').catch(() => undefined) : undefined;
  const succeeded = code === 0 && !timedOut && !leftOver;
  const counts = stage.runner !== null ? countsOfReport(report, succeeded) : countsOfCheck(succeeded);
  const outcome = timedOut ? 'timed out' : state.signal !== undefined && !succeeded ? 'interrupted' : succeeded ? 'passed' : 'failed';
  return { name, title, outcome, counts, seconds: (performance.now() - startMs) / 1000, failures: failuresOfReport(report), retried: retriedOfReport(report) };
}

function fromRoot([program, ...args]: [string, ...string[]]): [string, ...string[]] {
  return [path.join(ROOT, program), ...args];
}

async function main(): Promise<number> {
  let options: ReturnType<typeof parseOptions>;
  let stages: Stage[] = [];
  try {
    options = parseOptions(process.argv.slice(2));
    if (typeof options === 'object') stages = selectStages(STAGES, options);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help' || options === 'list') {
    console.log(options === 'help' ? HELP : STAGES.map(({ name, title }) => `${name.padEnd(12)} ${title}`).join('\n'));
    return 0;
  }
  const reportFolder = await mkdtemp(path.join(tmpdir(), 'virtmedic-test-'));
  try {
    const { results, exitCode } = await runStages(stages, options, reportFolder);
    const nothing = results.every(({ counts: { passed, failed, skipped } }) => passed + failed + skipped === 0);
    if (nothing && exitCode === 0) console.error(`No test matches ${[...options.filters, options.namePattern ?? ''].join(' ').trim()}.`);
    console.log(`\n${summary(results)}`);
    return nothing && exitCode === 0 ? 1 : exitCode;
  } finally {
    await rm(reportFolder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
