import type { VerbTypes } from '../verbs.ts';

/** For tests: what verbs answer. */
export const LOOKED: VerbTypes['look']['answer'] = { version: 1, boot: 'b'.repeat(64), release: '6.1.0', banner: 'Linux version 6.1.0', processes: [], sockets: null, liveness: null, fileSystems: null };
export const STARTED: VerbTypes['start-process']['answer'] = { way: 'keyboard', started: 'seen', process: { pid: 40, startTimeNanoseconds: 5 }, heldMs: 10, totalMs: 20 };
export const SENT: VerbTypes['signal-process']['answer'] = { processes: [{ pid: 40, startTimeNanoseconds: 5, result: 'sent' }], pausedMs: 3 };
