import type { InjectionResult, ProcessName, StartResult, Way } from '../actions/index.ts';
import { readFields, readText } from './fields.ts';
import type { Fields } from './fields.ts';
import type { LookAnswer } from './look.ts';
import type { RefusalReason } from './refusal.ts';
import { UUID_RULE } from './words.ts';

export const PROTOCOL_VERSION = 1;

export interface Pong {
  protocol: number;
  /** Of the helper's process. */
  uptimeSeconds: number;
  /** Verbs that this helper can do at the moment. */
  supported: VerbName[];
  /** How often each reason was given since the start. */
  refusals: Record<RefusalReason, number>;
}

/** A domain that runs on this machine and is opted in. */
export interface OptedInDomain {
  uuid: string;
  name: string;
  read: boolean;
  write: boolean;
}

/** Signals that may be sent into a guest. */
export const SIGNALS = ['TERM', 'KILL', 'HUP', 'INT', 'QUIT', 'CONT', 'USR1', 'USR2'] as const;

export interface Acting {
  domain: string;
  /** Of the executor's lease. */
  generation: number;
}

/** A program that was started, and by which way. */
export type Started = StartResult & { way: Way };

/** What became of a process that was to be signalled: `gone` where it had ended before, or was ending. */
export interface Signalled extends ProcessName {
  result: 'sent' | 'gone';
}

/** What each verb is asked with and answers. */
export interface VerbTypes {
  ping: { asked: Record<never, never>; answer: Pong };
  domains: { asked: Record<never, never>; answer: { domains: OptedInDomain[] } };
  look: { asked: { domain: string }; answer: LookAnswer };
  'start-process': { asked: Acting & { command: string[] }; answer: Started };
  'signal-process': { asked: Acting & { processes: ProcessName[]; signal: (typeof SIGNALS)[number] }; answer: { processes: Signalled[]; pausedMs: InjectionResult['pausedMs'] } };
  'restart-unit': { asked: Acting & { unit: string; killFirst: boolean }; answer: { commands: Started[] } };
}
export type VerbName = keyof VerbTypes;

/** One row of the table of all that the helper can be asked to do. */
export interface Verb<Name extends VerbName = VerbName> {
  readonly summary: string;
  /** Everything outside of the helper's own memory that it may touch. */
  readonly touches: string;
  /** What the machine's owner must have allowed for the domain. `none`: it is about no domain in particular. */
  readonly optIn: 'none' | 'read' | 'write';
  /** It changes the guest: needs the generation of a lease, one at a time for each domain, and a rate of its own. */
  readonly isActing: boolean;
  /** Longest time that it may be given. */
  readonly mostMs: number;
  /** Reads the arguments. @throws FieldError */
  readonly read: (fields: Fields) => VerbTypes[Name]['asked'];
}

const MOST_GENERATION = Number.MAX_SAFE_INTEGER;
/** Linux's PID_MAX_LIMIT. Process 1 is never signalled: the guest's kernel would panic. */
const MOST_PID = 4_194_304;
/** Processes that one order may name. */
export const SIGNALLED_AT_ONCE = 64;
const MOST_WORDS = 32;
const WORD_RULE = { most: 255, pattern: /^[^\0]+$/, allowed: 'text of 1 to 255 characters' };
const UNIT_RULE = { most: 255, pattern: /^[\w:.@\\-]+$/, allowed: 'the name of a unit, such as nginx.service' };
const PROGRAM_RULE = { most: 255, pattern: /^\/[^\0]+$/, allowed: 'the absolute path of a program' };

export const VERBS: { readonly [Name in VerbName]: Verb<Name> } = {
  ping: {
    summary: 'Says that the helper is there, what it supports, and what it refused so far.',
    touches: 'nothing',
    optIn: 'none',
    isActing: false,
    mostMs: 5000,
    read: () => ({}),
  },
  domains: {
    summary: 'Lists the domains that run here and are opted in.',
    touches: "/proc: names, owners and command lines of QEMU's processes",
    optIn: 'none',
    isActing: false,
    mostMs: 10_000,
    read: () => ({}),
  },
  look: {
    summary: "Lists the processes of a domain's guest with their listening sockets, and says how its kernel is and what its file systems have left.",
    touches: "memory of the domain's QEMU, reading only; its monitor: `info mtree`, `gpa2hva`, `info registers`",
    optIn: 'read',
    isActing: false,
    mostMs: 30_000,
    read: (fields) => ({ domain: fields.text('domain', UUID_RULE) }),
  },
  'start-process': {
    summary: "Starts a command in a domain's guest, as its root.",
    touches: "memory of the domain's QEMU, reading and writing; its monitor and its gdb server; the undo journal",
    optIn: 'write',
    isActing: true,
    mostMs: 60_000,
    read: (fields) => ({
      ...readActing(fields),
      command: fields.list('command', 1, MOST_WORDS, (word, path) => readText(word, path, path.at(-1) === 0 ? PROGRAM_RULE : WORD_RULE)),
    }),
  },
  'signal-process': {
    summary: "Sends a signal to processes of a domain's guest, as far as they are still the processes that were meant.",
    touches: "memory of the domain's QEMU, reading and writing; its monitor and its gdb server; the undo journal",
    optIn: 'write',
    isActing: true,
    mostMs: 60_000,
    read: (fields) => ({
      ...readActing(fields),
      processes: fields.list('processes', 1, SIGNALLED_AT_ONCE, readProcessName),
      signal: fields.choice('signal', SIGNALS),
    }),
  },
  'restart-unit': {
    summary: "Restarts a unit of the systemd of a domain's guest; one that hangs is killed first.",
    touches: "memory of the domain's QEMU, reading and writing; its monitor and its gdb server; the undo journal",
    optIn: 'write',
    isActing: true,
    mostMs: 60_000,
    read: (fields) => ({ ...readActing(fields), unit: fields.text('unit', UNIT_RULE), killFirst: fields.flag('killFirst', false) }),
  },
};

function readProcessName(value: unknown, path: readonly (string | number)[]): ProcessName {
  const fields = readFields(value, path);
  const name = { pid: fields.integer('pid', 2, MOST_PID), startTimeNanoseconds: fields.integer('startTimeNanoseconds', 0, Number.MAX_SAFE_INTEGER) };
  fields.done();
  return name;
}

function readActing(fields: Fields): Acting {
  return { domain: fields.text('domain', UUID_RULE), generation: fields.integer('generation', 1, MOST_GENERATION) };
}

export function isVerbName(name: string): name is VerbName {
  return Object.hasOwn(VERBS, name);
}
