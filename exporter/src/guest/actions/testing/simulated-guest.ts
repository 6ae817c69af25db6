import type { Kernel } from '../../kernel/kernel.ts';
import type { Monitor } from '../../memory/memory.ts';
import type { Clock } from '../clock.ts';
import { formatEntry, parseEntry } from '../journal-entry.ts';
import type { JournalEntry } from '../journal-entry.ts';
import type { Journal } from '../journal.ts';
import type { KernelWriter } from '../kernel-writer.ts';

const BASE = 0xffff_ffff_8200_0000n;
const SIZE = 64 * 1024;
const TASK_BYTES = 256;
const PF_KTHREAD = 0x20_0000;
const PF_WQ_WORKER = 0x20;
const GRACE_MS = 100;
const NO_POOL = 0xf_ffff_ffe0n;

/** Members of the structures of the simulated kernel, by type; all sizes are made up, as the code has to take them from the kernel. */
const MEMBERS: Record<string, Record<string, number>> = {
  task_struct: { __size: TASK_BYTES, tasks: 16, pid: 40, tgid: 44, real_parent: 48, comm: 56, start_boottime: 80, exit_state: 88, flags: 92, worker_private: 96, stack_canary: 104 },
  work_struct: { __size: 32, data: 0, func: 24 },
  kthread: { __size: 64, data: 24 },
  worker: { __size: 64, current_work: 16, current_func: 24, last_func: 32 },
  rcu_state: { __size: 64, gp_seq: 8 },
  kbd_struct: { __size: 6 },
  subprocess_info: { __size: 96, path: 40 },
};

const VARIABLES: Record<string, number> = {
  init_task: TASK_BYTES,
  poweroff_cmd: 256,
  'cad_work.2': 32,
  moom_work: 32,
  C_A_D: 4,
  shift_state: 4,
  poweroff_force: 8,
  system_state: 4,
  total_forks: 8,
  sysrq_enabled: 4,
  sysrq_always_enabled: 8,
  kbd_table: 6 * 63,
  fg_console: 4,
  rcu_state: 64,
  kernel_locked_down: 4,
  usermodehelper_disabled: 4,
  page_offset_base: 8,
  phys_base: 8,
  call_usermodehelper_setup: 320,
  deferred_cad: 16,
  poweroff_work_func: 16,
  moom_callback: 16,
};

/** How slow a simulated guest is: the next delay in milliseconds, for each kind of thing that it does. */
export interface GuestSpeed {
  key(): number;
  /** Until a worker takes a work item. */
  pickUp(): number;
  /** Until the work function reads the command, and until the started program ends. */
  read(): number;
  run(): number;
}

export const FAST: GuestSpeed = { key: () => 2, pickUp: () => 1, read: () => 1, run: () => 3 };

/** Thrown by everything that a simulated helper does after it was killed. */
export class Killed extends Error {}

export type SimulatedGuest = ReturnType<typeof simulateGuest>;

/**
 * A guest as far as hooks see it: a keyboard that is handled in order and late, a work queue with one worker, processes, and what happens
 * on Ctrl-Alt-Del and SysRq-F. Time passes only by its clock.
 *
 * @param killAt number of the operation (write, monitor command, journal) at which the helper is killed; after that operation's effect where `isAfter`
 */
