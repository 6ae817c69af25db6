import type { LinuxGuest } from '../lab/lab.ts';
import type { CheckContext, Figures, GuestCheck } from './check.ts';
import { describeEstimate, estimate } from './estimate.ts';
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
  /** All that there are: how long checks took in others tells how long they will take. */
  known: readonly MatrixEntry[];
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
    const due = dueOf(run, entry);
    if (due.length === 0) progress('passed before');
    else if (!run.signal.aborted) await checkGuest(run, entry, due, progress);
  }
}

export function applies(check: GuestCheck, entry: MatrixEntry): boolean {
  return check.appliesTo?.(entry) ?? true;
}

function dueOf(run: MatrixRun, entry: MatrixEntry): readonly GuestCheck[] {
  return run.checks.filter((check) => applies(check, entry) && !run.results.passed(entry.name, check.name));
}

/** Of this guest and all after it. */
function timeLeft(run: MatrixRun, from: MatrixEntry): string {
  const due = run.entries.slice(run.entries.indexOf(from)).flatMap((entry) => {
    const checks = dueOf(run, entry);
    return checks.length === 0 ? [] : [{ name: BOOT }, ...checks].map((check) => ({ entry, check }));
  });
  return describeEstimate(estimate(due, run.known, run.results));
}

async function checkGuest(run: MatrixRun, entry: MatrixEntry, due: readonly GuestCheck[], progress: (text: string) => void): Promise<void> {
  progress(`booting (${entry.kernel}, ${entry.system}); ${timeLeft(run, entry)}`);
  let booted: BootedGuest | undefined;
  const up = await timed(async () => {
    booted = await run.boot(entry);
    return undefined;
  });
  record(run, entry, BOOT, up, progress);
  try {
    for (const check of due) {
      if (booted === undefined || run.signal.aborted) run.results.add({ guest: entry.name, check: check.name, ...keptOf(run, entry, check) });
      else record(run, entry, check.name, await runParts(run, entry, check, booted.guest, progress), progress);
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
  partsDone: number;
}

const NOT_RUN: Finding = { status: 'not-run', seconds: 0, figures: {}, error: '', partsDone: 0 };

/** The parts that are through. */
function keptOf(run: MatrixRun, entry: MatrixEntry, check: GuestCheck): Finding {
  const kept = run.results.find(entry.name, check.name);
  return kept?.status === 'not-run' ? kept : NOT_RUN;
}

/** All parts of a check that were not through in an earlier run. */
async function runParts(run: MatrixRun, entry: MatrixEntry, check: GuestCheck, guest: LinuxGuest, progress: (text: string) => void): Promise<Finding> {
  const parts = check.parts ?? 1;
  let finding = keptOf(run, entry, check);
  for (let part = finding.partsDone; part < parts; part++) {
    const one = await runPart(run, entry, { check, part }, guest, progress);
    const seconds = Math.round((finding.seconds + one.seconds) * 10) / 10;
    if (one.status === 'not-run') return finding;
    if (one.status === 'failed') return { ...one, seconds };
    finding = { status: part + 1 === parts ? 'passed' : 'not-run', seconds, figures: together(finding.figures, one.figures), error: '', partsDone: part + 1 };
    run.results.add({ guest: entry.name, check: check.name, ...finding });
    if (part + 1 < parts) progress(`${check.name}: part ${part + 1} of ${parts} passed in ${one.seconds} s${describe(finding.figures)}; about ${Math.ceil(((seconds / (part + 1)) * (parts - part - 1)) / 60)} min left of it`);
  }
  return finding;
}

function together(before: Figures, more: Figures): Figures {
  const merged: Record<string, number> = { ...before };
  for (const [name, value] of Object.entries(more)) {
    const known = merged[name];
    merged[name] = known === undefined ? value : name.endsWith('Most') ? Math.max(known, value) : known + value;
  }
  return merged;
}

async function runPart(run: MatrixRun, entry: MatrixEntry, { check, part }: { check: GuestCheck; part: number }, guest: LinuxGuest, progress: (text: string) => void): Promise<Finding> {
  const timeUp = new AbortController();
  const signal = AbortSignal.any([run.signal, timeUp.signal]);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  const timer = setTimeout(() => timeUp.abort(new Error(`not within ${check.timeoutSeconds} s`)), check.timeoutSeconds * 1000);
  const context: CheckContext = { guest, entry, lab: run.lab, part, signal, note: (text) => progress(`${check.name}: ${text}`) };
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
    return { status: 'passed', seconds: seconds(), figures, error: '', partsDone: 1 };
  } catch (error) {
    return { status: 'failed', seconds: seconds(), figures: {}, error: error instanceof Error ? error.message : String(error), partsDone: 0 };
  }
}

function describe(figures: Figures): string {
  return Object.entries(figures).map(([name, value]) => ` ${name}=${value}`).join('');
}

function record(run: MatrixRun, entry: MatrixEntry, check: string, finding: Finding, progress: (text: string) => void): void {
  const { signal } = run;
  const result = signal.aborted && finding.status === 'failed' ? NOT_RUN : finding;
  run.results.add({ guest: entry.name, check, ...result });
  progress(`${check} ${result.status} in ${result.seconds} s${describe(result.figures)}${result.error === '' ? '' : `: ${result.error}`}`);
}
