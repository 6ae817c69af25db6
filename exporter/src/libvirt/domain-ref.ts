import type { XdrReader, XdrWriter } from './xdr.ts';

/** A domain as libvirt names it on the wire. Calls go by the UUID; name and id are only carried along. */
export interface DomainRef {
  name: string;
  /** Canonical: lower case with hyphens. */
  uuid: string;
  /** Number of the running instance; -1 while it does not run. */
  id: number;
}

/** Bytes of the shortest domain on the wire. */
export const DOMAIN_LEAST_BYTES = 24;
/** Most domains in one list (REMOTE_DOMAIN_LIST_MAX). */
export const DOMAIN_LIST_MAX = 16_384;

export function readDomain(reader: XdrReader): DomainRef {
  return { name: reader.name(), uuid: reader.uuid(), id: reader.int() };
}

export function writeDomain(writer: XdrWriter, domain: DomainRef): void {
  writer.string(domain.name).uuid(domain.uuid).int(domain.id);
}
