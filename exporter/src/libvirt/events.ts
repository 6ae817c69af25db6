import type { Call, CallOptions } from './call.ts';
import { decodeNothing } from './call.ts';
import { lifecycleDetailName, lifecycleEventName, type LifecycleDetailName, type LifecycleEventName } from './codes.ts';
import type { Connection } from './connection.ts';
import { EventId, IoErrorAction, WatchdogAction } from './constants/event-codes.ts';
import { nameOf, type NameOf } from './constants/names.ts';
import { readDomain, writeDomain, type DomainRef } from './domain-ref.ts';
import type { XdrReader } from './xdr.ts';

/** What libvirt reports of itself. Names are libvirt's own; `code N` for one that a newer libvirt may send. */
export type DomainEvent =
  | { kind: 'lifecycle'; domain: DomainRef; event: LifecycleEventName; detail: LifecycleDetailName; eventCode: number; detailCode: number }
  | { kind: 'reboot'; domain: DomainRef }
  | { kind: 'watchdog'; domain: DomainRef; action: NameOf<typeof WatchdogAction> }
  | {
      kind: 'ioError';
      domain: DomainRef;
      sourcePath: string;
      deviceAlias: string;
      action: NameOf<typeof IoErrorAction>;
      /** `enospc`, or empty where the hypervisor says no more. */
      reason: string;
    }
  /** The daemon's way to the hypervisor of this domain is broken; it has to be restarted to be managed again. */
  | { kind: 'controlError'; domain: DomainRef };

export type DomainEventKind = DomainEvent['kind'];

interface EventKind {
  id: number;
  /** Procedure of the message (`remote_protocol.x`). */
  procedure: number;
  decode(reader: XdrReader, domain: DomainRef): DomainEvent;
}

const KINDS: Record<DomainEventKind, EventKind> = {
  lifecycle: {
    id: EventId.LIFECYCLE,
    procedure: 318,
    decode(reader, domain) {
      const eventCode = reader.int();
      const detailCode = reader.int();
      const detail = lifecycleDetailName(eventCode, detailCode);
      return { kind: 'lifecycle', domain, event: lifecycleEventName(eventCode), detail, eventCode, detailCode };
    },
  },
  reboot: { id: EventId.REBOOT, procedure: 319, decode: (_reader, domain) => ({ kind: 'reboot', domain }) },
  watchdog: {
    id: EventId.WATCHDOG,
    procedure: 321,
    decode: (reader, domain) => ({ kind: 'watchdog', domain, action: nameOf(WatchdogAction, reader.int()) }),
  },
  ioError: {
    id: EventId.IO_ERROR_REASON,
    procedure: 324,
    decode: (reader, domain) => ({
      kind: 'ioError',
      domain,
      sourcePath: reader.string(),
      deviceAlias: reader.string(),
      action: nameOf(IoErrorAction, reader.int()),
      reason: reader.string(),
    }),
  },
  controlError: {
    id: EventId.CONTROL_ERROR,
    procedure: 325,
    decode: (_reader, domain) => ({ kind: 'controlError', domain }),
  },
};

export const DOMAIN_EVENT_KINDS = Object.keys(KINDS) as DomainEventKind[];

const deregister: Call<{ callbackId: number }, void> = {
  name: 'connectDomainEventCallbackDeregisterAny',
  procedure: 317,
  encode: (writer, args) => writer.int(args.callbackId),
  decode: decodeNothing,
};

/** `onRegistered` runs while the answer is decoded, so that an event right behind the answer finds its listener. */
function register(onRegistered: (callbackId: number) => void): Call<{ id: number; domain: DomainRef | null }, number> {
  return {
    name: 'connectDomainEventCallbackRegisterAny',
    procedure: 316,
    encode(writer, { id, domain }) {
      writer.int(id).uint(domain === null ? 0 : 1);
      if (domain !== null) writeDomain(writer, domain);
    },
    decode(reader) {
      const callbackId = reader.int();
      onRegistered(callbackId);
      return callbackId;
    },
  };
}

type Listener = (event: DomainEvent) => void;

/** Listeners of a connection by the daemon's callback number. */
const listenersOf = new WeakMap<Connection, Map<number, Listener>>();

function listeners(connection: Connection): Map<number, Listener> {
  const known = listenersOf.get(connection);
  if (known !== undefined) return known;
  const fresh = new Map<number, Listener>();
  listenersOf.set(connection, fresh);
  for (const kind of Object.values(KINDS)) {
    connection.setMessageHandler(kind.procedure, (reader) => {
      const callbackId = reader.int();
      const domain = readDomain(reader);
      const event = kind.decode(reader, domain);
      reader.end();
      const listener = fresh.get(callbackId);
      // A listener's error is its owner's, not the connection's.
      if (listener !== undefined) queueMicrotask(() => listener(event));
    });
  }
  return fresh;
}

export interface SubscribeOptions extends CallOptions {
  /** Default: all kinds. */
  kinds?: readonly DomainEventKind[];
  /** Default: all domains. */
  domain?: DomainRef;
}

/**
 * Has the daemon report events on this connection, in their order, until unsubscribed or the connection ends. Nothing is
 * replayed: what happened before, or between two connections, has to be looked for by listing.
 *
 * @returns unsubscribes; harmless on a connection that has ended
 * @throws as `Caller.call`; nothing stays registered then
 */
export async function subscribeDomainEvents(
  connection: Connection,
  listener: Listener,
  options: SubscribeOptions = {},
): Promise<() => Promise<void>> {
  const byCallback = listeners(connection);
  const callOptions = options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs };
  const registered: number[] = [];
  const call = register((callbackId) => {
    registered.push(callbackId);
    byCallback.set(callbackId, listener);
  });

  const unsubscribe = async (): Promise<void> => {
    const callbackIds = registered.splice(0);
    for (const callbackId of callbackIds) byCallback.delete(callbackId);
    if (connection.closeError !== null) return;
    await Promise.allSettled(callbackIds.map((callbackId) => connection.call(deregister, { callbackId }, callOptions)));
  };

  const domain = options.domain ?? null;
  const kinds = options.kinds ?? DOMAIN_EVENT_KINDS;
  const results = await Promise.allSettled(kinds.map((kind) => connection.call(call, { id: KINDS[kind].id, domain }, callOptions)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await unsubscribe();
    throw failed.reason;
  }
  return unsubscribe;
}
