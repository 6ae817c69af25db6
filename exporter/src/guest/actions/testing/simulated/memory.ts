const BASE = 0xffff_ffff_8200_0000n;
const SIZE = 64 * 1024;
const TASK_BYTES = 256;
/** A work item that was never queued. */
const NO_POOL = 0xf_ffff_ffe0n;
const SYSTEM_RUNNING = 3;
const SYSRQ_MASK = 0x1b6;
const CONSOLES = 63;
const KBD_BYTES = 6;

/** Members of the structures of the simulated kernel, by type; all sizes are made up, as the code has to take them from the kernel. */
export const MEMBERS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  task_struct: { __size: TASK_BYTES, tasks: 16, pid: 40, tgid: 44, real_parent: 48, comm: 56, start_boottime: 80, exit_state: 88, flags: 92, worker_private: 96, stack_canary: 104 },
  work_struct: { __size: 32, data: 0, func: 24 },
  kthread: { __size: 64, data: 24 },
  worker: { __size: 64, current_work: 16, current_func: 24, last_func: 32 },
  rcu_state: { __size: 64, gp_seq: 8 },
  kbd_struct: { __size: KBD_BYTES },
  subprocess_info: { __size: 96, path: 40 },
};

const VARIABLES: Readonly<Record<string, number>> = {
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
  kbd_table: KBD_BYTES * CONSOLES,
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

export type SimulatedMemory = ReturnType<typeof createMemory>;

/** The memory of a simulated kernel that has just booted. Addresses are the kernel's; what lies outside throws. */
export function createMemory() {
  const bytes = Buffer.alloc(SIZE);
  const symbols = new Map<string, bigint>();
  let top = 0;
  const at = (place: bigint): number => Number(place - BASE);
  const allocate = (length: number): bigint => {
    const place = BASE + BigInt(top);
    top += (length + 15) & ~15;
    return place;
  };
  for (const [name, length] of Object.entries(VARIABLES)) symbols.set(name, allocate(length));

  const memory = {
    symbols,
    allocate,
    /** Of a variable or a function. */
    address: (name: string): bigint => symbols.get(name) ?? BASE,
    physical: at,
    get32: (place: bigint): number => bytes.readInt32LE(at(place)),
    put32: (place: bigint, value: number): void => void bytes.writeInt32LE(value | 0, at(place)),
    get64: (place: bigint): bigint => bytes.readBigUInt64LE(at(place)),
    put64: (place: bigint, value: bigint): void => void bytes.writeBigUInt64LE(value, at(place)),
    /** Up to its NUL. */
    getText: (place: bigint): string => bytes.toString('latin1', at(place), bytes.indexOf(0, at(place))),
    putText: (place: bigint, text: string): void => void bytes.write(`${text}\0`, at(place), 'latin1'),
    get: (place: bigint, length: number): Buffer => bytes.subarray(at(place), at(place) + length),
    put: (place: bigint, from: Buffer): void => void from.copy(bytes, at(place)),
    /** False where it is not all memory. */
    read(place: bigint, into: Buffer, offset: number, length: number): boolean {
      if (place < BASE || place + BigInt(length) > BASE + BigInt(SIZE)) return false;
      bytes.copy(into, offset, at(place), at(place) + length);
      return true;
    },
    /** Three bits of a byte of `kbd_struct`, as `kbdmode` is one. */
    putKeyboardMode: (console: number, mode: number): void => void (bytes[at(memory.address('kbd_table')) + console * KBD_BYTES + 2] = mode << 2),
  };
  putBootValues(memory);
  return memory;
}

function putBootValues({ address, put32, put64, putText, putKeyboardMode }: Pick<SimulatedMemory, 'address' | 'put32' | 'put64' | 'putText' | 'putKeyboardMode'>): void {
  for (const [work, name] of [['cad_work.2', 'deferred_cad'], ['moom_work', 'moom_callback']] as const) {
    put64(address(work), NO_POOL);
    put64(functionOf(address(work)), address(name));
  }
  putText(address('poweroff_cmd'), '/sbin/poweroff');
  put32(address('system_state'), SYSTEM_RUNNING);
  put32(address('sysrq_enabled'), SYSRQ_MASK);
  put64(address('total_forks'), 100n);
  put64(address('page_offset_base'), 0xffff_9000_0000_0000n);
  put64(address('phys_base'), 0x1000_0000n);
  put64(address('init_task') + 104n, 0x1234_5678_9abc_def0n);
  putText(address('init_task') + 56n, 'swapper/0');
  for (let console = 0; console < CONSOLES; console++) putKeyboardMode(console, 3);
}

/** Where a work item has its function. */
export function functionOf(work: bigint): bigint {
  return work + 24n;
}
