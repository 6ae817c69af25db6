import { KernelError } from '../error.ts';
import type { PhysicalMemory } from '../memory/memory.ts';
import { addressSpace, type AddressSpace, type Mapping } from './address-space.ts';
import type { Btf } from './btf/btf.ts';
import { BTF_HEADER_BYTES, readBtfHeader } from './btf/sections.ts';
import { findKallsyms } from './kallsyms/find.ts';
import type { Symbols } from './kallsyms/symbols.ts';
import { mapOffset, type ImagePiece } from './layout.ts';
import { pageWalker, type Levels } from './page-walk.ts';
import { placeKernel, symbolAddress, type Placement } from './placement.ts';
import type { Profiles } from './profiles.ts';

/** A kernel that was found and has passed all checks. */
export interface Found extends Placement {
  readonly symbols: Symbols;
  readonly btf: Btf;
  readonly btfHash: string;
  readonly banner: string;
  readonly release: string;
  readonly mapping: Mapping;
  readonly space: AddressSpace;
}

const LONGEST_BANNER = 512;
const BANNER_START = 'Linux version ';
/** Where memory is mapped by kernels that do not choose the place at each start, by levels of their tables. */
const FIXED_DIRECT_MAP: Record<Levels, bigint> = { 4: 0xffff_8880_0000_0000n, 5: 0xff11_0000_0000_0000n };
const GIGABYTE = 1n << 30n;
/** `SYSTEM_SCHEDULING`: from then on everything that is read here is set up. */
const SYSTEM_SCHEDULING = 1;

/**
 * Proves that a piece of memory belongs to the kernel that runs: every check has to hold.
 *
 * @throws KernelError
 */
export function examine(memory: PhysicalMemory, piece: ImagePiece, profiles: Profiles): Found {
  const kallsyms = findKallsyms(piece.bytes);
  if (kallsyms === null) {
    const isLinux = piece.bytes.includes(BANNER_START, 0, 'latin1');
    throw isLinux
      ? new KernelError('unsupported-kernel', 'the Linux kernel has no symbols of its own (CONFIG_KALLSYMS), or in a layout that is not known')
      : new KernelError('not-linux', 'there is no Linux kernel where the guest runs its kernel');
  }
  const symbols = profiles.symbols(piece.bytes, kallsyms);
  const placement = placeKernel(memory, piece, kallsyms, symbols);
  const physicalOf = (name: string): number => {
    const offset = mapOffset(symbolAddress(symbols, placement.anchor, name));
    if (offset === null) throw new KernelError('inconsistent', `the symbol ${name} lies outside of the kernel's map`);
    return offset + placement.physBase;
  };
  const banner = readBanner(memory, physicalOf('linux_banner'));
  const { btf, hash } = profiles.types(readBtf(memory, physicalOf, symbols));
  try {
    const mapping = findMapping(memory, symbols, placement, physicalOf);
    const space = addressSpace(memory, mapping);
    checkInitTask(space, btf, symbolAddress(symbols, placement.anchor, 'init_task'));
    const release = banner.slice(BANNER_START.length).split(' ')[0] ?? '';
    return { ...placement, symbols, btf, btfHash: hash, banner, release, mapping, space };
  } catch (error) {
    if (!(error instanceof KernelError) || error.reason !== 'inconsistent' || isUp(memory, physicalOf)) throw error;
    throw new KernelError('not-up-yet', `the kernel is only starting: ${error.message}`, { cause: error });
  }
}

function isUp(memory: PhysicalMemory, physicalOf: (name: string) => number): boolean {
  const state = Buffer.alloc(4);
  return memory.read(physicalOf('system_state'), state, 0, 4) && state.readUInt32LE(0) >= SYSTEM_SCHEDULING;
}

/** The kernel's banner, without its line feed. @throws KernelError `inconsistent` */
export function readBanner(memory: PhysicalMemory, physical: number): string {
  const bytes = Buffer.alloc(LONGEST_BANNER);
  const text = memory.read(physical, bytes, 0, bytes.length) ? bytes.toString('latin1') : '';
  const end = text.search(/[\n\0]/);
  if (!/^Linux version [\x21-\x7e]+ /.test(text) || end < 0) throw new KernelError('inconsistent', 'the kernel has no banner where its symbol linux_banner says');
  return text.slice(0, end);
}

/** @throws KernelError `unsupported-kernel`, `inconsistent` */
function readBtf(memory: PhysicalMemory, physicalOf: (name: string) => number, symbols: Symbols): Buffer {
  if (symbols.find('__start_BTF') === 'missing') {
    throw new KernelError('unsupported-kernel', 'the kernel does not describe its types: it was built without CONFIG_DEBUG_INFO_BTF');
  }
  const start = physicalOf('__start_BTF');
  const header = Buffer.alloc(BTF_HEADER_BYTES);
  const sections = memory.read(start, header, 0, header.length) ? readBtfHeader(header) : null;
  if (sections === null || sections.length > physicalOf('__stop_BTF') - start) {
    throw new KernelError('inconsistent', "the kernel's types (BTF) are not where its symbols say");
  }
  const bytes = Buffer.allocUnsafe(sections.length);
  if (!memory.read(start, bytes, 0, bytes.length)) throw new KernelError('inconsistent', "the kernel's types (BTF) do not lie in memory");
  return bytes;
}

/**
 * Levels of the page tables and place of the direct map: those with which the kernel's own banner is found again.
 *
 * @throws KernelError `inconsistent`
 */
function findMapping(memory: PhysicalMemory, symbols: Symbols, { anchor }: Placement, physicalOf: (name: string) => number): Mapping {
  const { walk } = pageWalker(memory);
  const root = physicalOf('init_top_pgt');
  const banner = physicalOf('linux_banner');
  const address = symbolAddress(symbols, anchor, 'linux_banner');
  const levels = ([5, 4] as const).find((count) => walk(root, address, count)?.physical === banner);
  if (levels === undefined) throw new KernelError('inconsistent', "the kernel's page tables (init_top_pgt) do not lead to the kernel");
  let directMap = FIXED_DIRECT_MAP[levels];
  if (symbols.find('page_offset_base') !== 'missing') {
    const variable = Buffer.alloc(8);
    if (memory.read(physicalOf('page_offset_base'), variable, 0, 8)) directMap = variable.readBigUInt64LE(0);
  }
  if (directMap % GIGABYTE !== 0n || walk(root, directMap + BigInt(banner), levels)?.physical !== banner) {
    throw new KernelError('inconsistent', "the kernel's map of all memory (page_offset_base) does not lead to the kernel");
  }
  return { levels, root, directMap };
}

/** @throws KernelError `inconsistent`, `type-missing` */
function checkInitTask(space: AddressSpace, btf: Btf, initTask: bigint): void {
  if (!isInitTask(space, btf, initTask)) throw new KernelError('inconsistent', 'the first task (init_task) is not the idle task of the kernel');
}

/** @throws KernelError `type-missing` */
export function isInitTask(space: AddressSpace, btf: Btf, initTask: bigint): boolean {
  const comm = btf.field('task_struct', 'comm');
  const pid = btf.field('task_struct', 'pid');
  if (comm === null || pid === null) throw new KernelError('type-missing', "the kernel's BTF does not describe task_struct");
  const name = Buffer.alloc(7);
  const number = Buffer.alloc(4);
  return (
    space.read(initTask + BigInt(comm.offset), name) &&
    space.read(initTask + BigInt(pid.offset), number) &&
    name.toString('latin1') === 'swapper' &&
    number.readInt32LE(0) === 0
  );
}
