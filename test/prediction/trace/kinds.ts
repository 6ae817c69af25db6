/**
 * What a recorded guest went through, and which part of the proof may see it. This table is the only place that says so: a trace does not
 * carry its split, it follows from kind and seed.
 */
export interface Kind {
  health: 'healthy' | 'failing' | 'abrupt';
  /** Kept wholly out of training. */
  testOnly: boolean;
  /** Takes a whole processor of the machine towards its end, so that few may run at once. */
  hungry: boolean;
  about: string;
}

export const KINDS = {
  'idle': { health: 'healthy', testOnly: false, hungry: false, about: 'nothing but its own counter' },
  'daily-pattern': { health: 'healthy', testOnly: false, hungry: false, about: 'load that swings with a day, real or compressed' },
  'batch': { health: 'healthy', testOnly: false, hungry: false, about: 'bursts of processor, disk and memory at regular times' },
  'flash-crowd': { health: 'healthy', testOnly: false, hungry: false, about: 'sudden network and processor load that fades' },
  'reboot': { health: 'healthy', testOnly: false, hungry: false, about: 'restarts, from inside and by power cycle' },
  'migration': { health: 'healthy', testOnly: false, hungry: false, about: 'live migrations between two hosts' },
  'backup': { health: 'healthy', testOnly: false, hungry: false, about: 'the whole disk is read and sent at times' },
  'memory-leak': { health: 'failing', testOnly: false, hungry: false, about: 'a process grows until memory ends' },
  'runaway-cpu': { health: 'failing', testOnly: false, hungry: true, about: 'more and more processes that never rest' },
  'disk-full': { health: 'failing', testOnly: false, hungry: false, about: 'files grow until no block is left' },
  'io-stall': { health: 'failing', testOnly: false, hungry: false, about: 'the storage below answers slower and slower' },
  'network-flood': { health: 'failing', testOnly: false, hungry: true, about: 'requests from outside, more and more' },
  'fork-bomb': { health: 'failing', testOnly: true, hungry: true, about: 'processes double and double' },
  'slow-hang': { health: 'failing', testOnly: true, hungry: false, about: 'everything rests for longer and longer' },
  'kill': { health: 'abrupt', testOnly: false, hungry: false, about: 'QEMU is killed without any sign before; reported apart' },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
export type HealthyKind = { [Name in KindName]: (typeof KINDS)[Name]['health'] extends 'healthy' ? Name : never }[KindName];
/** Abrupt ones too. */
export type FailingKind = Exclude<KindName, HealthyKind>;
export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];

export const SPLITS = ['training', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** Seeds of a split, both ends included. */
export const SEEDS: Readonly<Record<Split, { first: number; last: number }>> = {
  training: { first: 1, last: 4999 },
  test: { first: 5000, last: 9999 },
};

export function isKindName(text: string): text is KindName {
  return Object.hasOwn(KINDS, text);
}

export function isHealthyKind(kind: KindName): kind is HealthyKind {
  return KINDS[kind].health === 'healthy';
}

/** Undefined where the seed belongs to no split, or to one that may not see the kind. */
export function splitOf(kind: KindName, seed: number): Split | undefined {
  const split = SPLITS.find((name) => Number.isInteger(seed) && seed >= SEEDS[name].first && seed <= SEEDS[name].last);
  return split === 'training' && KINDS[kind].testOnly ? undefined : split;
}
