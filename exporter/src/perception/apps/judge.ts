/**
 * Whether one app in one guest is as it should be: a pure function from what was known and one more observation to what is known
 * now. Unknown is never dead: a look without a list proves nothing, ends every row of lists, and holds every fault that was found.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AppDeclaration } from '../../config/apps.ts';
import { afterReboot, countCpu, NO_CPU, type CpuTotal } from './cpu-total.ts';
import { isHeld, isLasting, type SeenSockets } from './look.ts';
import type { Matched } from './match.ts';
import { followMembers, type MemberRecord } from './members.ts';
import { currentProbes, failedProbes, followProbes, type ProbeOutcome, type ProbeRecord } from './probes.ts';
import { followQueues, socketsOf, stalledQueues, type QueueRecord } from './queues.ts';
import { followRanges, type RangeRecord } from './ranges.ts';
import { standingStill, whollyStopped } from './standing-still.ts';
import { APP_FAULTS, type AppFault } from '../../vocabulary.ts';
import type { AppFigures, AppVerdict, Evidence, Finding } from './verdict.ts';

/** An observation of one app. All times `atMs` and `untilMs` are monotonic. */
export type AppInput =
  /** A good list. `ranMs`, `upMs`: see `GuestTime`. */
  | { kind: 'list'; atMs: number; ranMs: number; upMs: number; matched: Matched; sockets: SeenSockets | null }
  | { kind: 'unknown'; atMs: number; reason: string; text: string }
  | ({ kind: 'probe' } & ProbeOutcome)
  /** The guest boots anew: all that was seen is of another life. */
  | { kind: 'rebooted'; atMs: number }
  /** An operation of our own on the app or its guest is under way; `untilMs`: it is over by then in any case. */
  | { kind: 'muted'; atMs: number; untilMs: number; why: string }
  | { kind: 'unmuted'; atMs: number }
  /** Nothing was observed; time passed. */
  | { kind: 'passed'; atMs: number };

/** Plain data of bounded size. */
export interface AppState {
  look: Look;
  /** It was there since the guest's boot. */
  hasRun: boolean;
  /** At the latest list. Kept over looks that gave none: a process is known again by it. */
  members: MemberRecord[];
  /** Goes on over everything. */
  cpu: CpuTotal;
  probes: ProbeRecord[];
  muted: { untilMs: number; why: string } | null;
  fault: { fault: AppFault; sinceMs: number } | null;
}

type Look =
  | { kind: 'none' }
  | { kind: 'unknown'; reason: string; text: string; sinceMs: number; atMs: number }
  | {
      kind: 'list';
      atMs: number;
      ranMs: number;
      upMs: number;
      undecided: number;
      /** It has had the time that its start may take. */
      isGrown: boolean;
      /** Lists in a row without it, and since when. */
      absent: { lists: number; sinceMs: number } | null;
      queues: QueueRecord[];
      ranges: RangeRecord[];
      figures: AppFigures;
    };
type ListLook = Extract<Look, { kind: 'list' }>;

/** Good lists without the app before it is down. */
const LISTS_TO_BELIEVE = 2;
/** Two lists that are not further apart are one look. */
const LEAST_STEP_MS = 20;
/** After a longer pause nothing is known any more, and every row begins anew. */
const LONGEST_PAUSE_MS = 60_000;
const MOST_TEXT_CHARACTERS = 300;
const MOST_EVIDENCE = 16;

export function newAppState(): AppState {
  return { look: { kind: 'none' }, hasRun: false, members: [], cpu: NO_CPU, probes: [], muted: null, fault: null };
}

/** Takes in one observation. Total: it never throws, and what comes late or twice changes nothing. */
export function judgeApp(app: AppDeclaration, before: AppState, input: AppInput): { state: AppState; verdict: AppVerdict } {
  const isOver = before.muted !== null && input.atMs >= before.muted.untilMs;
  const followed = follow(app, isOver ? { ...before, muted: null } : before, input);
  const { verdict, fault } = conclude(app, followed, input.atMs);
  return { state: { ...followed, fault }, verdict };
}

