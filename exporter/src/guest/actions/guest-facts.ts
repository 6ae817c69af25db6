import type { Kernel } from '../kernel/kernel.ts';
import { ActionRefused } from './action-error.ts';
import type { HookTarget } from './hook.ts';
import type { WorkState } from './running-work.ts';
import { hasStaticUsermodehelper } from './static-helper.ts';

/** What is known about the guest's kernel for any way of acting. */
export interface GuestFacts {
  /** `system_state`: 3 is normal operation. */
  readonly systemState: number;
  /** `kernel_locked_down`: 0 none, 1 integrity, 2 confidentiality; null: the kernel has no lockdown. */
  readonly lockdown: number | null;
  /** `usermodehelper_disabled`; null: unknown to this kernel. */
  readonly usermodehelperDisabled: number | null;
  readonly staticUsermodehelper: boolean;
  /** About the work item that is to be hooked; null for ways without one. */
  readonly hook: HookFacts | null;
}

export interface HookFacts {
  readonly isForced: boolean;
  /** `poweroff_cmd` as it is. */
  readonly command: string;
  /** The work item has the function that the kernel gave it. */
  readonly isOriginal: boolean;
  readonly isPending: boolean;
  /** A worker runs it, or may. */
  readonly isRunning: boolean;
  readonly shiftState: number;
  /** Keyboard mode of the console in the foreground; null: unknown. */
  readonly keyboardMode: number | null;
  /** `sysrq_enabled`; null where it is not asked for. */
  readonly sysrqMask: number | null;
  readonly isSysrqAlwaysOn: boolean;
}

const CONSOLES = 63;

/**
 * Reads the facts. `hook` null: for injection.
 *
 * @throws ActionRefused `unreadable`
 * @throws GuestError where the kernel lacks something
 */
export function readGuestFacts(kernel: Kernel, hook: HookTarget | null, workState: ((work: bigint, functionAddress: bigint) => WorkState) | null): GuestFacts {
  return {
    systemState: readInteger(kernel, 'system_state'),
    lockdown: kernel.hasSymbol('kernel_locked_down') ? readInteger(kernel, 'kernel_locked_down') : null,
    usermodehelperDisabled: kernel.hasSymbol('usermodehelper_disabled') ? readInteger(kernel, 'usermodehelper_disabled') : null,
    staticUsermodehelper: hasStaticUsermodehelper(kernel),
    hook: hook === null ? null : readHookFacts(kernel, hook, workState),
  };
}

function readHookFacts(kernel: Kernel, hook: HookTarget, workState: ((work: bigint, functionAddress: bigint) => WorkState) | null): HookFacts {
  const isKeyboard = hook.kind === 'keyboard-start';
  const data = kernel.readU64(hook.dataPlace);
  return {
    isForced: readByte(kernel, kernel.symbol('poweroff_force')) !== 0,
    command: kernel.readText(hook.command, 256) ?? '',
    isOriginal: kernel.readU64(hook.functionPlace) === hook.original,
    isPending: data === null || (data & 1n) !== 0n,
    isRunning: workState !== null && workState(hook.work, hook.hookFunction) !== 'idle',
    shiftState: isKeyboard ? readInteger(kernel, 'shift_state') : 0,
    keyboardMode: isKeyboard ? readKeyboardMode(kernel) : null,
    sysrqMask: isKeyboard ? null : readInteger(kernel, 'sysrq_enabled'),
    isSysrqAlwaysOn: !isKeyboard && kernel.hasSymbol('sysrq_always_enabled') && readByte(kernel, kernel.symbol('sysrq_always_enabled')) !== 0,
  };
}

/** `kbd_table[fg_console].kbdmode`: 0 XLATE, 1 MEDIUMRAW, 2 RAW, 3 UNICODE, 4 OFF. */
function readKeyboardMode(kernel: Kernel): number | null {
  const console = readInteger(kernel, 'fg_console');
  const field = kernel.field('kbd_struct', 'kbdmode');
  if (field === null || console < 0 || console >= CONSOLES) return null;
  const at = kernel.symbol('kbd_table') + BigInt(console * kernel.sizeOf('kbd_struct') + field.offset);
  const value = readByte(kernel, at);
  return field.bits === null ? value : (value >> field.bits.shift) & ((1 << field.bits.width) - 1);
}

function readByte(kernel: Kernel, address: bigint): number {
  const byte = Buffer.alloc(1);
  if (!kernel.read(address, byte)) throw new ActionRefused('unreadable', `kernel memory at 0x${address.toString(16)} cannot be read: ask again`);
  return byte.readUInt8(0);
}

function readInteger(kernel: Kernel, symbol: string): number {
  const value = kernel.readU32(kernel.symbol(symbol));
  if (value === null) throw new ActionRefused('unreadable', `the kernel's variable ${symbol} cannot be read: ask again`);
  return value | 0;
}
