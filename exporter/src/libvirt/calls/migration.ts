import { decodeNothing, type Call } from '../call.ts';
import { writeDomain, type DomainRef } from '../domain-ref.ts';
import type { XdrReader } from '../xdr.ts';

/**
 * Live migration that the two daemons settle between themselves (peer to peer): what libvirt's own client sends for
 * `virDomainMigrateToURI3` with PEER2PEER. Answered when the migration has ended, so the deadline has to leave it the time; a
 * deadline or a lost connection does not end it.
 *
 * `destinationUri` is opened by the source's daemon, not by this client. `flags`: of `MigrateFlag`, PEER2PEER among them.
 */
export const migrateDomainToUri: Call<{ domain: DomainRef; destinationUri: string; flags: number }, void> = {
  name: 'domainMigratePerform3Params',
  procedure: 305,
  encode(writer, { domain, destinationUri, flags }) {
    writeDomain(writer, domain);
    writer.optionalString(destinationUri);
    // No parameters, and no cookie of a phase before: peer to peer, this is the only phase that a client sees.
    writer.uint(0).uint(0).uint(flags);
  },
  decode: skipCookie,
};

/** A cookie is for the next phase, which there is not. Counted bytes, as a string is. */
function skipCookie(reader: XdrReader): void {
  reader.string();
}

/** Ends the domain's job, as a migration; answered when the daemon was told, not when the job has ended. */
export const abortDomainJob: Call<{ domain: DomainRef }, void> = {
  name: 'domainAbortJob',
  procedure: 164,
  encode: (writer, { domain }) => writeDomain(writer, domain),
  decode: decodeNothing,
};
