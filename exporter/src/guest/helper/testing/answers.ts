import type { VerbTypes } from '../verbs.ts';

/** For tests: what verbs that act answer. */
export const STARTED: VerbTypes['start-process']['answer'] = { way: 'keyboard', started: 'seen', process: { pid: 40, startTimeNanoseconds: 5 }, heldMs: 10, totalMs: 20 };
export const SENT: VerbTypes['signal-process']['answer'] = { processes: [{ pid: 40, startTimeNanoseconds: 5, result: 'sent' }], pausedMs: 3 };
