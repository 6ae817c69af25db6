import { GENERAL_REGISTERS } from '../gdb/registers.ts';
import { systemClock } from '../clock.ts';
import type { ActionTools } from '../tools.ts';
import { greet, startFakeGdbServer } from './fake-gdb-server.ts';
import type { FakeGdbServer } from './fake-gdb-server.ts';
import { simulateGuest } from './simulated-guest.ts';
import { simulatedTools } from './simulated-tools.ts';

/** A guest as far as injections see it: a kernel in which little is to be read, and a gdb server that follows a script. */

export const TEXT = 0xffff_ffff_8100_0000n;
export const SITE = TEXT + 0x100n;
export const OTHER_SITE = TEXT + 0x200n;
const FUNCTION = TEXT + 0x300n;
const POP_RDI = TEXT + 0x11n;
export const PER_CPU = 0xffff_8880_3ec0_0000n;
export const TASK = 0xffff_8880_0100_0000n;
const STACK = 0xffff_c900_0001_0000n;
export const RSP = STACK + 16_000n;

/** A kernel with just what injections read; `values` are 8-byte words by address. */
function fakeKernel(values: Map<bigint, bigint>) {
  const symbols: Record<string, bigint> = {
    _stext: TEXT, _etext: TEXT + 0x1000n, init_task: TASK, system_state: TEXT + 0x2000n, call_usermodehelper_setup: TEXT + 0x400n,
    send_sig: FUNCTION, __x64_sys_read: SITE, vmstat_shepherd: OTHER_SITE, nr_cpu_ids: TEXT + 0x3000n, __per_cpu_offset: TEXT + 0x3008n,
    current_task: 0x1000n, __preempt_count: 0x1008n,
  };
  const offsets: Record<string, number> = { stack: 32, __state: 24, exit_state: 28, flags: 44, rcu_read_lock_nesting: 56, path: 40, ...TASK_OFFSETS };
  const code = Buffer.alloc(0x1000, 0x90);
  code.set([0x41, 0x5f, 0xc3, 0x41, 0x5c, 0xc3], 0x10);
  const read = (address: bigint, into: Buffer, offset = 0, length = into.length - offset): boolean => {
    if (address >= TEXT && address + BigInt(length) <= TEXT + 0x1000n) code.copy(into, offset, Number(address - TEXT), Number(address - TEXT) + length);
    else for (let at = 0; at < length; at++) {
      const place = address + BigInt(at);
      into[offset + at] = Number(((values.get(place & ~7n) ?? 0n) >> (8n * (place & 7n))) & 0xffn);
    }
    return true;
  };
  const base = simulateGuest();
  return {
    ...base.kernel,
    symbol: (name: string) => symbols[name] ?? 0n,
    hasSymbol: (name: string) => name in symbols,
    offsetOf: (_type: string, path: string) => offsets[path] ?? 0,
    tryOffsetOf: (_type: string, path: string) => offsets[path] ?? null,
    read,
    readU64: (address: bigint) => {
      const bytes = Buffer.alloc(8);
      read(address, bytes);
      return bytes.readBigUInt64LE(0);
    },
    readU32: (address: bigint) => {
      const bytes = Buffer.alloc(4);
      read(address, bytes);
      return bytes.readUInt32LE(0);
    },
  };
}

/** Members of a task that lists of processes read, beside those that injections do. */
const TASK_OFFSETS = { tasks: 64, pid: 80, tgid: 84, real_parent: 88, comm: 96, start_boottime: 112, worker_private: 120 };

/** Makes this the only process in the kernel's list. Its address. */
export function putProcess(values: Map<bigint, bigint>, { pid, startTimeNanoseconds, flags = 0, exitState = 0 }: { pid: number; startTimeNanoseconds: number; flags?: number; exitState?: number }): bigint {
  const task = TASK + 0x1000n;
  for (const [from, to] of [[TASK, task], [task, TASK]] as const) {
    values.set(from + 64n, to + 64n);
    values.set(to + 72n, from + 64n);
  }
  values.set(task + 80n, BigInt(pid) | (BigInt(pid) << 32n));
  values.set(task + 112n, BigInt(startTimeNanoseconds));
  values.set(task + 24n, BigInt(exitState) << 32n);
  values.set(task + 40n, BigInt(flags) << 32n);
  return task;
}

