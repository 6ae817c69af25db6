import * as domain from './constants/domain-codes.ts';
import * as event from './constants/event-codes.ts';
import { nameOf, type NameOf } from './constants/names.ts';

type CodeTable = Readonly<Record<string, number>>;

const ONLY_UNKNOWN = { UNKNOWN: 0 } as const;

const REASONS: Record<number, CodeTable> = {
  [domain.DomainState.RUNNING]: domain.RunningReason,
  [domain.DomainState.PAUSED]: domain.PausedReason,
  [domain.DomainState.SHUTDOWN]: domain.ShutdownReason,
  [domain.DomainState.SHUTOFF]: domain.ShutoffReason,
  [domain.DomainState.CRASHED]: domain.CrashedReason,
};

const DETAILS: Record<number, CodeTable> = {
  [event.LifecycleEvent.DEFINED]: event.DefinedDetail,
  [event.LifecycleEvent.UNDEFINED]: event.UndefinedDetail,
  [event.LifecycleEvent.STARTED]: event.StartedDetail,
  [event.LifecycleEvent.SUSPENDED]: event.SuspendedDetail,
  [event.LifecycleEvent.RESUMED]: event.ResumedDetail,
  [event.LifecycleEvent.STOPPED]: event.StoppedDetail,
  [event.LifecycleEvent.SHUTDOWN]: event.ShutdownDetail,
  [event.LifecycleEvent.PMSUSPENDED]: event.PmSuspendedDetail,
  [event.LifecycleEvent.CRASHED]: event.CrashedDetail,
};

export type DomainStateName = NameOf<typeof domain.DomainState>;
/** A name of the reasons of some state, such as `CRASHED`, or `code N`. */
export type ReasonName =
  | NameOf<typeof domain.RunningReason>
  | NameOf<typeof domain.PausedReason>
  | NameOf<typeof domain.ShutdownReason>
  | NameOf<typeof domain.ShutoffReason>
  | NameOf<typeof domain.CrashedReason>;
export type LifecycleEventName = NameOf<typeof event.LifecycleEvent>;
/** A name of the details of some lifecycle event, such as `FAILED`, or `code N`. */
export type LifecycleDetailName =
  | NameOf<typeof event.DefinedDetail>
  | NameOf<typeof event.UndefinedDetail>
  | NameOf<typeof event.StartedDetail>
  | NameOf<typeof event.SuspendedDetail>
  | NameOf<typeof event.ResumedDetail>
  | NameOf<typeof event.StoppedDetail>
  | NameOf<typeof event.ShutdownDetail>
  | NameOf<typeof event.PmSuspendedDetail>
  | NameOf<typeof event.CrashedDetail>;

/** `RUNNING`, `SHUTOFF`, … of a number that `getDomainState` gives. */
export function stateName(state: number): DomainStateName {
  return nameOf(domain.DomainState, state);
}

/** Name of the reason of a state; the numbers of different states mean different things. */
export function reasonName(state: number, reason: number): ReasonName {
  return nameOf(REASONS[state] ?? ONLY_UNKNOWN, reason) as ReasonName;
}

/** `STARTED`, `STOPPED`, … */
export function lifecycleEventName(code: number): LifecycleEventName {
  return nameOf(event.LifecycleEvent, code);
}

/** Name of the detail of a lifecycle event; the numbers of different events mean different things. */
export function lifecycleDetailName(eventCode: number, detail: number): LifecycleDetailName {
  return nameOf(DETAILS[eventCode] ?? {}, detail) as LifecycleDetailName;
}
