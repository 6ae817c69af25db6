/** The Hypervisor contract over a libvirt connection. */
import type { Caller, DomainRef, ErrorCode } from '../libvirt/index.ts';
import {
  abortDomainJob,
  defineDomain,
  destroyDomain,
  getDomainInfo,
  getDomainJobStats,
  getDomainState,
  getNodeMemoryStats,
  hasErrorCode,
  isDomainPersistent,
  JobType,
  lookupDomainByName,
  lookupDomainByUuid,
  MigrateFlag,
  migrateDomainToUri,
  resetDomain,
  resumeDomain,
  shutdownDomain,
  startDomain,
} from '../libvirt/index.ts';
import { domainState } from '../perception/states.ts';
import type { Hypervisor } from './hypervisor.ts';
import { MigrationRefused } from './hypervisor.ts';

/** libvirtd's own limits for starting and destroying are well above those of a question. */
const SLOW_CALL_DEADLINE_MS = 60_000;

const KIB = 1024;

/** Said before a migration begins, of a domain that cannot be migrated as it is. UNSAFE: its storage is not shared. */
const REFUSALS: readonly (keyof typeof ErrorCode)[] = [
  'MIGRATE_UNSAFE', 'OPERATION_INVALID', 'OPERATION_UNSUPPORTED', 'CONFIG_UNSUPPORTED', 'ARGUMENT_UNSUPPORTED', 'NO_SUPPORT',
];

export function libvirtHypervisor(connection: Caller): Hypervisor {
  const lookup = (uuid: string): Promise<DomainRef> => connection.call(lookupDomainByUuid, { uuid });
  return {
    async state(uuid) {
      try {
        const domain = await lookup(uuid);
        const { state, reason } = await connection.call(getDomainState, { domain });
        const persistent = await connection.call(isDomainPersistent, { domain });
        return { ...domainState(state, reason), persistent };
      } catch (error) {
        if (hasErrorCode(error, 'NO_DOMAIN')) return null;
        throw error;
      }
    },
    async uuidOfName(name) {
      try {
        return (await connection.call(lookupDomainByName, { name })).uuid;
      } catch (error) {
        if (hasErrorCode(error, 'NO_DOMAIN')) return null;
        throw error;
      }
    },
    async create(uuid) {
      await connection.call(startDomain, { domain: await lookup(uuid) }, { deadlineMs: SLOW_CALL_DEADLINE_MS });
    },
    async resume(uuid) {
      await connection.call(resumeDomain, { domain: await lookup(uuid) });
    },
    async reset(uuid) {
      await connection.call(resetDomain, { domain: await lookup(uuid) });
    },
    async destroy(uuid) {
      await connection.call(destroyDomain, { domain: await lookup(uuid) }, { deadlineMs: SLOW_CALL_DEADLINE_MS });
    },
    async shutdown(uuid) {
      await connection.call(shutdownDomain, { domain: await lookup(uuid) });
    },
    async availableMemoryBytes() {
      const { free = 0, buffers = 0, cached = 0 } = await getNodeMemoryStats(connection);
      return (free + buffers + cached) * KIB;
    },
    async domainMemoryBytes(uuid) {
      return (await connection.call(getDomainInfo, { domain: await lookup(uuid) })).maxMemoryKib * KIB;
    },
    async hasJob(uuid) {
      try {
        return (await connection.call(getDomainJobStats, { domain: await lookup(uuid) })).type !== JobType.NONE;
      } catch (error) {
        // Not there, or not running: nothing works on it.
        if (hasErrorCode(error, 'NO_DOMAIN') || hasErrorCode(error, 'OPERATION_INVALID')) return false;
        throw error;
      }
    },
    async abortJob(uuid) {
      await connection.call(abortDomainJob, { domain: await lookup(uuid) });
    },
    async migrate(uuid, { uri, persistent, limitMs }) {
      const { LIVE, PEER2PEER, PERSIST_DEST, UNDEFINE_SOURCE } = MigrateFlag;
      const flags = LIVE | PEER2PEER | (persistent ? PERSIST_DEST | UNDEFINE_SOURCE : 0);
      try {
        await connection.call(migrateDomainToUri, { domain: await lookup(uuid), destinationUri: uri, flags }, { deadlineMs: limitMs });
      } catch (error) {
        if (REFUSALS.some((code) => hasErrorCode(error, code))) throw new MigrationRefused(error instanceof Error ? error.message : String(error), { cause: error });
        throw error;
      }
    },
    async define(xml) {
      return (await connection.call(defineDomain, { xml })).uuid;
    },
  };
}
