import type { LinuxGuest } from '../lab/lab.ts';
import type { CheckContext, Figures, GuestCheck } from './check.ts';
import type { MatrixEntry } from './matrix.ts';
import type { Results, Status } from './results.ts';

/** Name of the step that every guest begins with; checks cannot have it. */
export const BOOT = 'boot';

/** A guest that exists until `end`. */
export interface BootedGuest {
  guest: LinuxGuest;
  end(): Promise<void>;
}

export interface MatrixRun {
  entries: readonly MatrixEntry[];
  checks: readonly GuestCheck[];
  results: Results;
  /** Makes, starts and awaits a guest. @throws where it does not come up; nothing of it is left then. */
  boot(entry: MatrixEntry): Promise<BootedGuest>;
  lab: CheckContext['lab'];
  progress(line: string): void;
  signal: AbortSignal;
}

/** Takes one guest after the other through all checks that it has not passed yet. Returns when all are through or the signal is aborted. */
export async function runMatrix(run: MatrixRun): Promise<void> {
  for (const [at, entry] of run.entries.entries()) {
    const progress = (text: string) => run.progress(`[${at + 1}/${run.entries.length}] ${entry.name}: ${text}`);
    const due = run.checks.filter((check) => applies(check, entry) && !run.results.passed(entry.name, check.name));
    if (due.length === 0) progress('passed before');
    else if (!run.signal.aborted) await checkGuest(run, entry, due, progress);
  }
}

export function applies(check: GuestCheck, entry: MatrixEntry): boolean {
  return check.appliesTo?.(entry) ?? true;
}

async function checkGuest(run: MatrixRun, entry: MatrixEntry, due: readonly GuestCheck[], progress: (text: string) => void): Promise<void> {
  progress(`booting (${entry.kernel}, ${entry.system})`);
  let booted: BootedGuest | undefined;
  const up = await timed(async () => {
    booted = await run.boot(entry);
    return undefined;
  });
  record(run, entry, BOOT, up, progress);
  try {
    for (const check of due) {
      if (booted === undefined || run.signal.aborted) run.results.add({ guest: entry.name, check: check.name, ...NOT_RUN });
      else record(run, entry, check.name, await runCheck(run, entry, check, booted.guest, progress), progress);
    }
  } finally {
    await booted?.end();
  }
}

interface Finding {
  status: Status;
  seconds: number;
  figures: Figures;
  error: string;
}

const NOT_RUN: Finding = { status: 'not-run', seconds: 0, figures: {}, error: '' };

async function runCheck(run: MatrixRun, entry: MatrixEntry, check: GuestCheck, guest: LinuxGuest, progress: (text: string) => void): Promise<Finding> {
  const timeUp = new AbortController();
  const signal = AbortSignal.any([run.signal, timeUp.signal]);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  const timer = setTimeout(() => timeUp.abort(new Error(`not within ${check.timeoutSeconds} s`)), check.timeoutSeconds * 1000);
  const context: CheckContext = { guest, entry, lab: run.lab, signal, note: (text) => progress(`${check.name}: ${text}`) };
  try {
    const finding = await timed(() => Promise.race([check.run(context), ended]));
    // What an interruption breaks says nothing about the guest.
    return run.signal.aborted ? NOT_RUN : finding;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function timed(work: () => Promise<Figures | undefined>): Promise<Finding> {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 100) / 10;
  try {
    const figures = (await work()) ?? {};
    return { status: 'passed', seconds: seconds(), figures, error: '' };
  } catch (error) {
    return { status: 'failed', seconds: seconds(), figures: {}, error: error instanceof Error ? error.message : String(error) };
  }
}

function record(run: MatrixRun, entry: MatrixEntry, check: string, finding: Finding, progress: (text: string) => void): void {
  const { signal } = run;
  const result = signal.aborted && finding.status === 'failed' ? NOT_RUN : finding;
  run.results.add({ guest: entry.name, check, ...result });
  const figures = Object.entries(result.figures).map(([name, value]) => ` ${name}=${value}`).join('');
  progress(`${check} ${result.status} in ${result.seconds} s${figures}${result.error === '' ? '' : `: ${result.error}`}`);
}
