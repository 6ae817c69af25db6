/**
 * Whether an app stands still: all its processes are stopped, or wait for a device, and have done nothing at all for longer than is
 * borne. One that does something is a sign of life.
 *
 * A stop alone is borne for long: a person, a script or a backup may have meant it. It is borne for little where two things that are
 * seen independently prove harm: every thread of every process of a system's service stopped without a break, and somebody who is kept
 * waiting by just that, in the accept queue or at a probe from outside. State D has no such shorter time, as what waits for a device
 * cannot be ended and goes on by itself, nor has a queue alone, as a server may wait for another one.
 */
import type { AppDeclaration } from '../../config/apps.ts';
import type { MemberRecord } from './members.ts';
import type { ProbeRecord } from './probes.ts';
import type { QueueRecord } from './queues.ts';
import type { Evidence } from './verdict.ts';

/** Looks that show the same before it counts. */
const LOOKS_TO_BELIEVE = 2;
/** Time of the guest is told in ticks, and no more of it counts than surely passed: two looks that are a second apart may show a little less. */
const SLACK_MS = 50;
/** Time of the guest for which connections wait before that shows anything, whatever is borne. */
const LEAST_WAIT_MS = 500;

export interface StillLook {
  /** Monotonic. */
  atMs: number;
  /** Time of the guest. */
  ranMs: number;
  members: readonly MemberRecord[];
  queues: readonly QueueRecord[];
  probes: readonly ProbeRecord[];
}

/** What proves that the app of these processes, all that it has, stands still; empty: nothing does. */
export function standingStill({ tolerate }: Pick<AppDeclaration, 'tolerate'>, look: StillLook): Evidence[] {
  const { members } = look;
  const borneMs = ({ state }: MemberRecord): number => (state === 'T' ? tolerate.stoppedSeconds : tolerate.uninterruptibleSeconds) * 1000;
  if (members.every((member) => isStillFor(member, borneMs(member)))) return describeStill(members);
  const unansweredMs = tolerate.stoppedUnansweredSeconds * 1000;
  if (!members.every((member) => member.still.isWholeService && isStillFor(member, unansweredMs))) return [];
  const unanswered = whoWaits(look, Math.max(LEAST_WAIT_MS, unansweredMs));
  return unanswered.length > 0 ? [...describeStill(members), ...unanswered] : [];
}

/** What says that not one of these processes runs, however long that is known for; empty: one may. */
export function whollyStopped(members: readonly MemberRecord[]): Evidence[] {
  return members.every(({ state }) => state === 'T') ? describeStill(members) : [];
}

function isStillFor({ still }: MemberRecord, ms: number): boolean {
  return still.looks >= LOOKS_TO_BELIEVE && still.forMs >= ms - SLACK_MS;
}

function describeStill(members: readonly MemberRecord[]): Evidence[] {
  return (['T', 'D'] as const).flatMap((letter): Evidence[] => {
    const these = members.filter(({ state }) => state === letter);
    return these.length === 0 ? [] : [{ kind: letter === 'T' ? 'stopped' : 'uninterruptible', processes: these.length, forMs: shortestMs(these) }];
  });
}

function shortestMs(members: readonly MemberRecord[]): number {
  return members.reduce((least, { still }) => Math.min(least, still.forMs), Infinity);
}

/** Connections of which nobody has accepted one for so long, and probes that had been answered and failed since the app is seen to be stopped. */
function whoWaits({ atMs, ranMs, members, queues, probes }: StillLook, waitMs: number): Evidence[] {
  const stoppedAtMs = atMs - shortestMs(members);
  const waiting = queues.filter(({ looks, sinceMs }) => looks >= LOOKS_TO_BELIEVE && ranMs - sinceMs >= waitMs - SLACK_MS);
  const failed = probes.filter((probe) => probe.failures > 0 && probe.hasAnswered && probe.beganMs >= stoppedAtMs);
  return [
    ...waiting.map(({ address, port, backlog, sinceMs }): Evidence => ({ kind: 'waiting', address, port, connections: backlog, forMs: ranMs - sinceMs })),
    ...failed.map(({ name, failures, error }): Evidence => ({ kind: 'probe', probe: name, failures, error })),
  ];
}
