/** The Hypervisor contract over a libvirt connection. */
import type { Caller, DomainRef } from '../libvirt/index.ts';
import {
  defineDomain,
  destroyDomain,
  getDomainState,
  hasErrorCode,
  isDomainPersistent,
  lookupDomainByName,
  lookupDomainByUuid,
  resetDomain,
  resumeDomain,
  shutdownDomain,
  startDomain,
} from '../libvirt/index.ts';
import { domainState } from '../perception/states.ts';
import type { Hypervisor } from './hypervisor.ts';

/** libvirtd's own limits for starting and destroying are well above those of a question. */
const SLOW_CALL_DEADLINE_MS = 60_000;

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
    async define(xml) {
      return (await connection.call(defineDomain, { xml })).uuid;
    },
  };
}