function follow(app: AppDeclaration, before: AppState, input: AppInput): AppState {
  switch (input.kind) {
    case 'list':
      return before.muted === null ? afterList(app, before, input) : { ...before, cpu: countCpu(before.cpu, input.matched.members) };
    case 'unknown':
      return before.muted === null ? afterUnknown(before, input) : before;
    case 'probe':
      return before.muted === null && !isGuestHeld(before.look) ? { ...before, probes: followProbes(before.probes, input) } : before;
    case 'rebooted':
      return { ...newAppState(), cpu: afterReboot(before.cpu), muted: before.muted };
    case 'muted':
      return { ...newAppState(), hasRun: before.hasRun, cpu: before.cpu, muted: { untilMs: input.untilMs, why: input.why.slice(0, MOST_TEXT_CHARACTERS) } };
    case 'unmuted':
      return { ...before, muted: null };
    case 'passed':
      return before;
  }
}

function afterUnknown(before: AppState, { atMs, reason, text }: Extract<AppInput, { kind: 'unknown' }>): AppState {
  const { look } = before;
  if (look.kind !== 'none' && atMs < look.atMs) return before;
  // Only as long as the reason is one that lasts can it be said how long it has.
  const goesOn = look.kind === 'unknown' && isLasting(look.reason) === isLasting(reason);
  const probes = isHeld(reason) ? [] : before.probes;
  return { ...before, probes, look: { kind: 'unknown', reason: reason.slice(0, MOST_TEXT_CHARACTERS), text: text.slice(0, MOST_TEXT_CHARACTERS), sinceMs: goesOn ? look.sinceMs : atMs, atMs } };
}

function afterList(app: AppDeclaration, before: AppState, input: Extract<AppInput, { kind: 'list' }>): AppState {
  const { atMs, ranMs, upMs, matched, sockets } = input;
  const { members, undecided } = matched;
  if (before.look.kind !== 'none' && atMs < before.look.atMs + LEAST_STEP_MS) return before;
  const last = before.look.kind === 'list' && atMs - before.look.atMs <= LONGEST_PAUSE_MS ? before.look : null;
  const { records, progress } = followMembers(before.members, members, last === null ? null : Math.max(0, ranMs - last.ranMs));
  const oldest = records.reduce((least, { startTimeNanoseconds }) => Math.min(least, startTimeNanoseconds), Infinity);
  const isGrown = upMs - oldest / 1e6 >= app.tolerate.startSeconds * 1000;
  const own = sockets === null ? [] : socketsOf(app, sockets.sockets, members);
  const residentBytes = members.reduce((sum, process) => sum + (process.residentBytes ?? 0), 0);
  const cpu = countCpu(before.cpu, members);
  const isCpuKnown = members.length <= records.length && records.every(({ cpuNanoseconds }) => cpuNanoseconds !== null);
  const isGone = members.length === 0 && undecided.length === 0;
  const look: ListLook = {
    kind: 'list',
    atMs,
    ranMs,
    upMs,
    undecided: undecided.length,
    isGrown,
    absent: isGone ? { lists: (last?.absent?.lists ?? 0) + 1, sinceMs: last?.absent?.sinceMs ?? atMs } : null,
    queues: followQueues(app, last?.queues ?? [], { sockets, members, progress, ranMs }),
    ranges: followRanges(app, last?.ranges ?? [], { processes: members.length, undecided: undecided.length, residentBytes, sockets, listens: own.length > 0, isGrown }),
    figures: {
      processes: members.length,
      residentBytes: members.some((process) => process.residentBytes === null) ? null : residentBytes,
      cpuNanoseconds: isCpuKnown ? records.reduce((sum, record) => sum + (record.cpuNanoseconds ?? 0), 0) : null,
      cpuTotalNanoseconds: isCpuKnown ? cpu.nanoseconds : null,
      backlogs: longestByPort(own),
    },
  };
  return { ...before, look, members: records, cpu, hasRun: before.hasRun || members.length > 0, probes: progress.isStartedAnew ? before.probes.map((probe) => ({ ...probe, hasAnswered: false })) : before.probes };
}

function longestByPort(sockets: readonly { port: number; backlog: number }[]): AppFigures['backlogs'] {
  const longest = new Map<number, number>();
  for (const { port, backlog } of sockets) longest.set(port, Math.max(backlog, longest.get(port) ?? 0));
  return [...longest].map(([port, backlog]) => ({ port, backlog }));
}

function isGuestHeld(look: Look): boolean {
  return look.kind === 'unknown' && isHeld(look.reason);
}

interface Conclusion {
  verdict: AppVerdict;
  fault: AppState['fault'];
}

