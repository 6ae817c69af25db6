import { openConnection } from '../../../exporter/src/libvirt/index.ts';
import type { Connection } from '../../../exporter/src/libvirt/index.ts';
import { readDomains } from '../../../exporter/src/perception/readings.ts';
import type { DomainReading } from '../../../exporter/src/prediction/observation/reading.ts';
import type { Host } from '../../lab/lab.ts';

export interface Sampler {
  /** Each tick's reading of a domain, on whichever host it is, until the returned function is called. */
  subscribe(uuid: string, listener: (reading: DomainReading) => void): () => void;
  /** Ticks of which a host did not answer. */
  readonly missedTicks: number;
  stop(): Promise<void>;
}

/** Asks every host at real pace, through libvirt alone; a host that does not answer within a tick is missing in it. */
export async function startSampler(hosts: readonly Host[], tickMs: number): Promise<Sampler> {
  const connections: Connection[] = [];
  for (const host of hosts) connections.push(await openConnection({ uri: host.unixUri, readonly: true }));
  const listeners = new Map<string, (reading: DomainReading) => void>();
  let missedTicks = 0;
  let asking = false;
  const tick = async (): Promise<void> => {
    if (asking) {
      missedTicks += 1;
      return;
    }
    asking = true;
    const answers = await Promise.allSettled(connections.map((connection) => readDomains(connection, { deadlineMs: tickMs * 0.9 })));
    asking = false;
    if (answers.some(({ status }) => status === 'rejected')) missedTicks += 1;
    const seen = merge(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])));
    for (const [uuid, listener] of listeners) {
      const reading = seen.get(uuid);
      if (reading !== undefined) listener(reading);
    }
  };
  const timer = setInterval(() => void tick(), tickMs);
  return {
    subscribe: (uuid, listener) => {
      listeners.set(uuid, listener);
      return () => void listeners.delete(uuid);
    },
    get missedTicks() { return missedTicks; },
    stop: async () => {
      clearInterval(timer);
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

/** A domain that migrates is known to both hosts: the one where it runs counts. */
export function merge(answers: readonly ReadonlyMap<string, DomainReading | null>[]): Map<string, DomainReading> {
  const merged = new Map<string, DomainReading>();
  for (const [uuid, reading] of answers.flatMap((answer) => [...answer])) {
    if (reading !== null && merged.get(uuid)?.running !== true) merged.set(uuid, reading);
  }
  return merged;
}
