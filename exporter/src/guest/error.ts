/**
 * Why something could not be had from a guest. The words are stable: metrics, the API and tests use them.
 *
 * - `unreadable`: memory that has to be there cannot be read, or QEMU's monitor does not answer as QEMU's does.
 * - `not-linux`: no Linux kernel is to be found in the memory.
 * - `encrypted`: the processor encrypts the memory (SEV).
 * - `not-up-yet`: a kernel is there and has not come up as far as that it could be read; asking again later helps.
 * - `unsupported-kernel`: a Linux kernel without what is needed (BTF, all symbols) or with layouts that are not known.
 * - `symbol-missing`, `symbol-ambiguous`, `type-missing`: the kernel lacks it, or has it more than once.
 * - `inconsistent`: things that have to agree do not. The memory is changing, or somebody wants to deceive.
 */
export type GuestReason =
  | 'unreadable'
  | 'encrypted'
  | 'not-linux'
  | 'not-up-yet'
  | 'unsupported-kernel'
  | 'symbol-missing'
  | 'symbol-ambiguous'
  | 'type-missing'
  | 'inconsistent';

/** Something could not be had from a guest. It never means that anything in the guest is dead. */
export class GuestError extends Error {
  readonly reason: GuestReason;

  constructor(reason: GuestReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.reason = reason;
  }
}

/** A `GuestError` about the guest's kernel: finding it, or its symbols and types. */
export class KernelError extends GuestError {}
