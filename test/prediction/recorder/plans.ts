import { KINDS, KIND_NAMES } from '../trace/kinds.ts';
import type { KindName, Split } from '../trace/kinds.ts';
import { REAL_PACE } from './scenario.ts';
import type { Pace } from './scenario.ts';

export interface Assignment {
  kind: KindName;
  split: Split;
}

export interface Plan {
  about: string;
  /** One guest each, for the whole recording. */
  healthy: readonly Assignment[];
  /** So many guests at once take the next of `failing`, around and around. */
  failingAtOnce: number;
  failing: readonly Assignment[];
  /** Of them so many may take a whole processor at once. */
  hungryAtOnce: number;
  pace: Omit<Pace, 'healthySeconds'>;
}

/** Of twelve healthy guests: most machines do little most of the time. */
const HEALTHY_MIX: readonly KindName[] = [
  'idle', 'daily-pattern', 'batch', 'reboot', 'migration', 'idle', 'backup', 'daily-pattern', 'flash-crowd', 'idle', 'reboot', 'migration',
];

/** Five sixths go to the test, whose false alarms are counted in machine-days. */
export function healthyGuests(count: number): Assignment[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: HEALTHY_MIX[index % HEALTHY_MIX.length] ?? 'idle',
    split: (index + 4 * Math.floor(index / HEALTHY_MIX.length)) % 6 === 0 ? 'training' : 'test',
  }));
}

const FAILING_KINDS = KIND_NAMES.filter((kind) => KINDS[kind].health === 'failing');

/** Every failing kind once for each split that may hold it, and one that is killed for the test. */
export const FAILING_ROUND: readonly Assignment[] = [
  ...FAILING_KINDS.map((kind) => ({ kind, split: 'test' as const })),
  ...FAILING_KINDS.filter((kind) => !KINDS[kind].testOnly).map((kind) => ({ kind, split: 'training' as const })),
  { kind: 'kill', split: 'test' },
];

const ONE_OF_EACH = KIND_NAMES.filter((kind) => KINDS[kind].health === 'healthy').map((kind) => ({ kind, split: 'test' as const }));

export const PLANS: Readonly<Record<string, Plan>> = {
  mixed: { about: '18 healthy guests, and 12 at once that fail', healthy: healthyGuests(18), failingAtOnce: 12, failing: FAILING_ROUND, hungryAtOnce: 1, pace: REAL_PACE },
  healthy: { about: '48 healthy guests', healthy: healthyGuests(48), failingAtOnce: 0, failing: [], hungryAtOnce: 1, pace: REAL_PACE },
  failing: { about: '8 guests at once that fail, and nothing else: those that take the processor have one', healthy: [], failingAtOnce: 8, failing: FAILING_ROUND, hungryAtOnce: 1, pace: REAL_PACE },
  practice: {
    about: '10 guests at once that fail, for training alone: to work on the method',
    healthy: [], failingAtOnce: 10, failing: FAILING_ROUND.filter(({ split }) => split === 'training'), hungryAtOnce: 1, pace: REAL_PACE,
  },
  sample: {
    about: 'every kind, in haste: shows that all of them work, no material for the proof',
    healthy: ONE_OF_EACH, failingAtOnce: 8, failing: FAILING_ROUND.filter(({ split }) => split === 'test'), hungryAtOnce: 2,
    pace: { baselineSeconds: [40, 60], haste: 4 },
  },
  smallest: {
    about: 'one guest that idles and one that is killed again and again, in haste: shows that recording works',
    healthy: [{ kind: 'idle', split: 'test' }], failingAtOnce: 1, failing: [{ kind: 'kill', split: 'test' }], hungryAtOnce: 1,
    pace: { baselineSeconds: [2, 3], haste: 30 },
  },
};
