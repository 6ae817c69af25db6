import type { GuestProcess } from '../processes/process.ts';
import { readText } from './fields.ts';
import type { Fields } from './fields.ts';
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

export interface ProcessListing {
  processes: GuestProcess[];
}

/** Signals that may be sent into a guest. */
export const SIGNALS = ['TERM', 'KILL', 'HUP', 'INT', 'QUIT', 'CONT', 'USR1', 'USR2'] as const;

export interface Acting {
  domain: string;
  /** Of the executor's lease. */
  generation: number;
}

/** What each verb is asked with and answers. */
export interface VerbTypes {
  ping: { asked: Record<never, never>; answer: Pong };
  domains: { asked: Record<never, never>; answer: { domains: OptedInDomain[] } };
  processes: { asked: { domain: string }; answer: ProcessListing };
  'start-process': { asked: Acting & { command: string[] }; answer: { processes: GuestProcess[] } };
  'signal-process': { asked: Acting & { pid: number; startTimeNanoseconds: number; signal: (typeof SIGNALS)[number] }; answer: Record<never, never> };
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
const MOST_WORDS = 32;
const WORD_RULE = { most: 255, pattern: /^[^\0]+$/, allowed: 'text of 1 to 255 characters' };
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
  processes: {
    summary: "Lists the processes of a domain's guest.",
    touches: "memory of the domain's QEMU, reading only; its monitor: `info mtree`, `gpa2hva`, `info registers`",
    optIn: 'read',
    isActing: false,
    mostMs: 30_000,
    read: (fields) => ({ domain: fields.text('domain', UUID_RULE) }),
  },
  'start-process': {
    summary: "Starts a command in a domain's guest, as its root.",
    touches: "memory of the domain's QEMU, reading and writing; its monitor; the undo journal",
    optIn: 'write',
    isActing: true,
    mostMs: 60_000,
    read: (fields) => ({
      ...readActing(fields),
      command: fields.list('command', 1, MOST_WORDS, (word, path) => readText(word, path, path.at(-1) === 0 ? PROGRAM_RULE : WORD_RULE)),
    }),
  },
  'signal-process': {
    summary: "Sends a signal to a process of a domain's guest, if it is still the process that was meant.",
    touches: "memory of the domain's QEMU, reading and writing; its monitor; the undo journal",
    optIn: 'write',
    isActing: true,
    mostMs: 60_000,
    read: (fields) => ({
      ...readActing(fields),
      pid: fields.integer('pid', 2, MOST_PID),
      startTimeNanoseconds: fields.integer('startTimeNanoseconds', 0, Number.MAX_SAFE_INTEGER),
      signal: fields.choice('signal', SIGNALS),
    }),
  },
};

function readActing(fields: Fields): Acting {
  return { domain: fields.text('domain', UUID_RULE), generation: fields.integer('generation', 1, MOST_GENERATION) };
}

export function isVerbName(name: string): name is VerbName {
  return Object.hasOwn(VERBS, name);
}
