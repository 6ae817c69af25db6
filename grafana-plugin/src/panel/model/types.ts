/** What the panel draws, whatever it was read from. Times are milliseconds since the epoch, lengths milliseconds. */
import type { Field } from '@grafana/data';
import type { Outcome } from '../../api/types';

/**
 * How a bar is drawn: an outcome; `in_progress`: not over; `ended`: it is over and the source does not tell how (Prometheus alone);
 * `unknown`: a word that this version does not know.
 */
export type Status = Outcome | 'in_progress' | 'ended' | 'unknown';

export const PHASES = ['detect', 'decide', 'execute', 'verify'] as const;
export interface Phase {
  name: (typeof PHASES)[number];
  startMs: number;
  endMs: number;
}

export interface RecoveryItem {
  /** Unique among the items. */
  id: string;
  /** Key of its lane. */
  lane: string;
  host: string;
  /** Empty: it is about the host. */
  domain: string;
  /** Empty: it is about the domain or host. */
  app: string;
  fault: string;
  status: Status;
  startMs: number;
  /** Null: in progress. */
  endMs: number | null;
  /** In order of time, without gaps where known; empty where the source does not tell. */
  phases: Phase[];
  /** State of an incident in progress: open, executing, verifying, escalated; else empty. */
  state: string;
  /** For people: why it ended so, or why it waits. */
  text: string;
  /** E.g. `start, restart`. */
  actions: string;
  attempts: number | null;
  alert: string;
  fromHost: string;
  toHost: string;
  acknowledgedBy: string;
  /** Forecast at detection, 0 to 1. */
  probability: number | null;
  /** Row in the frame, and its fields: for display processors, links and overrides. */
  row: number;
  fields: FieldsOfItem;
}

/** The frame's fields that carry display settings of the user; absent where the source has none. */
export interface FieldsOfItem {
  duration?: Field;
  status?: Field;
  probability?: Field;
  domain?: Field;
  host?: Field;
  fault?: Field;
}

/** A series of failure probability behind a lane: times ascending, values 0 to 1, NaN where missing. */
export interface ProbabilitySeries {
  timesMs: number[];
  values: number[];
  /** How far apart its samples are; where they are much further, the time between is a gap. */
  stepMs: number;
}

export interface Lane {
  key: string;
  host: string;
  domain: string;
  app: string;
  /** Items of the lane by start. */
  items: RecoveryItem[];
  probability: ProbabilitySeries | null;
}

export interface PanelModel {
  items: RecoveryItem[];
  lanes: Lane[];
  /** Rows left out because nothing could be made of them, with the reason of the first: said in the panel, never silently. */
  skipped: { count: number; why: string };
  /** Rows shown otherwise than given, e.g. one that ends before it starts: as a point at its start. Absent: none. */
  corrected?: { count: number; why: string };
  /** The source had more than it gave. */
  truncated: boolean;
  /** `api`: has ids whose details can be asked for; `samples`: made from range samples, times are as exact as the step. */
  source: 'api' | 'samples' | 'none';
  /** The newest recovery that ended, also outside the time range, for the empty state; null: none known. */
  last: RecoveryItem | null;
}

/** Filters set by clicking a label; several values of one key: any of them. */
export type FilterKey = 'host' | 'domain' | 'app' | 'fault' | 'status';
export type Filters = Partial<Record<FilterKey, string[]>>;