export function goodValues(): Map<bigint, bigint> {
  return new Map([
    [TEXT + 0x2000n, 3n],
    [TEXT + 0x3000n, 1n],
    [TEXT + 0x3008n, PER_CPU],
    [PER_CPU + 0x1000n, TASK],
    [TASK + 32n, STACK],
  ]);
}

/** A gdb server with one processor that comes to `stops` one after the other, and makes calls: it goes to the return address at once. */
export function scriptedServer(stops: bigint[], options: { returned?: bigint; neverReturns?: boolean; eflags?: number; returnsTo?: bigint; returnStackOff?: bigint } = {}) {
  const general: Record<string, bigint> = Object.fromEntries(GENERAL_REGISTERS.map((name) => [name, 7n]));
  const breakpoints = new Set<bigint>();
  let isCalling = false;
  const le = (value: bigint, bytes = 8) => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(value);
    return buffer.toString('hex', 0, bytes);
  };
  const run = (server: FakeGdbServer) => {
    if (isCalling) {
      if (options.neverReturns === true) return;
      general['rip'] = options.returnsTo ?? POP_RDI;
      general['rsp'] = (general['rsp'] ?? 0n) + 8n + (options.returnStackOff ?? 0n);
      general['rax'] = options.returned ?? 0n;
    } else {
      const next = stops.shift();
      if (next === undefined) return;
      general['rip'] = next;
      general['rsp'] = RSP;
    }
    server.send('T05thread:p01.01;');
  };
  const answer = (packet: string, server: FakeGdbServer): string | null => {
    if (packet === 'c') {
      run(server);
      return null;
    }
    if (packet === 'interrupt') {
      server.send('T02thread:p01.01;');
      return null;
    }
    if (packet === 'g') return `${GENERAL_REGISTERS.map((name) => le(general[name] ?? 0n)).join('')}${le(BigInt(options.eflags ?? 0x202), 4)}${le(0x10n, 4)}`;
    if (packet === 'p19') return le(PER_CPU);
    if (packet.startsWith('G')) {
      const bytes = Buffer.from(packet.slice(1), 'hex');
      GENERAL_REGISTERS.forEach((name, index) => (general[name] = bytes.readBigUInt64LE(index * 8)));
      isCalling = true;
    }
    const breakpoint = /^([Zz])1,([0-9a-f]+),1$/.exec(packet);
    if (breakpoint !== null) {
      const address = BigInt(`0x${breakpoint[2] ?? '0'}`);
      if (breakpoint[1] === 'Z') breakpoints.add(address);
      else breakpoints.delete(address);
    }
    if (packet === 'D;1') breakpoints.clear();
    return greet(packet) ?? 'OK';
  };
  return { answer, breakpoints, general };
}

/** Tools whose monitor opens and closes the scripted gdb server as QEMU does. */
export function toolsWith(script: ReturnType<typeof scriptedServer>, values = goodValues(), answers: Record<string, unknown> = {}) {
  const guest = simulateGuest();
  const written: { address: bigint; bytes: Buffer }[] = [];
  const servers: FakeGdbServer[] = [];
  let open: { server: FakeGdbServer; path: string } | null = null;
  const base = simulatedTools(guest);
  const tools: ActionTools = {
    ...base,
    kernel: fakeKernel(values),
    writer: { write: (address, bytes) => void written.push({ address, bytes: Buffer.from(bytes) }) },
    clock: { ...systemClock, date: base.clock.date },
    request: { ...base.request, pauseBudgetMs: 10_000 },
    monitor: {
      human: async (command) => {
        const path = /^gdbserver unix:(.*),server=on,wait=off$/.exec(command)?.[1];
        if (path !== undefined) {
          open = { path, server: await startFakeGdbServer(path, script.answer, ['T05thread:p01.01;']) };
          servers.push(open.server);
        } else if (command === 'gdbserver none' && open !== null) {
          await open.server[Symbol.asyncDispose]();
          open = null;
        }
        return '';
      },
      execute: async (command, args) => {
        if (command in answers) return answers[command];
        if (command === 'query-chardev' && open !== null) return [{ label: 'gdb', filename: `unix:${open.path},server=on` }];
        if (command === 'query-kvm') return { enabled: false, present: true };
        return base.monitor.execute(command, args);
      },
    },
  };
  return { tools, guest, written, servers, isOpen: () => open !== null, asked: () => servers.flatMap((server) => server.asked) };
}
