/** Queries of the dashboards that need not return data in the lab, each with its reason. Everything else must. */
import { nameOf } from './dashboard-queries.ts';
import type { DashboardQuery } from './dashboard-queries.ts';

/** By name; the reason is for people. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'overview / Hosts / C': 'empty while every host is heard: the lab does not take a host away',
  'host / Network / A': 'only of the host on which virtmedic itself runs, and it reaches those of the lab as others: libvirt has no such counters',
  'host / Disks / A': 'as its network',
  'overview / Recovery history / B': 'only from 10 % on, and the guests of the lab are well: those of host and domain show all',
  'overview / Last training / A': 'models are trained at night and each hour, the lab lasts minutes',
  'overview / Trainings in this range / A': 'as the last training',
  'overview / Recoveries in this range / B': 'no recovery of the lab fails',
  'overview / Recoveries in this range / C': 'no recovery of the lab is escalated',
};

/** Null: it must return data. */
export function exceptionOf(query: DashboardQuery): string | null {
  return EXCEPTIONS[nameOf(query)] ?? null;
}

/** Names in the list that no dashboard has: the list is out of date. */
export function staleExceptions(queries: readonly DashboardQuery[]): string[] {
  const names = new Set(queries.map(nameOf));
  return Object.keys(EXCEPTIONS).filter((name) => !names.has(name));
}
