import type { IncidentFault } from '../vocabulary.ts';
import { blastRadiusLimit } from './blast-radius.ts';
import type { BlastRadiusLimits } from './blast-radius.ts';
import { budgetSpent } from './budget.ts';
import { waitEndMs } from './ladder.ts';
import type { DomainPolicy, GuardVerdict, Ladder } from './types.ts';

/** A maintenance window; of a store's record only what matters here. */
export interface MaintenanceWindow {
  scope: { kind: 'host'; host: string } | { kind: 'domain'; uuid: string } | { kind: 'all' };
  fromMs: number;
  untilMs: number;
  reason: string;
  createdBy: string;
}

/** What Alertmanager says of the incident's alert. `not_asked`: none is configured. */
export type SilenceState =
  | { kind: 'not_asked' }
  | { kind: 'clear' }
  /** `untilMs` null: not known; it is asked again. */
  | { kind: 'silenced'; by: string; untilMs: number | null }
  | { kind: 'unreachable'; error: string };

/** Everything a guard may look at, gathered by the caller at `nowMs`. */
export interface GuardContext {
  /** `operator`: a person ordered exactly this action. */
  origin: 'policy' | 'operator';
  /** `begin`: no action of this recovery has begun yet. `continue`: between its rungs. */
  phase: 'begin' | 'continue';
  nowMs: number;
  target: { uuid: string; host: string };
  fault: IncidentFault;
  policy: Pick<DomainPolicy, 'managed' | 'dryRun'>;
  ladder: Ladder;
  /** The kill switch. */
  pause: { by: string; reason: string } | null;
  /** Windows of any target and time. */
  maintenance: readonly MaintenanceWindow[];
  silence: SilenceState;
  onUnreachable: 'proceed' | 'hold';
  /** Another operation that holds the domain's lock. */
  lock: { operation: string } | null;
  /** Recoveries of the domain that began within the budget's window (`budgetSinceMs`) without this one; end of the last one, whenever it was. */
  recent: { count: number; lastEndedAtMs: number | null };
  /** `inferred`: this fault is (`isInferred`). `onHost`: open incidents of the host's domains that are, with this one. `domains`: of the host. */
  blastRadius: BlastRadiusLimits & { inferred: boolean; onHost: number; domains: number };
  /** Live migrations without this one, over all hosts, and their limits; null: the rung is none. */
  migrations: MigrationFacts | null;
  /** Recoveries under way without this one, and their limits. */
  concurrency: { global: number; perHost: number; running: number; runningOnHost: number };
}

export interface MigrationFacts {
  atOnce: number;
  perHour: number;
  /** Under way. */
  running: number;
  /** Of them, from the host of this one. */
  runningFromHost: number;
  /** When each was begun, wall clock, ascending; those of the last hour at least. */
  begunAtMs: readonly number[];
}

const HOUR_MS = 3_600_000;

type Guard = (context: GuardContext) => GuardVerdict | null;

/** In the order in which they are asked; the first that objects decides. */
export const GUARDS: readonly { name: string; bindsOperator: boolean; check: Guard }[] = [
  { name: 'not_managed', bindsOperator: true, check: notManaged },
  { name: 'dry_run', bindsOperator: true, check: dryRun },
  { name: 'pause', bindsOperator: false, check: paused },
  { name: 'maintenance', bindsOperator: false, check: maintenance },
  { name: 'silence', bindsOperator: false, check: silenced },
  { name: 'alertmanager_unreachable', bindsOperator: false, check: alertmanagerUnreachable },
  { name: 'busy', bindsOperator: true, check: busy },
  { name: 'cooldown', bindsOperator: false, check: cooldown },
  { name: 'budget', bindsOperator: false, check: budget },
  { name: 'blast_radius', bindsOperator: false, check: blastRadius },
  { name: 'migrations', bindsOperator: false, check: migrations },
  { name: 'concurrency', bindsOperator: true, check: concurrency },
];

/**
 * Whether an action may begin now. To be asked before every rung. A person's order passes over the guards that restrain
 * automation; what it passed over stands in the notes. It never passes over those that protect the domain and the host.
 */
export function guard(context: GuardContext): GuardVerdict {
  const notes: string[] = [];
  for (const { check, bindsOperator } of GUARDS) {
    const verdict = check(context);
    if (verdict === null) continue;
    if (verdict.kind === 'allow') notes.push(...verdict.notes);
    else if (context.origin === 'operator' && !bindsOperator) notes.push(`passed over by a person's order: ${verdict.why}`);
    else return verdict;
  }
  return { kind: 'allow', notes };
}

function notManaged({ policy }: GuardContext): GuardVerdict | null {
  if (policy.managed) return null;
  return { kind: 'suppress', reason: 'not_managed', why: 'the domain is not managed: no selector of the configuration with `managed: true` matches it' };
}

function dryRun({ policy }: GuardContext): GuardVerdict | null {
  return policy.dryRun ? { kind: 'suppress', reason: 'dry_run', why: 'dry run: decided and recorded, nothing done' } : null;
}

