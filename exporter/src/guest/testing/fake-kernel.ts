import { BtfKind } from '../kernel/btf/types.ts';
import { KERNEL_MAP } from '../kernel/layout.ts';
import type { Levels } from '../kernel/page-walk.ts';
import type { Monitor, PhysicalMemory } from '../memory/memory.ts';
import { btfBuilder } from './btf-builder.ts';
import { bufferMemory } from './buffer-memory.ts';
import { fakeMonitor } from './fake-monitor.ts';
import { buildKallsyms, type BuiltSymbol, type KallsymsLayout } from './kallsyms-builder.ts';
import { pageTables } from './page-tables.ts';

export interface FakeKernelOptions {
  layout?: KallsymsLayout;
  levels?: Levels;
  /** Page table isolation: the CPU is in a process, whose table has nothing of the kernel but its entry code. */
  isolated?: boolean;
  /** Where the image is in the kernel's map and in memory; multiples of 2 MiB. */
  offset?: number;
  physical?: number;
  banner?: string;
  systemState?: number;
  /** Symbols that are left out, or added. */
  without?: readonly string[];
  more?: readonly BuiltSymbol[];
}

export interface FakeKernel {
  /** All of its memory, from physical address 0 on. Writing to it changes the guest. */
  readonly bytes: Buffer;
  readonly memory: PhysicalMemory;
  readonly monitor: Monitor & { asked: string[] };
  /** Physical address of a symbol, and its virtual one. */
  at(symbol: string): number;
  address(symbol: string): bigint;
  readonly directMap: bigint;
  readonly levels: Levels;
  /** A page of a process and the value of its `mm_struct.pgd`. */
  readonly process: { pgd: bigint; address: bigint; text: string };
}

const MIB = 2 ** 20;
const MEMORY_BYTES = 32 * MIB;
const IMAGE_BYTES = 6 * MIB;
const BTF_BYTES = 1_100_000;
/** Places in the image. */
const PLACES = { _text: 0, handler: 0x1000, linux_banner: 0x2000, phys_base: 0x3000, page_offset_base: 0x3008, system_state: 0x3010, init_task: 0x4000, init_top_pgt: 0x8000, tables: 0x1_0000, __start_BTF: 0x20_0040 };
const [ISOLATED_ROOT, IDT, PROCESS_PAGE, PROCESS_ROOT, FREE_TABLES] = [0x1_2000, 0x1_6000, 0x1_7000, 0x1_8000, 0x2_0000];
const IDT_ADDRESS = 0xffff_fe00_0000_0000n;
const PROCESS_ADDRESS = 0x5555_5555_4000n;
const PROCESS_TEXT = 'memory of a process';
export const FAKE_BANNER = 'Linux version 6.1.0-56-fake (builder@example.org) (gcc 12) #1 SMP PREEMPT_DYNAMIC';

/** A memory with the least of a Linux kernel that is found in it: everything that finding checks. */
export function fakeKernel(options: FakeKernelOptions = {}): FakeKernel {
  const { layout = '6.1', levels = 4, offset = 0x1580_0000, physical = 0x80_0000 } = options;
  const bytes = Buffer.alloc(MEMORY_BYTES);
  const directMap = levels === 4 ? 0xffff_9a80_0000_0000n : 0xff12_0000_4000_0000n;
  const btf = (builtTypes ??= buildTypes());

  const symbols = [...kernelSymbols(offset, btf.length, layout), ...(options.more ?? [])].filter(({ name }) => options.without?.includes(name) !== true);
  const put = (place: number, content: Buffer): void => void content.copy(bytes, physical + place);
  const word = (value: bigint): Buffer => {
    const content = Buffer.alloc(8);
    content.writeBigInt64LE(BigInt.asIntN(64, value));
    return content;
  };
  put(PLACES.linux_banner, Buffer.from(`${options.banner ?? FAKE_BANNER}\n\0`));
  put(PLACES.phys_base, word(BigInt(physical - offset)));
  put(PLACES.page_offset_base, word(directMap));
  put(PLACES.system_state, word(BigInt(options.systemState ?? 3)));
  put(PLACES.init_task + 16, Buffer.from('swapper/0\0'));
  put(PLACES.tables, buildKallsyms(symbols, layout, offset + PLACES.tables));
  put(PLACES.__start_BTF, btf);

  const { map } = pageTables(bytes, FREE_TABLES, levels);
  const root = physical + PLACES.init_top_pgt;
  for (let at = 0; at < IMAGE_BYTES; at += 2 * MIB) map(root, KERNEL_MAP + BigInt(offset + at), physical + at, 2 * MIB);
  for (let at = 0; at < MEMORY_BYTES; at += 2 * MIB) map(root, directMap + BigInt(at), at, 2 * MIB);
  const handler = KERNEL_MAP + BigInt(offset + PLACES.handler);
  // The uppermost tables of an isolated process: the kernel's half at the even page, its own at the odd one.
  for (const each of options.isolated === true ? [root, ISOLATED_ROOT, ISOLATED_ROOT + 4096] : [root]) map(each, IDT_ADDRESS, IDT, 4096);
  bytes.copy(bytes, ISOLATED_ROOT, root, root + 4096);
  map(PROCESS_ROOT, PROCESS_ADDRESS, PROCESS_PAGE, 4096);
  bytes.write(PROCESS_TEXT, PROCESS_PAGE + 0x10, 'latin1');
  bytes.writeUInt16LE(Number(handler & 0xffffn), IDT);
  bytes.writeUInt16LE(Number((handler >> 16n) & 0xffffn), IDT + 6);
  bytes.writeUInt32LE(Number(handler >> 32n), IDT + 8);

  const cr3 = options.isolated === true ? ISOLATED_ROOT + 4096 : root;
  const place = (name: string): number => {
    const symbol = symbols.find((one) => one.name === name);
    if (symbol === undefined) throw new Error(`no symbol ${name}`);
    return symbol.offset;
  };
  return {
    bytes,
    memory: bufferMemory([{ start: 0, bytes }]),
    monitor: fakeMonitor({ 'info registers': registersText({ cr3, cr4: levels === 5 ? 0x1ef0 : 0xef0, idt: IDT_ADDRESS, efer: 0xd01 }) }),
    at: (name) => physical - offset + place(name),
    address: (name) => KERNEL_MAP + BigInt(place(name)),
    directMap,
    levels,
    process: { pgd: directMap + BigInt(PROCESS_ROOT), address: PROCESS_ADDRESS + 0x10n, text: PROCESS_TEXT },
  };
}

