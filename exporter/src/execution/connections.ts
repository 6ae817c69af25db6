/**
 * One connection to each host for acting alone: where questions to stuck domains make the watching connection be replaced,
 * an action under way is not lost with it.
 */
import type { Config } from '../config/schema.ts';
import type { Caller, SupervisedConnection } from '../libvirt/index.ts';
import { superviseConnection } from '../libvirt/index.ts';

type Settings = Pick<Config, 'hosts' | 'libvirt'>;

export interface ActingConnections {
  /** Null: the host is not connected, or not configured. */
  of(host: string): Caller | null;
  /** Connects hosts that are new or have changed, leaves those that went. */
  reconfigure(settings: Settings): void;
  stop(): Promise<void>;
}

const RECONNECT_MAX_MS = 5000;

export function createActingConnections(settings: Settings): ActingConnections {
  const known = new Map<string, { connection: SupervisedConnection; key: string }>();

  function reconfigure({ hosts, libvirt }: Settings): void {
    const wanted = new Map(hosts.map(({ name, uri }) => [name, JSON.stringify([uri, libvirt])]));
    for (const [name, { connection, key }] of known) {
      if (wanted.get(name) === key) continue;
      known.delete(name);
      void connection.close();
    }
    for (const { name, uri } of hosts) {
      if (known.has(name)) continue;
      const connection = superviseConnection({
        uri,
        deadlineMs: libvirt.callTimeoutSeconds * 1000,
        openDeadlineMs: libvirt.connectTimeoutSeconds * 1000,
        maxCallsInFlight: libvirt.maxCallsInFlight,
        keepalive: { intervalSeconds: libvirt.keepaliveIntervalSeconds, count: libvirt.keepaliveCount },
        backoff: { maxMs: RECONNECT_MAX_MS },
      });
      known.set(name, { connection, key: wanted.get(name) ?? '' });
    }
  }

  reconfigure(settings);
  return {
    of(host) {
      const connection = known.get(host)?.connection;
      return connection?.state.status === 'connected' ? connection : null;
    },
    reconfigure,
    async stop() {
      await Promise.all([...known.values()].map(({ connection }) => connection.close()));
      known.clear();
    },
  };
}
