/** A TCP socket of a process that waits for connections. */
export interface ListeningSocket {
  /** Descriptor of the process. */
  descriptor: number;
  protocol: 'tcp4' | 'tcp6';
  /** Address that it is bound to; `0.0.0.0` and `::`: any. */
  address: string;
  port: number;
  /** Connections that wait to be accepted. One that grows, and nothing is accepted, is the sign of a server that hangs. */
  backlog: number;
  /** Connections that may wait; more are dropped. */
  maxBacklog: number;
  /** Number of its network namespace, as `ls -l /proc/PID/ns/net` shows it; null: unknown. */
  networkNamespace: number | null;
}

export interface ListeningSockets {
  sockets: ListeningSocket[];
  /** The process has more descriptors than were looked at, or some could not be read: there may be more sockets. */
  incomplete: boolean;
}
