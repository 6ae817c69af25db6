import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';
import type { Guest, Host, Lab } from '../../lab/lab.ts';
import type { Label, LabelKind } from '../trace/trace.ts';
import type { Gate } from './gate.ts';
import { judge, startHealth } from './health.ts';
import type { FailureDetail, Health } from './health.ts';
import type { Sampler } from './sampler.ts';
import type { Scenario } from './scenario.ts';
import type { LoadLevels } from './step.ts';

/** What all guests of a recording share. */
export interface Studio {
  lab: Lab;
  sampler: Sampler;
  tickMs: number;
  /** A boot costs more than a minute of idling: not all at once. */
  boots: Gate;
  /** For declines that take a whole processor. */
  hungry: Gate;
  onProgress: (message: string) => void;
}

/** One guest under way. */
export interface Session {
  readonly studio: Studio;
  readonly scenario: Scenario;
  /** On the host where it is now. */
  guest: Guest;
  readonly labels: Label[];
  readonly readings: DomainReading[];
  readonly startedAtMs: number;
  /** As it was set last: a restart ends it, and it is set again. */
  load: LoadLevels;
  health: Health;
  /** False while somebody restarts it on purpose. */
  watched: boolean;
  /** Ends the tasks of this guest. */
  readonly signal: AbortSignal;
  readonly failed: Promise<{ atMs: number; detail: FailureDetail }>;
}

const CHECK_TIMEOUT_MS = 5000;

export function note(session: Session, kind: LabelKind, detail = '', atMs = Date.now()): void {
  session.labels.push({ atMs, kind, detail });
}

/** Until so many seconds after the guest first served. @throws when the session ends before */
export async function until(session: Session, atSeconds: number): Promise<void> {
  await sleep(Math.max(0, session.startedAtMs + atSeconds * 1000 - Date.now()), undefined, { signal: session.signal });
}

/** One after another, so that a busy machine is not asked for many at once. @throws when it does not serve */
export async function boot(studio: Studio, guest: Guest, signal: AbortSignal): Promise<void> {
  const leave = await studio.boots.enter(signal);
  try {
    await guest.start();
    await guest.waitHttp();
  } finally {
    leave();
  }
}

/** What somebody does to the guest on purpose: labelled, and no failure however silent it is meanwhile. */
export async function operation(session: Session, what: string, act: () => Promise<void>): Promise<void> {
  session.watched = false;
  note(session, 'operation-start', what);
  try {
    await act();
  } finally {
    note(session, 'operation-end', what);
    session.health = startHealth(Date.now());
    session.watched = true;
  }
}

/** Checks the guest from outside, once a tick, until the session ends; tells the first failure. */
export async function watch(session: Session, onFailed: (failed: { atMs: number; detail: FailureDetail }) => void): Promise<void> {
  while (!session.signal.aborted) {
    const before = Date.now();
    if (session.watched) {
      const atMs = Date.now();
      const count = await ask(session, '/count');
      const failures = count === null ? null : await ask(session, '/failures');
      const result = judge(session.health, { atMs, count, failures });
      if (session.watched) session.health = result.health;
      if (session.watched && result.failed !== null) onFailed(result.failed);
    }
    const rest = Math.max(0, session.studio.tickMs - (Date.now() - before));
    await sleep(rest, undefined, { signal: session.signal }).catch(() => undefined);
  }
}

async function ask(session: Session, path: string): Promise<number | null> {
  const answer = await session.guest.http(path, CHECK_TIMEOUT_MS).catch(() => undefined);
  return answer?.status === 200 && /^\d+\s*$/.test(answer.body) ? Number(answer.body) : null;
}

export function otherHost(lab: Lab, host: Host): Host {
  const other = lab.hosts.find(({ name }) => name !== host.name);
  if (other === undefined) throw new Error('a migration needs two hosts');
  return other;
}
