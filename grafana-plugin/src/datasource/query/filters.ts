import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';
import type { Recovery } from '../../api/types';
import type { VirtmedicQuery } from '../types';

/** By key, the values of which any may be; none: every recovery. */
export interface Filters {
  host: string[];
  domain: string[];
  app: string[];
  fault: string[];
  outcome: string[];
}

/** What stands for all values: of variables with «All», and in what people write. */
const ALL = new Set(['', '*', '.*', '.+', '$__all']);
/** Can be in no name; a control character is refused by libvirt. */
const SEPARATOR = '\u001f';

/** Filters of a query with its template variables replaced; of a variable with several values, each is one. */
export function filtersOf(
  query: Partial<VirtmedicQuery>,
  scopedVars: ScopedVars,
  templates: Pick<TemplateSrv, 'replace'>
): Filters {
  const values = (given: unknown) => valuesOf(given, scopedVars, templates);
  return {
    host: values(query.host),
    domain: values(query.domain),
    app: values(query.app),
    fault: values(query.fault),
    outcome: values(query.outcome),
  };
}

/** Values of one filter; `{a,b}` is any of both. */
export function valuesOf(given: unknown, scopedVars: ScopedVars, templates: Pick<TemplateSrv, 'replace'>): string[] {
  if (typeof given !== 'string') {
    return [];
  }
  const joined = (value: unknown) => [value].flat().map(String).join(SEPARATOR);
  const text = templates.replace(given, scopedVars, joined).trim();
  const list = /^\{(.*)\}$/s.exec(text)?.[1]?.split(',') ?? text.split(SEPARATOR);
  const values = [...new Set(list.map((value) => value.trim()))];
  return values.some((value) => ALL.has(value)) ? [] : values;
}

/** As virtmedic filters: a domain, with its apps, by name or UUID. */
export function matches({ host, domain, app, fault, outcome }: Filters, { target, ...recovery }: Recovery): boolean {
  return (
    isAny(host, target.host) &&
    (domain.length === 0 ||
      (target.kind !== 'host' && (domain.includes(target.name) || isAny(lowered(domain), target.uuid)))) &&
    isAny(app, target.kind === 'app' ? target.app : '') &&
    isAny(fault, recovery.fault) &&
    isAny(outcome, recovery.outcome ?? '')
  );
}

function lowered(values: readonly string[]): string[] {
  return values.map((value) => value.toLowerCase());
}

function isAny(values: readonly string[], value: string): boolean {
  return values.length === 0 || values.includes(value);
}