export interface ShownRegisters {
  cr3: number;
  cr4: number;
  idt: bigint;
  efer: number;
  rip?: bigint;
  /** CPL */
  level?: number;
}

/** A virtual CPU as QEMU's `info registers` shows it, as far as it is read. */
export function registersText({ cr3, cr4, idt, efer, rip = 0xffff_ffff_9683_aa2bn, level = 0 }: ShownRegisters): string {
  const hex = (value: number | bigint, digits: number): string => value.toString(16).padStart(digits, '0');
  return [
    'RAX=0000000000000000 RBX=0000000000000000 RCX=0000000000000001 RDX=4000000000000000',
    `RIP=${hex(rip, 16)} RFL=00000246 [---Z-P-] CPL=${level} II=0 A20=1 SMM=0 HLT=1`,
    `GDT=     fffffe0000001000 0000007f`,
    `IDT=     ${hex(idt, 16)} 00000fff`,
    `CR0=80050033 CR2=00007f3c6b1f8000 CR3=${hex(cr3, 16)} CR4=${hex(cr4, 8)}`,
    `EFER=${hex(efer, 16)}`,
  ].join('\r\n');
}

function kernelSymbols(offset: number, btfBytes: number, layout: KallsymsLayout): BuiltSymbol[] {
  const { _text, tables: _tables, handler, ...data } = PLACES;
  const symbols: BuiltSymbol[] = [
    { name: '_text', type: 'T', offset: offset + _text },
    { name: 'asm_exc_divide_error', type: 'T', offset: offset + handler },
    ...Object.entries(data).map(([name, place]) => ({ name, type: 'D', offset: offset + place })),
    { name: '__stop_BTF', type: 'R', offset: offset + PLACES.__start_BTF + btfBytes },
  ];
  for (let index = 0; index < 600; index++) symbols.push({ name: `fn_${index * 7919}`, type: 't', offset: offset + 0x1100 + index });
  symbols.push({ name: 'twice', type: 't', offset: offset + 0x1500 }, { name: 'twice', type: 't', offset: offset + 0x1600 });
  if (layout !== '6.15' && layout !== 'place') {
    symbols.push({ name: 'fixed_percpu_data', type: 'A', offset: 0, absolute: true }, { name: 'current_task', type: 'A', offset: 0x1_fb80, absolute: true });
  }
  return symbols;
}

let builtTypes: Buffer | null = null;

/** `task_struct` and what it takes, as little as tests read. */
function buildTypes(): Buffer {
  const builder = btfBuilder();
  const character = builder.integer('char', 1);
  const integer = builder.integer('int', 4);
  const long = builder.integer('long unsigned int', 8);
  const name = builder.array(character, 16);
  const list = builder.struct('list_head', 16, [{ name: 'next', type: long, bit: 0 }, { name: 'prev', type: long, bit: 64 }]);
  builder.refer(BtfKind.TYPEDEF, integer, 'pid_t');
  builder.struct('task_struct', 64, [{ name: 'pid', type: integer, bit: 0 }, { name: 'comm', type: name, bit: 128 }, { name: 'tasks', type: list, bit: 256 }]);
  return builder.build(BTF_BYTES);
}
