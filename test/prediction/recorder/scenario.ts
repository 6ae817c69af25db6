import { randomNumbers } from '../../../exporter/src/prediction/hmm/random-model.ts';
import { isHealthyKind } from '../trace/kinds.ts';
import type { FailingKind, KindName } from '../trace/kinds.ts';
import { between, betweenPowers } from './between.ts';
import { backgroundSteps, healthySteps } from './healthy-steps.ts';
import type { Step } from './step.ts';

/** What is done to one guest, and when. The same kind, seed and length give the same scenario. */
export interface Scenario {
  kind: KindName;
  seed: number;
  about: string;
  /** In order of time. */
  steps: readonly Step[];
  /** Null for a healthy guest. */
  failure: Failure | null;
}

export interface Failure {
  /** The healthy time before, in which a baseline can be learned. */
  declineAtSeconds: number;
  decline: Decline;
  /** Without a failure by then the guest counts as one that survived. */
  giveUpAfterSeconds: number;
  /** Nobody acts for so long after the failure. */
  leaveSeconds: number;
  /** The healthy time after the restart. */
  afterSeconds: number;
}

/** `inside`: the guest's own switch; the others act from outside. Rates grow by a factor of two in `doublingSeconds`. */
export type Decline =
  | { how: 'inside'; what: 'leak' | 'leak-panic' | 'fork' | 'spin' | 'fill' | 'stop'; amount: number }
  | { how: 'throttle'; startRequestsPerSecond: number; halvingSeconds: number }
  | { how: 'flood'; page: string; startRequestsPerSecond: number; doublingSeconds: number }
  | { how: 'kill' };

export interface Pace {
  /** How long a healthy guest is recorded. */
  healthySeconds: number;
  /** Bounds of the healthy time before a decline. */
  baselineSeconds: readonly [number, number];
  /** Declines act so many times as fast. */
  haste: number;
}

export const REAL_PACE: Omit<Pace, 'healthySeconds'> = { baselineSeconds: [660, 960], haste: 1 };

export function makeScenario(kind: KindName, seed: number, pace: Pace): Scenario {
  const random = randomNumbers(seed * 7919 + hash(kind));
  if (isHealthyKind(kind)) return { kind, seed, ...healthySteps(kind, pace.healthySeconds, random), failure: null };
  const [least, most] = pace.baselineSeconds;
  const declineAtSeconds = between(random, least, most);
  const giveUpAfterSeconds = Math.round(1500 / pace.haste);
  const decline = declineOf(kind, pace.haste, random);
  const background = backgroundSteps(declineAtSeconds + giveUpAfterSeconds, kind, random);
  return {
    kind, seed, steps: background.steps,
    about: `${background.about}; decline ${JSON.stringify(decline)} after ${declineAtSeconds} s`,
    failure: { declineAtSeconds, decline, giveUpAfterSeconds, leaveSeconds: Math.ceil(30 / pace.haste), afterSeconds: Math.ceil(60 / pace.haste) },
  };
}

/** The guest has some 36 MiB of memory and 54 MiB of disk to lose; the bounds give failures within one minute to a quarter of an hour. */
function declineOf(kind: FailingKind, haste: number, random: () => number): Decline {
  const rate = (least: number, most: number): number => Math.max(1, Math.round(betweenPowers(random, least, most) * haste));
  const seconds = (least: number, most: number): number => Math.max(1, Math.round(betweenPowers(random, least, most) / haste));
  switch (kind) {
    case 'memory-leak': return { how: 'inside', what: random() < 0.7 ? 'leak' : 'leak-panic', amount: rate(40, 350) };
    case 'fork-bomb': return { how: 'inside', what: 'fork', amount: seconds(12, 90) };
    case 'runaway-cpu': return { how: 'inside', what: 'spin', amount: seconds(15, 60) };
    case 'disk-full': return { how: 'inside', what: 'fill', amount: rate(60, 500) };
    case 'slow-hang': return { how: 'inside', what: 'stop', amount: rate(150, 3000) };
    case 'io-stall': return { how: 'throttle', startRequestsPerSecond: 64, halvingSeconds: seconds(10, 100) };
    case 'network-flood': return { how: 'flood', page: '/cgi-bin/status', startRequestsPerSecond: 1, doublingSeconds: seconds(15, 150) };
    case 'kill': return { how: 'kill' };
  }
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + character.charCodeAt(0)) >>> 0;
  return value;
}
