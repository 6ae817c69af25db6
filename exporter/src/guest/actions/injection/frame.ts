import type { GeneralRegister, Registers } from '../gdb/registers.ts';
import type { Gadgets } from './gadgets.ts';

/** What a function is called with: a number, a text, or a list of texts that ends with NULL (`char **`). */
export type Argument = bigint | string | readonly string[];

/** What has to be written, in any order, and the registers with which the processor then runs on. */
export interface Frame {
  readonly writes: readonly { readonly address: bigint; readonly bytes: Buffer }[];
  readonly registers: Record<GeneralRegister, bigint>;
  /** Where the called function returns to, and the stack pointer there. */
  readonly returnAddress: bigint;
  readonly returnStack: bigint;
}

const ORDER = ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'] as const;
/** Kept free below the stack pointer, where the interrupted function's return goes through. */
const GAP = 64n;

/**
 * A call out of the first instruction of a function with one argument, which restores everything by itself.
 *
 * Below the stack pointer, where nothing lives: the texts, and below them a stack on which the called function returns to `pop rdi`
 * (the argument as it was), then `pop rsp` (the stack as it was, less one place), then the first instruction of the interrupted function.
 * Other registers that a called function may change are free at that place anyway. Pure.
 *
 * @param at registers of the processor, which stands at the first instruction
 * @param functionAddress of the function to call
 */
export function buildFrame(at: Registers, gadgets: Gadgets, functionAddress: bigint, args: readonly Argument[]): Frame {
  if (args.length > ORDER.length) throw new RangeError(`${args.length} arguments; ${ORDER.length} fit into registers`);
  const { bytes, values } = layOut(args);
  const base = (at.rsp - GAP - BigInt(bytes.length)) & ~15n;
  // At a function's first instruction the stack pointer is 8 off a multiple of 16.
  const stack = base - GAP - 8n;
  const registers = copyGeneral(at);
  values.forEach((value, index) => {
    const register = ORDER[index];
    if (register !== undefined) registers[register] = value.isPlace ? base + value.value : value.value;
  });
  for (const place of bytes.places) bytes.buffer.writeBigUInt64LE(base + BigInt(place.target), place.at);
  registers.rsp = stack;
  registers.rip = functionAddress;
  const chain = Buffer.alloc(32);
  [gadgets.popRdi, at.rdi, gadgets.popRsp, at.rsp - 8n].forEach((value, index) => chain.writeBigUInt64LE(BigInt.asUintN(64, value), index * 8));
  const last = Buffer.alloc(8);
  last.writeBigUInt64LE(at.rip);
  return {
    writes: [...(bytes.length > 0 ? [{ address: base, bytes: bytes.buffer }] : []), { address: stack, bytes: chain }, { address: at.rsp - 8n, bytes: last }],
    registers,
    returnAddress: gadgets.popRdi,
    returnStack: stack + 8n,
  };
}

/** Bytes of the stack that `buildFrame` takes below the stack pointer, at most. */
export function frameBytes(args: readonly Argument[]): number {
  return layOut(args).bytes.length + Number(GAP) * 2 + 64;
}

function layOut(args: readonly Argument[]) {
  const pieces: { at: number; bytes: Buffer }[] = [];
  const places: { at: number; target: number }[] = [];
  let length = 0;
  const putText = (text: string) => {
    const bytes = Buffer.from(`${text}\0`, 'utf8');
    const at = length;
    pieces.push({ at, bytes });
    length += (bytes.length + 7) & ~7;
    return at;
  };
  const putList = (texts: readonly string[]) => {
    const targets = texts.map(putText);
    const at = length;
    length += (targets.length + 1) * 8;
    targets.forEach((target, index) => places.push({ at: at + index * 8, target }));
    return at;
  };
  const values = args.map((argument) => {
    if (typeof argument === 'bigint') return { isPlace: false, value: BigInt.asUintN(64, argument) };
    return { isPlace: true, value: BigInt(typeof argument === 'string' ? putText(argument) : putList(argument)) };
  });
  const buffer = Buffer.alloc(length);
  for (const { at, bytes } of pieces) bytes.copy(buffer, at);
  return { bytes: { buffer, places, length }, values };
}

function copyGeneral(at: Registers): Record<GeneralRegister, bigint> {
  const { eflags: _eflags, cs: _cs, ...general } = at;
  return general;
}
