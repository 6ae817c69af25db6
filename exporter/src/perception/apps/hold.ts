/** Which domains there are, as far as their apps are concerned: where each is, and why its guest is left alone for now. */
import { isInTransit, speaking } from '../locate.ts';
import type { DomainSighting, View } from '../view.ts';

export interface Hold {
  /** A stable word; the reason of the verdict `unknown`. */
  reason: 'not-running' | 'paused' | 'migrating' | 'host-unreachable';
  text: string;
}

export interface WatchableDomain {
  uuid: string;
  name: string;
  host: string;
  /** Null: it runs. */
  hold: Hold | null;
}

/** Every domain of every host, once. */
export function watchableDomains(view: Pick<View, 'hosts' | 'sightings'>): WatchableDomain[] {
  const isUp = new Map(view.hosts().map(({ name, state }) => [name, state === 'up']));
  const byUuid = Map.groupBy(view.sightings(), ({ uuid }) => uuid);
  return [...byUuid.values()].flatMap((sightings) => {
    const heard = sightings.filter(({ host }) => isUp.get(host) === true);
    const best = speaking(heard, []);
    // Where it is seen only shut off, a host that is not heard may run it.
    const silent = best === null || best.state === 'shutoff' ? speaking(sightings.filter(({ host }) => isUp.get(host) !== true), []) : null;
    const chosen = silent !== null && (best === null || silent.state !== 'shutoff') ? silent : best;
    return chosen === null ? [] : [{ uuid: chosen.uuid, name: chosen.name, host: chosen.host, hold: holdOf(chosen, isUp.get(chosen.host) === true) }];
  });
}

function holdOf(sighting: DomainSighting, isHeard: boolean): Hold | null {
  const { host, state, reason } = sighting;
  if (!isHeard) return { reason: 'host-unreachable', text: `host ${host} is not heard` };
  if (state === 'running') return null;
  if (isInTransit(sighting)) return { reason: 'migrating', text: 'the domain is on its way to another host' };
  if (state === 'paused' || state === 'pmsuspended') return { reason: 'paused', text: `the domain is held (${state}, ${reason})` };
  return { reason: 'not-running', text: `the domain does not run (${state}, ${reason})` };
}