export function simulateGuest(speed: GuestSpeed = FAST, options: { killAt?: number; isAfter?: boolean } = {}) {
  const memory = Buffer.alloc(SIZE);
  const symbols = new Map<string, bigint>();
  let top = 0;
  const allocate = (bytes: number) => {
    const at = BASE + BigInt(top);
    top += (bytes + 15) & ~15;
    return at;
  };
  for (const [name, bytes] of Object.entries(VARIABLES)) symbols.set(name, allocate(bytes));
  const address = (name: string) => symbols.get(name) ?? BASE;
  const at = (place: bigint) => Number(place - BASE);
  const member = (type: string, name: string) => MEMBERS[type]?.[name] ?? 0;
  const put32 = (place: bigint, value: number) => memory.writeInt32LE(value | 0, at(place));
  const put64 = (place: bigint, value: bigint) => memory.writeBigUInt64LE(value, at(place));
  const get32 = (place: bigint) => memory.readInt32LE(at(place));
  const get64 = (place: bigint) => memory.readBigUInt64LE(at(place));

  // State of the machine.
  let time = 0;
  let operations = 0;
  let isDead = false;
  const happened = { restarts: [] as string[], powerOffs: 0, oomKills: 0, ran: [] as string[], keysHandled: 0 };
  const events: { due: number; order: number; act: () => void }[] = [];
  let order = 0;
  let keyboardFreeAt = 0;
  const held = new Set<string>();
  const working = { isBusy: false, queue: [] as { work: bigint; due: number }[] };
  const settings = { hasKeyboard: true, hasDriver: true, keyboardMode: 3, status: 'running', failing: new Map<string, string>() };
  const tasks: bigint[] = [];
  let readers = 0;
  let nextPid = 1;

  function addTask(name: string, flags: number): bigint {
    const task = allocate(TASK_BYTES);
    put32(task + 40n, nextPid);
    put32(task + 44n, nextPid++);
    memory.write(`${name}\0`, at(task + 56n), 'latin1');
    put64(task + 80n, BigInt(Math.round(time * 1e6) + nextPid));
    put32(task + 92n, flags);
    tasks.push(task);
    link();
    return task;
  }
  function link(): void {
    const ring = [address('init_task'), ...tasks];
    ring.forEach((task, index) => {
      put64(task + 16n, (ring[(index + 1) % ring.length] ?? task) + 16n);
      put64(task + 24n, (ring[(index + ring.length - 1) % ring.length] ?? task) + 16n);
    });
  }
  function later(delay: number, act: () => void): void {
    events.push({ due: time + delay, order: order++, act });
    events.sort((a, b) => a.due - b.due || a.order - b.order);
  }

  const worker = allocate(64);
  const kthread = allocate(64);
  put64(kthread + 24n, worker);
  const workFunction = (work: bigint) => work + 24n;
  for (const [work, name] of [['cad_work.2', 'deferred_cad'], ['moom_work', 'moom_callback']] as const) {
    put64(address(work), NO_POOL);
    put64(workFunction(address(work)), address(name));
  }
  memory.write('/sbin/poweroff\0', at(address('poweroff_cmd')), 'latin1');
  put32(address('system_state'), 3);
  put32(address('sysrq_enabled'), 0x1b6);
  put64(address('total_forks'), 100n);
  put64(address('page_offset_base'), 0xffff_9000_0000_0000n);
  put64(address('phys_base'), 0x1000_0000n);
  put64(address('init_task') + 104n, 0x1234_5678_9abc_def0n);
  memory.write('swapper/0\0', at(address('init_task') + 56n), 'latin1');
  addTask('systemd', 0);
  const workerTask = addTask('kworker/0:1', PF_KTHREAD | PF_WQ_WORKER);
  put64(workerTask + 96n, kthread);
  later(GRACE_MS, endGracePeriod);
  for (let console = 0; console < 63; console++) memory[at(address('kbd_table')) + console * 6 + 2] = 3 << 2;

  function queueWork(work: bigint): void {
    if ((get64(work) & 1n) !== 0n) return;
    put64(work, get64(work) | 1n);
    working.queue.push({ work, due: time + speed.pickUp() });
    later(0, startWorker);
  }
  function startWorker(): void {
    if (working.isBusy || working.queue.length === 0) return;
    working.isBusy = true;
    const [next] = working.queue.splice(0, 1);
    if (next !== undefined) later(Math.max(0, next.due - time), () => takeWork(next.work));
  }
  function takeWork(work: bigint): void {
    const called = get64(workFunction(work));
    put64(worker + 16n, work);
    put64(worker + 24n, called);
    put64(work, 0x20n);
    later(speed.read(), () => runWork(called));
  }
  function runWork(called: bigint): void {
    if (called === address('deferred_cad')) happened.restarts.push('deferred_cad');
    else if (called === address('moom_callback')) happened.oomKills++;
    else if (called === address('poweroff_work_func')) startProgram();
    later(speed.read(), () => {
      put64(worker + 32n, called);
      put64(worker + 16n, 0n);
      put64(worker + 24n, 0n);
      working.isBusy = false;
      startWorker();
    });
  }
  function startProgram(): void {
    const start = at(address('poweroff_cmd'));
    const command = memory.toString('latin1', start, memory.indexOf(0, start));
    happened.ran.push(command);
    if (command === '/sbin/poweroff') happened.powerOffs++;
    put64(address('total_forks'), get64(address('total_forks')) + 1n);
    const task = addTask((command.split(' ')[0]?.split('/').at(-1) ?? '').slice(0, 15), 0);
    later(speed.run(), () => {
      tasks.splice(tasks.indexOf(task), 1);
      link();
    });
  }
  function handleKey(key: string, isDown: boolean): void {
    happened.keysHandled++;
    if (isDown === held.has(key)) return;
    if (isDown) held.add(key);
    else held.delete(key);
    put32(address('shift_state'), (held.has('ctrl') ? 4 : 0) | (held.has('alt') ? 8 : 0));
    if (key !== 'delete' || !isDown || get32(address('shift_state')) !== 12) return;
    if (settings.keyboardMode !== 0 && settings.keyboardMode !== 3) return;
    if (get32(address('C_A_D')) !== 0) queueWork(address('cad_work.2'));
    else happened.restarts.push('SIGINT to process 1');
  }
  function sysrq(): void {
    const mask = get32(address('sysrq_enabled'));
    if (mask !== 1 && (mask & 0x40) === 0) return;
    // The processor may be held up between the question and the deed.
    readers++;
    later(speed.read(), () => {
      queueWork(address('moom_work'));
      readers--;
    });
  }
  /** A grace period of RCU ends where nobody reads. */
  function endGracePeriod(): void {
    if (readers === 0) put64(address('rcu_state') + 8n, get64(address('rcu_state') + 8n) + 4n);
    later(GRACE_MS, endGracePeriod);
  }

  function pass(milliseconds: number): void {
    const end = time + milliseconds;
    for (let next = events[0]; next !== undefined && next.due <= end; next = events[0]) {
      events.shift();
      time = next.due;
      next.act();
    }
    time = end;
  }

  /** One operation of the helper: it may be killed before or after it. */
  function operate<T>(act: () => T): T {
    if (isDead) throw new Killed('killed');
    operations++;
    const isLast = operations === options.killAt;
    if (isLast && options.isAfter !== true) {
      isDead = true;
      throw new Killed('killed');
    }
    const result = act();
    if (isLast) {
      isDead = true;
      throw new Killed('killed');
    }
    return result;
  }

  const read = (place: bigint, into: Buffer, offset = 0, length = into.length - offset): boolean => {
    if (isDead) throw new Killed('killed');
    if (place < BASE || place + BigInt(length) > BASE + BigInt(SIZE)) return false;
    memory.copy(into, offset, at(place), at(place) + length);
    return true;
  };
  const kernel: Kernel = {
    banner: 'Linux version 6.1.0-sim',
    release: '6.1.0-sim',
    btfHash: '00'.repeat(32),
    symbol: (name) => {
      const found = symbols.get(name);
      if (found === undefined) throw new Error(`the simulated kernel has no symbol ${name}`);
      return found;
    },
    hasSymbol: (name) => symbols.has(name),
    symbolsLike: (prefix) => [...symbols.keys()].filter((name) => name.startsWith(prefix)).sort(),
    sizeOf: (type) => member(type, '__size'),
    offsetOf: (type, path) => {
      const found = MEMBERS[type]?.[path];
      if (found === undefined) throw new Error(`the simulated kernel has no ${type}.${path}`);
      return found;
    },
    tryOffsetOf: (type, path) => MEMBERS[type]?.[path] ?? null,
    field: (type, path) =>
      type === 'kbd_struct' && path === 'kbdmode' ? { offset: 2, size: 1, kind: 'integer', typeName: 'unsigned char', count: 1, bits: { shift: 2, width: 3 } } : null,
    read,
    readUser: () => false,
    readU64: (place) => {
      const bytes = Buffer.alloc(8);
      return read(place, bytes) ? bytes.readBigUInt64LE(0) : null;
    },
    readU32: (place) => {
      const bytes = Buffer.alloc(4);
      return read(place, bytes) ? bytes.readUInt32LE(0) : null;
    },
    readText: (place, maximum = 256) => {
      const bytes = Buffer.alloc(maximum);
      if (!read(place, bytes)) return null;
      const end = bytes.indexOf(0);
      return bytes.toString('utf8', 0, end < 0 ? maximum : end);
    },
    physical: (place) => at(place),
    verify: () => true,
  };
  const writer: KernelWriter = {
    write: (place, bytes) => {
      operate(() => bytes.copy(memory, at(place)));
    },
  };

  function send(events_: readonly { data: { down: boolean; key: { data: string } } }[]): void {
    for (const { data } of events_) {
      if (!settings.hasDriver) continue;
      keyboardFreeAt = Math.max(keyboardFreeAt, time) + speed.key();
      later(keyboardFreeAt - time, () => handleKey(data.key.data, data.down));
    }
  }
  const answers: Record<string, (args: Record<string, unknown>) => unknown> = {
    'query-status': () => ({ status: settings.status }),
    'query-migrate': () => ({}),
    'query-jobs': () => [],
    'query-block-jobs': () => [],
    'query-dump': () => ({ status: 'none' }),
    'query-chardev': () => [{ label: 'charmonitor', filename: 'unix' }],
    'qom-get': () => '',
    'input-send-event': (args) => {
      if (!settings.hasKeyboard) throw new Error('Input handler not found for event type key');
      send(args['events'] as Parameters<typeof send>[0]);
      return {};
    },
  };
  const monitor: Monitor = {
    human: async () => '',
    execute: async (command, args = {}) => {
      pass(1);
      const failure = settings.failing.get(command);
      if (failure !== undefined) throw new Error(failure);
      return operate(() => answers[command]?.(args));
    },
  };
  const clock: Clock = {
    now: () => time,
    sleep: async (milliseconds) => {
      if (isDead) throw new Killed('killed');
      pass(milliseconds);
    },
    date: () => new Date(Date.UTC(2026, 0, 1) + Math.round(time)),
  };
  const files = new Map<string, string>();
  const journal: Journal = {
    write: (entry: JournalEntry) => {
      operate(() => files.set(entry.domain, formatEntry(entry)));
    },
    read: (domain) => {
      if (isDead) throw new Killed('killed');
      const text = files.get(domain);
      return text === undefined ? null : parseEntry(text);
    },
    remove: (domain) => {
      operate(() => files.delete(domain));
    },
    domains: () => [...files.keys()],
  };

  return {
    kernel,
    writer,
    monitor,
    clock,
    journal,
    happened,
    settings,
    pass,
    operations: () => operations,
    /** A new helper: it can do things again. */
    revive: () => {
      isDead = false;
      delete options.killAt;
    },
    setKeyboardMode(mode: number): void {
      settings.keyboardMode = mode;
      memory[at(address('kbd_table')) + 2] = mode << 2;
    },
    set32: (name: string, value: number) => put32(address(name), value),
    set64: (name: string, value: bigint, offset = 0n) => put64(address(name) + offset, value),
    setText: (name: string, text: string) => memory.write(`${text}\0`, at(address(name)), 'latin1'),
    get32: (name: string) => get32(address(name)),
    removeSymbol: (name: string) => symbols.delete(name),
    addSymbol: (name: string) => symbols.set(name, allocate(32)),
    /** BREAK and a key on the serial console, handled as late as a key. */
    async breakAndType(text: string): Promise<void> {
      pass(1);
      operate(() => {
        if (text === 'f') later(speed.key(), sysrq);
      });
    },
    /** What has to be the same before and after: function, command, gate, forced, of both hooks. */
    hooked(): string {
      const of = (name: string, bytes: number, offset = 0) => memory.toString('hex', at(address(name)) + offset, at(address(name)) + offset + bytes);
      return [of('poweroff_cmd', 256), of('cad_work.2', 8, 24), of('moom_work', 8, 24), of('C_A_D', 4), of('sysrq_enabled', 4), of('shift_state', 4), of('poweroff_force', 1)].join(' ');
    },
  };
}
