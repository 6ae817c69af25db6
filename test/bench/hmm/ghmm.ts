/** libghmm, the General Hidden Markov Model library in C, as Debian builds it: fetched into the bench's cache, installed nowhere. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Hmm } from '../../../exporter/src/prediction/hmm/model.ts';

const CACHE = join(import.meta.dirname, '..', '.cache');
const SOURCE = join(import.meta.dirname, 'ghmm.c');
const PACKAGE = 'libghmm-dev';
const MOST_FETCHED_MS = 120_000;
const MOST_RUN_MS = 600_000;
const MOST_OUTPUT_BYTES = 1 << 24;

const execute = promisify(execFile);

export interface GhmmResult {
  /** ln P of all sequences under the start. */
  logLikelihood: number;
  secondsPerStep: number;
  once: Hmm;
  often: Hmm;
}

/** Path of the program built from ghmm.c; null, after saying why, where it cannot be had. */
export async function ensureGhmm(progress: (text: string) => void): Promise<string | null> {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `ghmm-${hash}`);
  const program = join(folder, 'ghmm');
  if (existsSync(program)) return program;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(join(CACHE, 'unfinished-ghmm-'));
  try {
    progress(`fetching ${PACKAGE} (into ${CACHE})`);
    await build(unfinished);
    renameSync(unfinished, folder);
    return program;
  } catch (error) {
    // Another process may have built the same meanwhile.
    if (existsSync(program)) return program;
    const { stderr, message } = error as { stderr?: string; message: string };
    progress(`not compared with libghmm, which could not be built here: ${(stderr?.trim() || message).split('\n').at(-1)}`);
    return null;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function build(folder: string): Promise<void> {
  const options = { cwd: folder, timeout: MOST_FETCHED_MS };
  await execute('apt-get', ['download', PACKAGE], options);
  const [archive] = globSync('*.deb', { cwd: folder });
  if (archive === undefined) throw new Error(`apt-get fetched no ${PACKAGE}`);
  await execute('dpkg', ['-x', archive, 'root'], options);
  const [library] = globSync('root/usr/lib/*/libghmm.a', { cwd: folder });
  if (library === undefined) throw new Error(`${PACKAGE} has no libghmm.a`);
  await execute('gcc', ['-O2', '-Wall', '-I', 'root/usr/include', '-o', 'ghmm', SOURCE, library, '-lm', '-l:libxml2.so.2'], options);
}

/** Baum-Welch from `start`, once with one step and once with `steps`. */
export async function runGhmm(program: string, start: Hmm, sequences: readonly Int16Array[], steps: number): Promise<GhmmResult> {
  const input = [start.states, start.symbols, ...start.initial, ...start.transition, ...byState(start), sequences.length];
  const lines = [input.join(' '), ...sequences.map((symbols) => `${symbols.length} ${symbols.join(' ')}`), steps];
  const running = execute(program, [], { timeout: MOST_RUN_MS, maxBuffer: MOST_OUTPUT_BYTES });
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(lines.join('\n'));
  const { stdout } = await running;
  const [logLikelihood, secondsPerStep, once, often] = stdout.trim().split('\n').map((line) => line.trim().split(' ').map(Number));
  return { logLikelihood: logLikelihood![0]!, secondsPerStep: secondsPerStep![0]!, once: modelOf(start, once!), often: modelOf(start, often!) };
}

/** libghmm keeps emissions state by state. */
function byState({ states: N, symbols: M, emission }: Hmm): number[] {
  return Array.from({ length: N * M }, (_, n) => emission[(n % M) * N + Math.floor(n / M)]!);
}

function modelOf({ states: N, symbols: M }: Hmm, numbers: readonly number[]): Hmm {
  if (numbers.length !== N + N * N + N * M) throw new Error(`libghmm answered ${numbers.length} numbers`);
  const emission = numbers.slice(N + N * N);
  return {
    states: N,
    symbols: M,
    initial: Float64Array.from(numbers.slice(0, N)),
    transition: Float64Array.from(numbers.slice(N, N + N * N)),
    emission: Float64Array.from({ length: N * M }, (_, n) => emission[(n % N) * M + Math.floor(n / N)]!),
  };
}

/** The largest difference of any probability. */
export function largestDifference(left: Hmm, right: Hmm): number {
  return Math.max(...(['initial', 'transition', 'emission'] as const).flatMap((table) => [...left[table]].map((value, n) => Math.abs(value - right[table][n]!))));
}