function conclude(app: AppDeclaration, state: AppState, atMs: number): Conclusion {
  const { look, muted } = state;
  if (muted !== null) return without('muted', [{ kind: 'muted', why: muted.why }]);
  if (look.kind === 'list' && atMs - look.atMs > LONGEST_PAUSE_MS) return without('unknown', [{ kind: 'unknown', reason: 'no-look', text: 'nobody has looked into the guest', forMs: atMs - look.atMs }]);
  const probes = currentProbes(state.probes, atMs);
  if (look.kind === 'list' && app.match !== undefined) return ofList(app, state, look, probes, atMs);
  const isBlind = app.match === undefined || (look.kind === 'unknown' && isLasting(look.reason) && look.atMs - look.sinceMs >= app.tolerate.startSeconds * 1000);
  const evidence: Evidence[] = look.kind === 'unknown' ? [{ kind: 'unknown', reason: look.reason, text: look.text, forMs: look.atMs - look.sinceMs }] : [];
  if (!isBlind || isGuestHeld(look) || probes.length === 0) return without('unknown', evidence);
  const failed = failedProbes(probes, true);
  if (failed.length > 0) return faulty(state, failed, null, atMs);
  return probes.some(({ failures }) => failures === 0) ? without('up', []) : without('unknown', evidence);
}

function ofList(app: AppDeclaration, state: AppState, look: ListLook, probes: readonly ProbeRecord[], atMs: number): Conclusion {
  const { absent, figures, undecided, upMs, ranMs, ranges } = look;
  const { tolerate, processes } = app;
  if (absent !== null) {
    if (processes.minimum === 0) return without('off', [], figures);
    if (!state.hasRun && upMs < tolerate.startSeconds * 1000) return without('starting', [{ kind: 'booting', upMs }], figures);
    const evidence: Evidence = { kind: 'absent', lists: absent.lists, forMs: look.atMs - absent.sinceMs };
    const isProven = absent.lists >= LISTS_TO_BELIEVE && evidence.forMs >= tolerate.absentSeconds * 1000;
    return isProven ? faulty(state, [{ fault: 'app_down', basis: 'seen', evidence }], figures, atMs) : without('doubtful', [evidence], figures);
  }
  const doubt: Evidence[] = undecided > 0 ? [{ kind: 'undecided', processes: undecided }] : [];
  if (figures.processes === 0) return without('unknown', doubt, figures);
  const still = stillness(app, state, look, probes);
  const found: Finding[] = [
    ...still.map((evidence) => ({ fault: 'app_hung', basis: 'seen', evidence }) as const),
    ...stalledQueues(look.queues, ranMs).map((evidence) => ({ fault: 'app_hung', basis: 'seen', evidence }) as const),
    ...failedProbes(probes, look.isGrown).filter(({ evidence }) => !still.some((told) => isDeepStrictEqual(told, evidence))),
    ...ranges.filter(({ lists }) => lists >= tolerate.outOfRangeLists).map((evidence) => ({ fault: 'app_degraded', basis: 'seen', evidence }) as const),
  ];
  if (found.length > 0) return faulty(state, found, figures, atMs);
  const stopped = whollyStopped(state.members);
  return stopped.length > 0 ? without('doubtful', [...stopped, ...doubt], figures) : without('up', doubt, figures);
}

/** Of an app all of whose processes are known. */
function stillness(app: AppDeclaration, { members }: AppState, { atMs, ranMs, figures, undecided, queues }: ListLook, probes: readonly ProbeRecord[]): Evidence[] {
  return undecided > 0 || members.length < figures.processes ? [] : standingStill(app, { atMs, ranMs, members, queues, probes });
}

function without(state: AppVerdict['state'], evidence: Evidence[], figures: AppFigures | null = null): Conclusion {
  return { verdict: { state, fault: null, sinceMs: null, basis: null, evidence, figures }, fault: null };
}

function faulty(state: AppState, found: readonly Finding[], figures: AppFigures | null, atMs: number): Conclusion {
  const worst = APP_FAULTS.find((fault) => found.some((finding) => finding.fault === fault)) ?? 'app_degraded';
  const ofWorst = found.filter(({ fault }) => fault === worst);
  const sinceMs = state.fault?.fault === worst ? state.fault.sinceMs : atMs;
  const evidence = [...ofWorst, ...found.filter(({ fault }) => fault !== worst)].map((finding) => finding.evidence).slice(0, MOST_EVIDENCE);
  const basis = ofWorst.some((finding) => finding.basis === 'seen') ? 'seen' : 'silence';
  return { verdict: { state: 'faulty', fault: worst, sinceMs, basis, evidence, figures }, fault: { fault: worst, sinceMs } };
}
