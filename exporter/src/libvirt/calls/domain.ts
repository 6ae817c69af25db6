import { decodeNothing, type Call } from '../call.ts';
import { readDomain, writeDomain, type DomainRef } from '../domain-ref.ts';
import { readParameters, type Parameters } from '../typed-parameters.ts';
import type { XdrReader } from '../xdr.ts';

const DISK_ERRORS_MAX = 256;
const JOB_STATS_MAX = 64;
const BLOCK_STATS_MAX = 16;

interface OfDomain {
  domain: DomainRef;
}
interface OfDomainWithFlags extends OfDomain {
  flags?: number;
}

/** A call `(domain)`. */
function ofDomain<Result>(name: string, procedure: number, decode: (reader: XdrReader) => Result): Call<OfDomain, Result> {
  return { name, procedure, encode: (writer, args) => writeDomain(writer, args.domain), decode };
}

/** A call `(domain, flags)`. */
function ofDomainWithFlags<Result>(
  name: string,
  procedure: number,
  decode: (reader: XdrReader) => Result,
): Call<OfDomainWithFlags, Result> {
  return {
    name,
    procedure,
    encode(writer, args) {
      writeDomain(writer, args.domain);
      writer.uint(args.flags ?? 0);
    },
    decode,
  };
}

export const lookupDomainByUuid: Call<{ uuid: string }, DomainRef> = {
  name: 'domainLookupByUUID',
  procedure: 24,
  encode: (writer, args) => writer.uuid(args.uuid),
  decode: readDomain,
};

export const lookupDomainByName: Call<{ name: string }, DomainRef> = {
  name: 'domainLookupByName',
  procedure: 23,
  encode: (writer, args) => writer.string(args.name),
  decode: readDomain,
};

/** The definition. `flags`: of `XmlFlag`; SECURE shows secrets and is refused on a read-only connection. */
export const getDomainXml = ofDomainWithFlags('domainGetXMLDesc', 14, (reader) => reader.string());

/** `virDomainMetadataType`, without title and description. */
const METADATA_ELEMENT = 2;

/**
 * The element of a namespace in the domain's metadata, without the namespace; of the running instance where there is one. A domain without
 * it is the error NO_DOMAIN_METADATA. `flags`: as of `virDomainModificationImpact`.
 */
export const getDomainMetadata: Call<OfDomainWithFlags & { namespace: string }, string> = {
  name: 'domainGetMetadata',
  procedure: 265,
  encode(writer, args) {
    writeDomain(writer, args.domain);
    writer.int(METADATA_ELEMENT).optionalString(args.namespace).uint(args.flags ?? 0);
  },
  decode: (reader) => reader.string(),
};

/** `state` of `DomainState`, `reason` of that state's reasons; see `reasonName`. */
export const getDomainState = ofDomainWithFlags('domainGetState', 212, (reader) => ({
  state: reader.int(),
  reason: reader.int(),
}));

/** Memory in KiB, CPU time in nanoseconds. */
export const getDomainInfo = ofDomain('domainGetInfo', 16, (reader) => ({
  state: reader.uint(),
  maxMemoryKib: reader.uhyper(),
  memoryKib: reader.uhyper(),
  vcpus: reader.uint(),
  cpuTimeNanoseconds: reader.uhyper(),
}));

export const isDomainActive = ofDomain('domainIsActive', 150, (reader) => reader.bool());
export const isDomainPersistent = ofDomain('domainIsPersistent', 151, (reader) => reader.bool());
export const hasManagedSaveImage = ofDomainWithFlags('domainHasManagedSaveImage', 183, (reader) => reader.bool());
export const getDomainAutostart = ofDomain('domainGetAutostart', 15, (reader) => reader.bool());

export const setDomainAutostart: Call<OfDomain & { autostart: boolean }, void> = {
  name: 'domainSetAutostart',
  procedure: 29,
  encode(writer, args) {
    writeDomain(writer, args.domain);
    writer.int(args.autostart ? 1 : 0);
  },
  decode: decodeNothing,
};

/** Defines or redefines. `flags`: of `DefineFlag`. */
export const defineDomain: Call<{ xml: string; flags?: number }, DomainRef> = {
  name: 'domainDefineXMLFlags',
  procedure: 350,
  encode: (writer, args) => writer.string(args.xml).uint(args.flags ?? 0),
  decode: readDomain,
};

/** `flags`: of `UndefineFlag`. */
export const undefineDomain = ofDomainWithFlags('domainUndefineFlags', 231, decodeNothing);

/** Starts a defined domain; the answer has its new id. `flags`: of `StartFlag`. */
export const startDomain = ofDomainWithFlags('domainCreateWithFlags', 196, readDomain);

/** Starts a transient domain from its definition. `flags`: of `StartFlag`. */
export const createDomain: Call<{ xml: string; flags?: number }, DomainRef> = {
  name: 'domainCreateXML',
  procedure: 10,
  encode: (writer, args) => writer.string(args.xml).uint(args.flags ?? 0),
  decode: readDomain,
};

/** Ends the instance at once, as if its power were cut. `flags`: of `DestroyFlag`. */
export const destroyDomain = ofDomainWithFlags('domainDestroyFlags', 234, decodeNothing);

/** Asks the guest to shut down; answered when it was asked, not when it is off. `flags`: of `ShutdownFlag`. */
export const shutdownDomain = ofDomainWithFlags('domainShutdownFlags', 258, decodeNothing);

export const suspendDomain = ofDomain('domainSuspend', 34, decodeNothing);
export const resumeDomain = ofDomain('domainResume', 28, decodeNothing);
export const resetDomain = ofDomainWithFlags('domainReset', 245, decodeNothing);

/** `state` of `ControlState`, `details` of `ControlErrorReason` where the state is ERROR. */
export const getDomainControlInfo = ofDomainWithFlags('domainGetControlInfo', 229, (reader) => ({
  state: reader.uint(),
  details: reader.uint(),
  stateTimeMilliseconds: reader.uhyper(),
}));

/** Disks with an I/O error; `error` of `DiskError`. Only for a domain that runs or is paused. */
export const getDomainDiskErrors: Call<OfDomainWithFlags, { disk: string; error: number }[]> = {
  name: 'domainGetDiskErrors',
  procedure: 263,
  encode(writer, args) {
    writeDomain(writer, args.domain);
    writer.uint(DISK_ERRORS_MAX).uint(args.flags ?? 0);
  },
  decode(reader) {
    const errors = reader.array(DISK_ERRORS_MAX, 8, (item) => ({ disk: item.string(), error: item.int() }));
    reader.int();
    return errors;
  },
};

/** The running job, e.g. a migration. `type` of `JobType`: NONE where there is none. `flags`: of `JobStatsFlag`. */
export const getDomainJobStats: Call<OfDomainWithFlags, { type: number; params: Parameters }> = ofDomainWithFlags(
  'domainGetJobStats',
  298,
  (reader) => ({ type: reader.int(), params: readParameters(reader, JOB_STATS_MAX) }),
);

/** Counters of one disk, e.g. `rd_operations`, `wr_bytes`. `path`: the disk's target or source; empty: all disks together. */
export const getDomainBlockStats: Call<OfDomainWithFlags & { path: string }, Parameters> = {
  name: 'domainBlockStatsFlags',
  procedure: 243,
  encode(writer, args) {
    writeDomain(writer, args.domain);
    writer.string(args.path).int(BLOCK_STATS_MAX).uint(args.flags ?? 0);
  },
  decode(reader) {
    const params = readParameters(reader, BLOCK_STATS_MAX);
    reader.int();
    return params;
  },
};
