/**
 * Everything perception tells the recovery loop. The view already holds the news when an event is emitted.
 * `atMs` is the wall clock at which this process learnt of it: libvirt's events carry no time of their own.
 */
import type { Health, Stop } from '../policy/types.ts';
import type { DomainSighting, HostObservation } from './view.ts';

/** libvirt's lifecycle events (virDomainEventType). */
export const LIFECYCLE_CHANGES = [
  'defined',
  'undefined',
  'started',
  'suspended',
  'resumed',
  'stopped',
  'shutdown',
  'pmsuspended',
  'crashed',
] as const;
export type LifecycleChange = (typeof LIFECYCLE_CHANGES)[number];

/** What every event about one domain carries: where it was seen. */
export interface DomainNews {
  host: string;
  uuid: string;
  name: string;
  atMs: number;
}

/** The connection to a host changed its state. `unreachable` says nothing about the host's domains. */
export interface HostStateEvent {
  kind: 'host_state';
  host: string;
  atMs: number;
  state: HostObservation['state'];
  previous: HostObservation['state'];
  error: string | null;
}

/** One complete listing of one host is in the view; a timed-out or failed listing emits nothing. Follows the listing's `domain_listed*`. */
export interface ListingCompleteEvent {
  kind: 'listing_complete';
  host: string;
  atMs: number;
  /** Domains on that host, stopped ones too. */
  domains: number;
  /** True: the first listing of this process or after a reconnect; events may have been missed before it. */
  afterConnect: boolean;
}

/** First listing in which this process sees the domain on this host: the moment for the rule of desired state. */
export interface DomainListedEvent extends DomainNews {
  kind: 'domain_listed';
  sighting: DomainSighting;
}

/** A listing differs from what was known, and no event had said so. */
export interface DomainListedChangeEvent extends DomainNews {
  kind: 'domain_listed_change';
  previous: DomainSighting;
  /** Null: it is no longer in the listing of this host. */
  sighting: DomainSighting | null;
}

export interface DomainLifecycleEvent extends DomainNews {
  kind: 'domain_lifecycle';
  change: LifecycleChange;
  /** libvirt's detail in lower case, e.g. `booted`, `failed`, `destroyed`, `added`, `ioerror`; `detail-9` when unknown. */
  detail: string;
  /** How it stopped; only with `stopped`. */
  stop: Stop | null;
}

/** The guest rebooted; the same QEMU goes on. */
export interface DomainRebootedEvent extends DomainNews {
  kind: 'domain_rebooted';
}

export interface DomainWatchdogEvent extends DomainNews {
  kind: 'domain_watchdog';
  /** What QEMU did: `none`, `pause`, `reset`, `poweroff`, `shutdown`, `debug`, `inject-nmi`. */
  action: string;
}

export interface DomainIoErrorEvent extends DomainNews {
  kind: 'domain_io_error';
  /** `none`, `pause`, `report`. */
  action: string;
  path: string;
  device: string;
  /** `enospc` or empty. */
  reason: string;
}

export interface DomainPanickedEvent extends DomainNews {
  kind: 'domain_panicked';
}

/** libvirt lost the monitor of a running domain: it can no longer be observed or controlled. */
export interface ControlErrorEvent extends DomainNews {
  kind: 'control_error';
}

export interface ProbeChangeEvent extends DomainNews {
  kind: 'probe_change';
  /** E.g. `http http://10.0.0.5/health`, `tcp 10.0.0.5:22`. */
  probe: string;
  /** `failed`: as many consecutive failures as configured. */
  state: 'answering' | 'failed';
  /** Consecutive failures. */
  failures: number;
  /** The last failure; null when answering. */
  error: string | null;
}

/** The health of a running domain as `View.observed` gives it changed. */
export interface DomainHealthEvent extends DomainNews {
  kind: 'domain_health';
  health: Health;
  evidence: string[];
}

/**
 * The forecast of a target crossed the limits of `prediction.alarm`, in either direction. The ForecastView already says so when
 * this is emitted. A forecast that ends while its target is failing is told with `failing: false` too.
 */
export interface ForecastChangeEvent {
  kind: 'forecast_change';
  target: { kind: 'domain'; uuid: string } | { kind: 'host'; host: string };
  failing: boolean;
  atMs: number;
}

export type PerceptionEvent =
  | HostStateEvent
  | ListingCompleteEvent
  | DomainListedEvent
  | DomainListedChangeEvent
  | DomainLifecycleEvent
  | DomainRebootedEvent
  | DomainWatchdogEvent
  | DomainIoErrorEvent
  | DomainPanickedEvent
  | ControlErrorEvent
  | ProbeChangeEvent
  | DomainHealthEvent
  | ForecastChangeEvent;

export const PERCEPTION_EVENT_KINDS = [
  'host_state',
  'listing_complete',
  'domain_listed',
  'domain_listed_change',
  'domain_lifecycle',
  'domain_rebooted',
  'domain_watchdog',
  'domain_io_error',
  'domain_panicked',
  'control_error',
  'probe_change',
  'domain_health',
  'forecast_change',
] as const satisfies readonly PerceptionEvent['kind'][];
