import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { removeOldChallenges } from './challenge.ts';
import { serveConnection } from './connection.ts';
import type { Dispatcher } from './dispatch.ts';
import { createPlaces, createRateLimit } from './limits.ts';
import type { Limits } from './limits.ts';
import type { HelperLog } from './log.ts';
import { listenForPeer } from './peer-socket.ts';
import type { PeerSocket } from './peer-socket.ts';
import type { RefusalCounters, RefusalReason } from './refusal.ts';

export interface ServerOptions {
  /** Trusted, and nobody else's to write to. */
  runFolder: string;
  peerUids: readonly number[];
  limits: Limits;
  dispatch: Dispatcher;
  counters: RefusalCounters;
  log: HelperLog;
  /** Ends what still runs when its time to end by itself is over. */
  onImpatient: () => void;
}

export interface HelperServer {
  /** Paths of the sockets by uid. */
  readonly sockets: ReadonlyMap<number, string>;
  /** Refuses what is new, gives what runs its time, then hangs up. */
  stop(): Promise<void>;
}

/** Listens on a socket for each peer. */
export async function startServer(options: ServerOptions): Promise<HelperServer> {
  const { runFolder, limits, counters, log } = options;
  const connections = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const listening = new Map<number, PeerSocket>();
  let isStopping = false;

  function accept(uid: number): (socket: Socket) => void {
    const connectionPlaces = createPlaces(limits.connectionsPerPeer);
    const connectionRate = createRateLimit(limits.connectionRate);
    const requestPlaces = createPlaces(limits.requestsInFlightPerPeer);
    const requestRate = createRateLimit(limits.requestRate);
    const turnAway = (socket: Socket, reason: RefusalReason): void => {
      counters.count(reason);
      log.warn({ peerUid: uid, reason }, 'a connection was turned away');
      socket.destroy();
    };
    return (socket) => {
      socket.on('error', () => undefined);
      if (listening.get(uid)?.isOwnersAlone() !== true) return turnAway(socket, 'socket-opened-up');
      if (!connectionRate(performance.now())) return turnAway(socket, 'rate-limited');
      const leave = connectionPlaces();
      if (leave === null) return turnAway(socket, 'too-many-connections');
      connections.add(socket);
      const shared = { peerUid: uid, runFolder, limits, dispatch: options.dispatch, counters, log, places: requestPlaces, rate: requestRate };
      const served = serveConnection({
        ...shared,
        socket,
        isStopping: () => isStopping,
        onRunning(ended) {
          running.add(ended);
          void ended.then(() => running.delete(ended));
        },
      });
      void served.then(() => {
        connections.delete(socket);
        leave();
      });
      socket.resume();
    };
  }

  async function stop(): Promise<void> {
    isStopping = true;
    const closed = Promise.all([...listening.values()].map((socket) => socket.close()));
    await endOf(running, limits.stopMs);
    if (running.size > 0) options.onImpatient();
    await endOf(running, limits.stopMs);
    if (running.size > 0) log.warn({ requests: running.size }, 'stopped with requests under way');
    // What was just answered is still on its way.
    for (const socket of connections) socket.destroySoon();
    await endOf([closed], limits.stopMs);
    for (const socket of connections) socket.destroy();
    await closed;
    await removeOldChallenges(runFolder);
  }

  await removeOldChallenges(runFolder);
  try {
    for (const uid of options.peerUids) listening.set(uid, await listenForPeer(runFolder, uid, accept(uid)));
  } catch (error) {
    await stop();
    throw error;
  }
  return { sockets: new Map([...listening].map(([uid, { path }]) => [uid, path])), stop };
}

async function endOf(work: Iterable<Promise<unknown>>, limitMs: number): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  await Promise.race([Promise.allSettled(work), limit.promise]);
  clearTimeout(timer);
}
