import { decodeNothing, encodeNothing, type Call, type NoArgs } from '../call.ts';
import { DOMAIN_LEAST_BYTES, DOMAIN_LIST_MAX, readDomain, type DomainRef } from '../domain-ref.ts';

const AUTH_TYPE_LIST_MAX = 20;

/** What the daemon asks for: 0 none, 1 SASL, 2 polkit. */
export const getAuthTypes: Call<NoArgs, number[]> = {
  name: 'authList',
  procedure: 66,
  encode: encodeNothing,
  decode: (reader) => reader.array(AUTH_TYPE_LIST_MAX, 4, (item) => item.int()),
};

/** `flags`: 1 read-only. */
export const connectOpen: Call<{ uri: string; flags: number }, void> = {
  name: 'connectOpen',
  procedure: 1,
  encode: (writer, args) => writer.optionalString(args.uri).uint(args.flags),
  decode: decodeNothing,
};

export const connectClose: Call<NoArgs, void> = {
  name: 'connectClose',
  procedure: 2,
  encode: encodeNothing,
  decode: decodeNothing,
};

/** `feature`: a number of libvirt's `virDrvFeature`. */
export const supportsFeature: Call<{ feature: number }, boolean> = {
  name: 'connectSupportsFeature',
  procedure: 60,
  encode: (writer, args) => writer.int(args.feature),
  decode: (reader) => reader.bool(),
};

/** Driver's name, e.g. `QEMU`. */
export const getType: Call<NoArgs, string> = {
  name: 'connectGetType',
  procedure: 3,
  encode: encodeNothing,
  decode: (reader) => reader.string(),
};

/** The hypervisor's version, major * 1,000,000 + minor * 1,000 + release. */
export const getVersion: Call<NoArgs, number> = {
  name: 'connectGetVersion',
  procedure: 4,
  encode: encodeNothing,
  decode: (reader) => reader.uhyper(),
};

/** The daemon's version, as in {@link getVersion}. */
export const getLibVersion: Call<NoArgs, number> = {
  name: 'connectGetLibVersion',
  procedure: 157,
  encode: encodeNothing,
  decode: (reader) => reader.uhyper(),
};

export const getHostname: Call<NoArgs, string> = {
  name: 'connectGetHostname',
  procedure: 59,
  encode: encodeNothing,
  decode: (reader) => reader.string(),
};

/** The URI as the daemon sees it. */
export const getUri: Call<NoArgs, string> = {
  name: 'connectGetUri',
  procedure: 110,
  encode: encodeNothing,
  decode: (reader) => reader.string(),
};

/** XML. */
export const getCapabilities: Call<NoArgs, string> = {
  name: 'connectGetCapabilities',
  procedure: 7,
  encode: encodeNothing,
  decode: (reader) => reader.string(),
};

/** `flags`: of `ListDomainsFlag`; default all domains. */
export const listAllDomains: Call<{ flags?: number }, DomainRef[]> = {
  name: 'connectListAllDomains',
  procedure: 273,
  encode: (writer, args) => writer.int(1).uint(args.flags ?? 0),
  decode(reader) {
    const domains = reader.array(DOMAIN_LIST_MAX, DOMAIN_LEAST_BYTES, readDomain);
    reader.uint();
    return domains;
  },
};