function paused({ pause }: GuardContext): GuardVerdict | null {
  if (pause === null) return null;
  return { kind: 'hold', reason: 'pause', why: `all recovery is paused by ${pause.by}: ${pause.reason}`, retryAtMs: null };
}

function maintenance({ maintenance: windows, target, nowMs }: GuardContext): GuardVerdict | null {
  const active = windows.filter((window) => covers(window, target) && window.fromMs <= nowMs && nowMs < window.untilMs);
  const last = active.toSorted((a, b) => b.untilMs - a.untilMs)[0];
  if (last === undefined) return null;
  const until = new Date(last.untilMs).toISOString();
  return { kind: 'hold', reason: 'maintenance', why: `maintenance until ${until} by ${last.createdBy}: ${last.reason}`, retryAtMs: last.untilMs };
}

function covers({ scope }: MaintenanceWindow, target: GuardContext['target']): boolean {
  if (scope.kind === 'all') return true;
  return scope.kind === 'host' ? scope.host === target.host : scope.uuid.toLowerCase() === target.uuid.toLowerCase();
}

function silenced({ silence }: GuardContext): GuardVerdict | null {
  if (silence.kind !== 'silenced') return null;
  return { kind: 'hold', reason: 'silence', why: `the alert is silenced in Alertmanager: ${silence.by}`, retryAtMs: silence.untilMs };
}

function alertmanagerUnreachable({ silence, onUnreachable }: GuardContext): GuardVerdict | null {
  if (silence.kind !== 'unreachable') return null;
  const why = `no Alertmanager can say whether the alert is silenced (${silence.error})`;
  if (onUnreachable === 'proceed') return { kind: 'allow', notes: [`${why}; proceeding as configured`] };
  return { kind: 'hold', reason: 'alertmanager_unreachable', why, retryAtMs: null };
}

function busy({ lock }: GuardContext): GuardVerdict | null {
  if (lock === null) return null;
  return { kind: 'hold', reason: 'busy', why: `another operation on the domain is under way: ${lock.operation}`, retryAtMs: null };
}

function cooldown({ phase, recent, ladder, nowMs }: GuardContext): GuardVerdict | null {
  if (phase !== 'begin' || recent.lastEndedAtMs === null) return null;
  const retryAtMs = waitEndMs(recent.lastEndedAtMs, ladder.cooldownSeconds * 1000, nowMs);
  if (retryAtMs === null) return null;
  return { kind: 'hold', reason: 'cooldown', why: `the last recovery ended less than ${ladder.cooldownSeconds} s ago`, retryAtMs };
}

function budget({ phase, recent, ladder }: GuardContext): GuardVerdict | null {
  if (phase !== 'begin' || ladder.budget === null || !budgetSpent(ladder, recent.count)) return null;
  const { recoveries, windowSeconds } = ladder.budget;
  return { kind: 'escalate', why: `the budget of ${recoveries} recoveries in ${windowSeconds} s is spent; a person has to look` };
}

function blastRadius({ blastRadius: radius, target }: GuardContext): GuardVerdict | null {
  const limit = blastRadiusLimit(radius.domains, radius);
  if (!radius.inferred || radius.onHost <= limit) return null;
  const why = `${radius.onHost} of ${radius.domains} domains of host ${target.host} are silent, absent or cut off from storage at once; more than ${limit} mean a fault of the host, its network or its storage`;
  return { kind: 'hold', reason: 'blast_radius', why, retryAtMs: null };
}

/** Forecasts may be wrong for many domains at once, and every migration loads two hosts and the network between them. */
function migrations({ migrations: facts, target, nowMs }: GuardContext): GuardVerdict | null {
  if (facts === null) return null;
  const hold = (why: string, retryAtMs: number | null = null): GuardVerdict => ({ kind: 'hold', reason: 'migrations', why, retryAtMs });
  if (facts.running >= facts.atOnce) return hold(`${facts.running} migrations are under way over all hosts, of at most ${facts.atOnce}`);
  if (facts.runningFromHost > 0) return hold(`another migration from host ${target.host} is under way`);
  const lately = facts.begunAtMs.filter((atMs) => waitEndMs(atMs, HOUR_MS, nowMs) !== null);
  const oldest = lately[lately.length - facts.perHour];
  if (lately.length < facts.perHour || oldest === undefined) return null;
  return hold(`${lately.length} migrations were begun over all hosts within the last hour, of at most ${facts.perHour}`, oldest + HOUR_MS);
}

function concurrency({ concurrency: { global, perHost, running, runningOnHost }, target }: GuardContext): GuardVerdict | null {
  const hold = (why: string): GuardVerdict => ({ kind: 'hold', reason: 'concurrency', why, retryAtMs: null });
  if (running >= global) return hold(`${running} recoveries are under way, of at most ${global}`);
  if (runningOnHost >= perHost) return hold(`${runningOnHost} recoveries are under way on host ${target.host}, of at most ${perHost}`);
  return null;
}
