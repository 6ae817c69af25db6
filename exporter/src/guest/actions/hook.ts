import type { Kernel } from '../kernel/kernel.ts';
import { ActionRefused } from './action-error.ts';
import type { HookPlace, JournalEntry, JournalWrite } from './journal-entry.ts';
import { JournalError } from './journal-entry.ts';

/** Harmless command: what a hook that has to stay is left with. */
export const HARMLESS = '/bin/true';
const COMMAND_BYTES = 256;
const SYSRQ_SIGNALS = 0x40;

/** A work item of the kernel that a key makes run, and what has to be changed so that it starts a command. */
export interface HookTarget {
  readonly kind: 'keyboard-start' | 'sysrq-start';
  /** The `work_struct`. */
  readonly work: bigint;
  /** Where its function pointer is, and its state with the bit that says that it is pending. */
  readonly functionPlace: bigint;
  readonly dataPlace: bigint;
  /** What the function is without us, and what it is made to be. */
  readonly original: bigint;
  readonly hookFunction: bigint;
  readonly command: bigint;
  /** `C_A_D`, or `sysrq_enabled`: what has to be changed so that the key is followed. */
  readonly gate: { readonly place: HookPlace; readonly address: bigint };
}

/** Ctrl-Alt-Del: `cad_work` runs `deferred_cad`. @throws GuestError, ActionRefused `symbol-missing`, `symbol-ambiguous` */
export function keyboardTarget(kernel: Kernel): HookTarget {
  return target(kernel, 'keyboard-start', staticSymbol(kernel, 'cad_work'), 'deferred_cad', { place: 'ctrl-alt-del', address: kernel.symbol('C_A_D') });
}

/** SysRq-F: `moom_work` runs `moom_callback`. @throws GuestError, ActionRefused `symbol-missing`, `symbol-ambiguous` */
export function sysrqTarget(kernel: Kernel): HookTarget {
  return target(kernel, 'sysrq-start', staticSymbol(kernel, 'moom_work'), 'moom_callback', { place: 'sysrq-mask', address: kernel.symbol('sysrq_enabled') });
}

function target(kernel: Kernel, kind: HookTarget['kind'], work: bigint, original: string, gate: HookTarget['gate']): HookTarget {
  return {
    kind,
    work,
    functionPlace: work + BigInt(kernel.offsetOf('work_struct', 'func')),
    dataPlace: work + BigInt(kernel.offsetOf('work_struct', 'data')),
    original: kernel.symbol(original),
    hookFunction: kernel.symbol('poweroff_work_func'),
    command: kernel.symbol('poweroff_cmd'),
    gate,
  };
}

/** Address of a static variable, to whose name the compiler may have added a number. */
function staticSymbol(kernel: Kernel, name: string): bigint {
  const names = kernel.symbolsLike(name).filter((found) => found === name || (found.startsWith(`${name}.`) && /^\.\d+$/.test(found.slice(name.length))));
  const [first] = names;
  if (first === undefined) throw new ActionRefused('symbol-missing', `the guest's kernel has no symbol ${name}: it is built otherwise than those that are known; another way may do`);
  if (names.length > 1) throw new ActionRefused('symbol-ambiguous', `the guest's kernel has ${names.length} symbols ${name}: which one counts cannot be told; another way may do`);
  return kernel.symbol(first);
}

/**
 * What has to be written for the command, in this order; nothing is written here.
 *
 * @param command 256 bytes
 * @throws ActionRefused `unreadable`
 */
export function planWrites(kernel: Kernel, hook: HookTarget, command: Buffer): JournalWrite[] {
  const plan = (place: HookPlace, address: bigint, length: number, after: (before: Buffer) => Buffer): JournalWrite => {
    const before = Buffer.alloc(length);
    if (!kernel.read(address, before)) throw new ActionRefused('unreadable', `kernel memory at 0x${address.toString(16)} cannot be read: ask again`);
    return { place, address, before, after: after(before) };
  };
  const pointer = Buffer.alloc(8);
  pointer.writeBigUInt64LE(hook.hookFunction);
  const open = (before: Buffer) => {
    const value = Buffer.alloc(4);
    value.writeInt32LE(hook.gate.place === 'ctrl-alt-del' ? 1 : before.readInt32LE(0) | SYSRQ_SIGNALS);
    return value;
  };
  return [
    plan('command', hook.command, COMMAND_BYTES, () => command),
    plan('function', hook.functionPlace, 8, () => pointer),
    plan(hook.gate.place, hook.gate.address, 4, open),
  ];
}

/**
 * Compares an entry of the journal with the kernel that it is to be undone in: places and original function have to be this
 * kernel's own. A file that says otherwise is not followed.
 *
 * @throws JournalError
 */
export function checkEntry(entry: JournalEntry, hook: HookTarget): void {
  const places: Partial<Record<HookPlace, bigint>> = { command: hook.command, function: hook.functionPlace, [hook.gate.place]: hook.gate.address };
  const lengths: Partial<Record<HookPlace, number>> = { command: COMMAND_BYTES, function: 8, [hook.gate.place]: 4 };
  const writes = new Map(entry.writes.map((write) => [write.place, write]));
  const isSame = (entry.kind === hook.kind) && entry.work === hook.work && entry.hookFunction === hook.hookFunction && entry.writes.length === 3;
  const arePlaces = entry.writes.every((write) => places[write.place] === write.address && lengths[write.place] === write.before.length);
  const original = writes.get('function')?.before;
  if (!isSame || !arePlaces || original === undefined || original.readBigUInt64LE(0) !== hook.original) {
    throw new JournalError(`the entry of domain ${entry.domain} does not fit the kernel that it was made for`);
  }
}

/** @returns 256 bytes with the harmless command */
export function harmlessCommand(): Buffer {
  const bytes = Buffer.alloc(COMMAND_BYTES);
  bytes.write(HARMLESS, 'latin1');
  return bytes;
}
