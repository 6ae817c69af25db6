/**
 * The accept queues of one app from look to look. One that grows while the app does next to nothing shows that somebody wants to
 * be served and is not: an idle server looks the same but for the queue, and an overloaded one works.
 */
import type { AppDeclaration } from '../../config/apps.ts';
import type { SeenProcess, SeenSocket, SeenSockets } from './look.ts';
import type { Progress } from './members.ts';
import type { Evidence } from './verdict.ts';

export const MOST_QUEUES = 64;
/** Looks without which a queue proves nothing, however far apart they are. */
const LEAST_LOOKS = 3;
/** An app that uses so much of one processor is at work. */
const BUSY_SHARE = 0.01;
const INIT_PID = 1;

export interface QueueRecord {
  /** Network namespace, address and port. */
  key: string;
  address: string;
  port: number;
  /** Connections when it began to be followed, and now. It was never empty in between, and never became shorter. */
  first: number;
  backlog: number;
  isFull: boolean;
  looks: number;
  /** Time of the guest. */
  sinceMs: number;
  /** The piece of that time that is measured just now, as long as is tolerated. */
  piece: { sinceMs: number; cpuMs: number };
  /** The last whole piece showed that it stands still while clients wait. */
  isStalled: boolean;
}

export interface QueuesLook {
  sockets: SeenSockets | null;
  members: readonly SeenProcess[];
  progress: Progress;
  /** Time of the guest. */
  ranMs: number;
}

type Rule = Pick<AppDeclaration, 'port' | 'backlog'>;

/**
 * The sockets that are the app's: those that its processes have open; on its declared port also those that init holds for it. Of one
 * that several processes have open, or of several on the same port, the one with the longest queue.
 */
export function socketsOf({ port }: Pick<Rule, 'port'>, sockets: readonly SeenSocket[], members: readonly SeenProcess[]): SeenSocket[] {
  const pids = new Set(members.map(({ pid }) => pid));
  const onPort = sockets.filter((socket) => port === undefined || socket.port === port);
  const own = onPort.filter(({ pid }) => pids.has(pid));
  const chosen = own.length > 0 || port === undefined ? own : onPort.filter(({ pid }) => pid === INIT_PID);
  const longest = new Map<string, SeenSocket>();
  for (const socket of chosen) {
    const before = longest.get(keyOf(socket));
    if (before === undefined || before.backlog < socket.backlog) longest.set(keyOf(socket), socket);
  }
  return [...longest.values()].slice(0, MOST_QUEUES);
}

export function followQueues(rule: Rule, before: readonly QueueRecord[], { sockets, members, progress, ranMs }: QueuesLook): QueueRecord[] {
  if (sockets === null || !rule.backlog.enabled) return [];
  const known = new Map(before.map((record) => [record.key, record]));
  return socketsOf(rule, sockets.sockets, members)
    .filter(({ backlog }) => backlog > 0)
    .map((socket) => {
      const record = known.get(keyOf(socket));
      // A new process may be what serves the connection that was accepted just now.
      const goesOn = record !== undefined && socket.backlog >= record.backlog && !progress.hasNew && progress.cpuMs !== null;
      return goesOn ? extend(rule, record, socket, progress.cpuMs ?? 0, ranMs) : begin(socket, ranMs);
    });
}

export function stalledQueues(queues: readonly QueueRecord[], ranMs: number): Evidence[] {
  return queues
    .filter(({ isStalled }) => isStalled)
    .map(({ address, port, first, backlog, isFull, sinceMs }) => ({ kind: 'backlog', address, port, from: first, to: backlog, isFull, forMs: ranMs - sinceMs }));
}

function begin(socket: SeenSocket, ranMs: number): QueueRecord {
  const { address, port, backlog } = socket;
  return { key: keyOf(socket), address, port, first: backlog, backlog, isFull: isFull(socket), looks: 1, sinceMs: ranMs, piece: { sinceMs: ranMs, cpuMs: 0 }, isStalled: false };
}

function extend({ backlog: { seconds, growth } }: Rule, before: QueueRecord, socket: SeenSocket, cpuMs: number, ranMs: number): QueueRecord {
  const piece = { ...before.piece, cpuMs: before.piece.cpuMs + cpuMs };
  const now = { ...before, backlog: socket.backlog, isFull: isFull(socket), looks: before.looks + 1, piece };
  const pieceMs = ranMs - piece.sinceMs;
  if (pieceMs < seconds * 1000 || now.looks < LEAST_LOOKS) return now;
  if (piece.cpuMs > 0 && piece.cpuMs >= pieceMs * BUSY_SHARE) return begin(socket, ranMs);
  const hasDemand = now.isFull || now.backlog - now.first >= growth;
  return { ...now, piece: { sinceMs: ranMs, cpuMs: 0 }, isStalled: before.isStalled || hasDemand };
}

/** The kernel takes in one more than the program asked for. */
function isFull({ backlog, maxBacklog }: SeenSocket): boolean {
  return backlog > maxBacklog;
}

function keyOf({ networkNamespace, address, port }: SeenSocket): string {
  return `${networkNamespace ?? '?'}/${address}/${port}`;
}
