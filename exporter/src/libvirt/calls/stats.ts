import type { Call } from '../call.ts';
import { DOMAIN_LEAST_BYTES, DOMAIN_LIST_MAX, readDomain, writeDomain, type DomainRef } from '../domain-ref.ts';
import { readParameters, type Parameters } from '../typed-parameters.ts';

/** Most parameters of one domain (REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX). */
const PARAMETERS_MAX = 262_144;

/** One domain's statistics, by the field names of `virConnectGetAllDomainStats`. */
export interface StatsRecord {
  domain: DomainRef;
  params: Parameters;
}

/**
 * Statistics of many domains. `domains`: these only; without it, or empty, all that the filter flags allow. `groups`:
 * of `StatsGroup`, 0 for all. `flags`: of `StatsFlag`. Groups that a domain does not support are left out unless
 * ENFORCE_STATS; with NOWAIT, fields that would need a busy monitor are left out.
 */
export const getAllDomainStats: Call<{ domains?: readonly DomainRef[]; groups?: number; flags?: number }, StatsRecord[]> = {
  name: 'connectGetAllDomainStats',
  procedure: 344,
  encode(writer, args) {
    writer.array(args.domains ?? [], DOMAIN_LIST_MAX, writeDomain);
    writer.uint(args.groups ?? 0).uint(args.flags ?? 0);
  },
  decode: (reader) =>
    reader.array(DOMAIN_LIST_MAX, DOMAIN_LEAST_BYTES + 4, (item) => ({
      domain: readDomain(item),
      params: readParameters(item, PARAMETERS_MAX),
    })),
};
