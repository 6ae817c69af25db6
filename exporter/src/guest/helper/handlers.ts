import type { QemuProcess } from './qemu-identity.ts';
import type { LookAnswer } from './look.ts';
import type { VerbName, VerbTypes } from './verbs.ts';

/** What a verb about a domain works with. */
export interface DomainContext {
  /** Verified when the verb began; `isSame` of the finder asks again. */
  readonly qemu: QemuProcess;
  /** Aborted at the deadline, at the end of the helper's own and, for verbs that only read, when the peer has gone. What was changed is undone even then. */
  readonly signal: AbortSignal;
  /** The process is the same one still. Asked after its memory was opened: what is open then stays that process's. */
  isSameProcess(): boolean;
}

export interface ActingContext extends DomainContext {
  /** The process is the same, and no executor with a later lease came. Asked immediately before each side effect. */
  mayAct(): boolean;
  /** The guest's processors may stand still for so long, all together. */
  readonly pauseBudgetMs: number;
  /** The serial console may be used: an opt-in on top of writing. */
  readonly sysrq: boolean;
}

/** Verbs that `createDispatcher` answers by itself. */
export type OwnVerb = 'ping' | 'domains';
export type ReadingVerb = 'look';
export type ActingVerb = Exclude<VerbName, OwnVerb | ReadingVerb>;

/**
 * Does a verb. Throws `Refusal` or `ActionRefused` where it did nothing, `ActionFailed` where something may be left, `GuestError` for what the
 * guest is to blame for; of an acting verb nobody knows then what it did.
 */
export type Handler<Name extends VerbName, Context> = (asked: VerbTypes[Name]['asked'], context: Context) => Promise<VerbTypes[Name]['answer']>;

/** What does the work. A verb without a handler is refused `not-supported`. */
export type Handlers = { readonly [Name in ReadingVerb]?: Handler<Name, DomainContext> } & { readonly [Name in ActingVerb]?: Handler<Name, ActingContext> };

/** Looks into the guest of a QEMU. */
export interface GuestReader {
  /** @throws GuestError, or Refusal `domain-changed` */
  look(context: DomainContext): Promise<LookAnswer>;
}

export function readingHandlers(reader: GuestReader): Handlers {
  return { look: (_asked, context) => reader.look(context) };
}
