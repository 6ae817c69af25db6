import type { MetricFindValue, ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import type { Client } from '../../api/client';
import { FAULTS, OUTCOMES } from '../../api/vocabulary';
import { valuesOf } from '../query/filters';
import { VARIABLE_LISTS, type VariableList, type VirtmedicVariableQuery } from '../types';

/** Where faults are looked for that this version has no name for. */
const RECENT = 1000;

/** Names of hosts, or of domains or applications of any of `hosts` (none: of all), sorted, each once. */
export async function namesOf(
  client: Client,
  list: 'hosts' | 'domains' | 'apps',
  hosts: readonly string[] = [],
  signal?: AbortSignal
): Promise<string[]> {
  if (list === 'hosts') {
    return sorted((await client.hosts(signal)).items.map(({ name }) => name));
  }
  const { items } = await client.domains(hosts.length === 1 ? hosts[0] : undefined, signal);
  const shown = items.filter(({ host }) => hosts.length === 0 || hosts.includes(host));
  return sorted(shown.flatMap(({ name, apps }) => (list === 'domains' ? name : apps.map((app) => app.name))));
}

/** Fault classes: those that are known, and others that have happened. */
export async function faultsOf(client: Client, signal?: AbortSignal): Promise<string[]> {
  const { items } = await client.recoveries({ limit: RECENT }, signal);
  return [...new Set([...FAULTS, ...items.map(({ fault }) => fault).filter((fault) => fault !== '')])];
}

/** Values of a template variable. Queries written as text: `hosts`, `domains`, `domains($host)`, `apps($host)`, `faults`, `outcomes`. */
export async function variableValues(
  client: Client,
  query: VirtmedicVariableQuery | string | undefined,
  scopedVars: ScopedVars,
  templates: Pick<TemplateSrv, 'replace'>
): Promise<MetricFindValue[]> {
  const { list, host } = parseVariableQuery(query);
  return (await values(client, list, valuesOf(host, scopedVars, templates))).map((value) => ({ text: value, value }));
}

/** What a dashboard holds, also of another version or written by hand: what can't be read asks for hosts. */
export function parseVariableQuery(query: unknown): { list: VariableList; host?: string } {
  if (typeof query === 'string') {
    const [, list, host] = /^\s*(\w+)\s*(?:\((.*)\))?\s*$/.exec(query) ?? [];
    return { list: listOf(list), ...(host === undefined ? {} : { host: host.trim() }) };
  }
  const { list, host } = (query ?? {}) as Partial<VirtmedicVariableQuery>;
  return { list: listOf(list), ...(typeof host === 'string' ? { host } : {}) };
}

function listOf(given: unknown): VariableList {
  return VARIABLE_LISTS.find((list) => list === given) ?? 'hosts';
}

function values(client: Client, list: VariableList, hosts: readonly string[]): Promise<readonly string[]> {
  switch (list) {
    case 'hosts':
    case 'domains':
    case 'apps':
      return namesOf(client, list, hosts);
    case 'faults':
      return faultsOf(client);
    case 'outcomes':
      return Promise.resolve(OUTCOMES);
  }
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort((left, right) => left.localeCompare(right, undefined, { numeric: true }));
}
