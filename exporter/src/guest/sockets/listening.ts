import type { Kernel } from '../kernel/kernel.ts';
import { isKernelPointer } from '../processes/addresses.ts';
import { withBudget } from '../processes/budget.ts';
import type { Task } from '../processes/tasks.ts';
import { defineView } from '../processes/view.ts';
import { ipv4Text, ipv6Text } from './ip-address.ts';
import type { ListeningSocket, ListeningSockets } from './listening-socket.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
/** `IPPROTO_TCP` and `IPPROTO_MPTCP` */
const TCP = [6, 262];
/** `TCP_LISTEN` */
const LISTENING = 10;
/** The kernel's own limit of descriptors, `sysctl_nr_open_max`, rounded up. */
const MAXIMUM_TABLE = 2 ** 31;
/** Descriptors that are read at a time. */
const CHUNK = 512;

export interface ListeningSocketOptions {
  /** Of each process; those with lower numbers are looked at. Default 4096. */
  maxDescriptors?: number;
  /** For all calls between two `renew()`. Default 2000. */
  maxMilliseconds?: number;
  /** Reads of memory, likewise. Default 1,000,000. */
  maxReads?: number;
}

export interface ListeningSocketReader {
  /** Limits of time and reads begin anew. */
  renew(): void;
  /**
   * The listening TCP sockets of a process, by its first thread: those that its descriptors lead to. A process without descriptors (kernel
   * threads, zombies) has none.
   *
   * @throws GuestError `inconsistent`: a limit was reached
   */
  read(task: Task): ListeningSockets;
}

/** @throws KernelError where this kernel's sockets cannot be read */
export function createListeningSocketReader(guest: Kernel, options: ListeningSocketOptions = {}): ListeningSocketReader {
  const kernel = withBudget(guest, { reads: options.maxReads ?? 1_000_000, milliseconds: options.maxMilliseconds ?? 2000 });
  const maximum = options.maxDescriptors ?? 4096;
  const socketOperations = kernel.symbol('socket_file_ops');
  const tableOffset = BigInt(kernel.offsetOf('files_struct', 'fdt'));
  const table = defineView(kernel, 'fdtable', { count: 'max_fds', files: 'fd' });
  const file = defineView(kernel, 'file', { operations: 'f_op', data: 'private_data' });
  const socket = defineView(kernel, 'socket', { file: 'file', sock: 'sk' });
  const readSock = createSockReader(kernel);
  const stillHas = createOwnerCheck(kernel);
  const chunk = Buffer.alloc(CHUNK * 8);

  /** Null: not a socket of that kind; undefined: not readable. */
  function listening(descriptor: number, address: bigint): ListeningSocket | null | undefined {
    const opened = isKernelPointer(address) ? file.read(address) : null;
    if (opened === null) return undefined;
    if (opened.readBigUInt64LE(file.at.operations) !== socketOperations) return null;
    const bytes = socket.read(opened.readBigUInt64LE(file.at.data));
    if (bytes === null) return undefined;
    // A descriptor that is being closed: its memory is another's by now.
    if (bytes.readBigUInt64LE(socket.at.file) !== address) return undefined;
    return readSock(descriptor, bytes.readBigUInt64LE(socket.at.sock));
  }

  return {
    renew: () => kernel.renew(),
    read: (task) => {
      const sockets: ListeningSocket[] = [];
      if (task.files === 0n) return { sockets, incomplete: false };
      const unreadable = { sockets, incomplete: true };
      if (!isKernelPointer(task.files)) return unreadable;
      const descriptors = kernel.readU64(task.files + tableOffset);
      const head = descriptors !== null && isKernelPointer(descriptors) ? table.read(descriptors) : null;
      if (head === null) return unreadable;
      const count = head.readUInt32LE(table.at.count);
      const files = head.readBigUInt64LE(table.at.files);
      if (count > MAXIMUM_TABLE || !isKernelPointer(files)) return unreadable;
      const looked = Math.min(count, maximum);
      let incomplete = false;
      for (let start = 0; start < looked; start += CHUNK) {
        const length = Math.min(CHUNK, looked - start);
        if (!kernel.read(files + BigInt(8 * start), chunk, 0, 8 * length)) return unreadable;
        for (let index = 0; index < length; index++) {
          const address = chunk.readBigUInt64LE(8 * index);
          if (address === 0n) continue;
          const found = listening(start + index, address);
          if (found === undefined) incomplete = true;
          else if (found !== null) sockets.push(found);
        }
      }
      // Descriptors are a process's own as long as it points to them: what was read in between was not another's.
      if (!stillHas(task)) return { sockets: [], incomplete: true };
      // The rest of a large table is mostly empty, but that is not known.
      return { sockets, incomplete: incomplete || looked < count };
    },
  };
}

/** Tells whether a task is still the one that was listed, with the same descriptors. */
function createOwnerCheck(kernel: Kernel): (task: Task) => boolean {
  const view = defineView(kernel, 'task_struct', { pid: 'pid', start: 'start_boottime', files: 'files' });
  const { at } = view;
  return (task) => {
    const now = view.read(task.address);
    if (now === null || now.readInt32LE(at.pid) !== task.pid) return false;
    return now.readBigUInt64LE(at.start) === task.startTimeNanoseconds && now.readBigUInt64LE(at.files) === task.files;
  };
}

/** Reads a `struct sock` that a descriptor leads to; null: no listening TCP socket, undefined: not readable. */
function createSockReader(kernel: Kernel): (descriptor: number, address: bigint) => ListeningSocket | null | undefined {
  const sock = defineView(
    kernel,
    'sock',
    {
      family: '__sk_common.skc_family',
      state: '__sk_common.skc_state',
      port: '__sk_common.skc_num',
      address4: '__sk_common.skc_rcv_saddr',
      network: '__sk_common.skc_net',
      type: 'sk_type',
      protocol: 'sk_protocol',
      backlog: 'sk_ack_backlog',
      maxBacklog: 'sk_max_ack_backlog',
    },
    // Not there in a kernel without IPv6.
    { address6: '__sk_common.skc_v6_rcv_saddr' },
  );
  const { address6 } = sock.maybe;
  const { at } = sock;
  const inum = kernel.tryOffsetOf('net', 'ns.inum');
  return (descriptor, pointer) => {
    if (!isKernelPointer(pointer)) return undefined;
    const bytes = sock.read(pointer);
    if (bytes === null) return undefined;
    const family = bytes.readUInt16LE(at.family);
    if (bytes[at.state] !== LISTENING || bytes.readUInt16LE(at.type) !== SOCK_STREAM || !TCP.includes(bytes.readUInt16LE(at.protocol))) return null;
    let address: string;
    if (family === AF_INET) address = ipv4Text(bytes.subarray(at.address4, at.address4 + 4));
    else if (family === AF_INET6 && address6 !== null) address = ipv6Text(bytes.subarray(address6, address6 + 16));
    else return null;
    const network = bytes.readBigUInt64LE(at.network);
    return {
      descriptor,
      protocol: family === AF_INET ? 'tcp4' : 'tcp6',
      address,
      port: bytes.readUInt16LE(at.port),
      backlog: bytes.readUInt32LE(at.backlog),
      maxBacklog: bytes.readUInt32LE(at.maxBacklog),
      networkNamespace: inum === null || !isKernelPointer(network) ? null : kernel.readU32(network + BigInt(inum)),
    };
  };
}
