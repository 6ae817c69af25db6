/** Follows one fault from outside until its recovery has ended and the guest serves again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncidentRecord } from '../../exporter/src/history/store.ts';
import type { Guest, GuestStatus } from '../lab/lab.ts';
import type { Api } from '../stack/api.ts';
import { factsOf } from './facts.ts';
import type { Fact } from './facts.ts';
import { untilServing } from './serving.ts';
import type { Broken } from './serving.ts';

export interface Followed {
  /** Null: not within the limit. */
  servingAtMs: number | null;
  /** Null: not within the limit. */
  verifiedAtMs: number | null;
  /** True: virtmedic ended it as recovered, and the guest serves with the disk that it had: booted anew, or, where an app broke, as it ran. */
  recovered: boolean;
}

export interface FollowOptions {
  api: Api;
  guest: Guest;
  broken: Broken;
  /** What the guest said before the fault. */
  before: GuestStatus;
  /** Wall clock. */
  faultAtMs: number;
  limitMs: number;
  /** Called once for each fact, in order as far as they become known in order. */
  onFact(fact: Fact): void;
}

const POLL_MS = 200;

export async function follow(options: FollowOptions): Promise<Followed> {
  const { faultAtMs, limitMs, onFact } = options;
  const told = new Set<string>();
  const tell = (fact: Fact): void => {
    const key = JSON.stringify(fact);
    if (!told.has(key)) onFact(fact);
    told.add(key);
  };
  const classes = new Map<string, string>();
  /** Once for each incident, with the class that it has at first: it may be refined later. */
  const opened = ({ id, fault, openedAtMs }: IncidentRecord): void => {
    if (!classes.has(id)) classes.set(id, fault);
    tell({ atMs: openedAtMs, what: 'seen', text: `incident opened: ${classes.get(id)}` });
  };
  const stop = new AbortController();
  const serving = untilServing({ ...options, tell, signal: stop.signal });
  let ended: IncidentRecord | null = null;
  while (ended === null && Date.now() < faultAtMs + limitMs) {
    ended = await tellNews(options, opened, tell);
    await sleep(POLL_MS);
  }
  const patience = setTimeout(() => stop.abort(), Math.max(0, faultAtMs + limitMs - Date.now()));
  const servingAtMs = await serving;
  clearTimeout(patience);
  const recovered = ended?.outcome === 'recovered';
  return { servingAtMs, verifiedAtMs: recovered ? (ended?.closedAtMs ?? null) : null, recovered: recovered && servingAtMs !== null };
}

/** Tells what is new of the guest's incidents since the fault. Returns the one that was the end of it. */
async function tellNews(
  { api, guest, faultAtMs }: FollowOptions,
  opened: (incident: IncidentRecord) => void,
  tell: (fact: Fact) => void,
): Promise<IncidentRecord | null> {
  const incidents = await api.recoveries({ domain: guest.uuid, from: new Date(faultAtMs - CLOCK_SLACK_MS).toISOString() });
  const records = await Promise.all(incidents.map(({ id }) => api.recovery(id)));
  for (const { incident } of records) opened(incident);
  for (const fact of records.flatMap(factsOf).sort((one, other) => one.atMs - other.atMs)) tell(fact);
  return records.map(({ incident }) => incident).find(({ outcome, state }) => outcome === 'recovered' || state === 'escalated') ?? null;
}

/** An incident may be opened in the very millisecond of the fault. */
const CLOCK_SLACK_MS = 5;
