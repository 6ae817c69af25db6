import type { Kernel } from '../../kernel/kernel.ts';
import { ActionRefused } from '../action-error.ts';

/** Ends of functions that the frame needs: each is the tail of an instruction sequence that every kernel has many of. */
export interface Gadgets {
  /** `pop rdi; ret` */
  readonly popRdi: bigint;
  /** `pop rsp; ret` */
  readonly popRsp: bigint;
}

const TEXT_BYTES = 8 * 1024 * 1024;
/** All names that kernels with a mitigation have for "return": `ret` itself may not stand in their functions. */
const RETURN_THUNKS = ['__x86_return_thunk', 'retbleed_return_thunk', 'zen_return_thunk', 'srso_return_thunk', 'srso_alias_return_thunk', 'call_depth_return_thunk', 'its_return_thunk'];
const RET = 0xc3;
const JMP = 0xe9;
/** `pop r15` and `pop r12` are 41 5f and 41 5c; without the prefix they pop rdi and rsp. */
const PREFIX = 0x41;
const POP_RDI = 0x5f;
const POP_RSP = 0x5c;

/**
 * Finds the gadgets in the kernel's code.
 *
 * @throws ActionRefused `gadget-missing`, `unreadable`
 * @throws GuestError where the kernel lacks a symbol
 */
export function findGadgets(kernel: Kernel): Gadgets {
  const start = kernel.symbol('_stext');
  const end = kernel.symbol('_etext');
  const length = Math.min(Number(end - start), TEXT_BYTES);
  const code = Buffer.alloc(Math.max(0, length));
  if (!(length > 0) || !kernel.read(start, code)) throw new ActionRefused('unreadable', "the guest kernel's code cannot be read: ask again");
  const thunks = new Set(RETURN_THUNKS.filter((name) => kernel.hasSymbol(name)).map((name) => kernel.symbol(name)));
  // The thunk that the kernel chose at its start, where it keeps it in a variable.
  const chosen = kernel.hasSymbol('x86_return_thunk') ? kernel.readU64(kernel.symbol('x86_return_thunk')) : null;
  if (chosen !== null && chosen >= start && chosen < end) thunks.add(chosen);
  const popRdi = findPop(code, start, POP_RDI, thunks);
  const popRsp = findPop(code, start, POP_RSP, thunks);
  if (popRdi === null || popRsp === null) throw new ActionRefused('gadget-missing', "the guest kernel's code has no place to return to as is needed: it is built otherwise than those that are known; another way may do");
  return { popRdi, popRsp };
}

/** Address of the `pop` after its prefix, followed by a return. Pure; null: there is none. */
export function findPop(code: Buffer, start: bigint, opcode: number, thunks: ReadonlySet<bigint>): bigint | null {
  const pattern = Buffer.from([PREFIX, opcode]);
  for (let at = code.indexOf(pattern); at >= 0 && at + 7 <= code.length; at = code.indexOf(pattern, at + 1)) {
    const next = code.readUInt8(at + 2);
    const address = start + BigInt(at);
    if (next === RET) return address + 1n;
    if (next === JMP && thunks.has(BigInt.asUintN(64, address + 7n + BigInt(code.readInt32LE(at + 3))))) return address + 1n;
  }
  return null;
}
