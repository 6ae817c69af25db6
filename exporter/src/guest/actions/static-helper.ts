import type { Kernel } from '../kernel/kernel.ts';
import { ActionRefused } from './action-error.ts';

/** Bytes of the function that are looked at; it is shorter. */
const FUNCTION_BYTES = 320;
const OPCODE_MOV_IMMEDIATE = 0xc7;

/**
 * Whether the kernel was built with CONFIG_STATIC_USERMODEHELPER: then `call_usermodehelper_setup` stores a constant into
 * `subprocess_info.path`, where other kernels store its argument.
 *
 * @throws ActionRefused `unreadable`
 * @throws GuestError where the kernel lacks the symbol or the structure
 */
export function hasStaticUsermodehelper(kernel: Kernel): boolean {
  const code = Buffer.alloc(FUNCTION_BYTES);
  if (!kernel.read(kernel.symbol('call_usermodehelper_setup'), code)) throw new ActionRefused('unreadable', "the guest kernel's code cannot be read: ask again");
  return storesConstant(code, kernel.offsetOf('subprocess_info', 'path'));
}

/** Finds `movq $constant, offset(register)`: REX.W C7 /0, with a displacement of 8 or 32 bits. Pure. */
export function storesConstant(code: Buffer, offset: number): boolean {
  for (let at = 0; at + 11 <= code.length; at++) {
    const prefix = code.readUInt8(at);
    if ((prefix !== 0x48 && prefix !== 0x49) || code.readUInt8(at + 1) !== OPCODE_MOV_IMMEDIATE) continue;
    const modrm = code.readUInt8(at + 2);
    const mode = modrm >> 6;
    if (((modrm >> 3) & 7) !== 0 || (modrm & 7) === 4) continue;
    if (mode === 1 && code.readInt8(at + 3) === offset) return true;
    if (mode === 2 && code.readInt32LE(at + 3) === offset) return true;
  }
  return false;
}
