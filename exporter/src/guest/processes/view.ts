import { KernelError } from '../error.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** No structure of a kernel has what is read of it further apart; more would be a made-up description. */
const MAXIMUM_BYTES = 65_536;

/** Some members of a structure, read together. */
export interface View<Required extends string, Optional extends string = never> {
  /** Where each member is in what `read` answers; bytes. */
  readonly at: Readonly<Record<Required, number>>;
  /** As `at`; null where this kernel has no such member. */
  readonly maybe: Readonly<Record<Optional, number | null>>;
  /** Size of the structure, bytes. */
  readonly size: number;
  /** The members of the structure at `address`, in a buffer that the next `read` of this view overwrites; null: not mapped. */
  read(address: bigint): Buffer | null;
}

/**
 * A view of the members of `type` at these paths: names of the caller to paths in the kernel.
 *
 * @throws KernelError `type-missing` where the kernel lacks a required one, `unsupported-kernel` where they lie too far apart
 */
export function defineView<Required extends string, Optional extends string = never>(
  kernel: Kernel,
  type: string,
  required: Readonly<Record<Required, string>>,
  optional?: Readonly<Record<Optional, string>>,
): View<Required, Optional> {
  let start = Infinity;
  let end = 0;
  const include = (path: string, offset: number) => {
    start = Math.min(start, offset);
    end = Math.max(end, offset + (kernel.field(type, path)?.size ?? 8));
    return offset;
  };
  const offsets = Object.entries<string>(required).map(([name, path]) => [name, include(path, kernel.offsetOf(type, path))] as const);
  const others = Object.entries<string>(optional ?? {}).map(([name, path]) => {
    const offset = kernel.tryOffsetOf(type, path);
    return [name, offset === null ? null : include(path, offset)] as const;
  });
  const length = end - start;
  if (!(length > 0 && length <= MAXIMUM_BYTES)) {
    throw new KernelError('unsupported-kernel', `members of struct ${type} lie ${length} bytes apart, at most ${MAXIMUM_BYTES} are read`);
  }
  const buffer = Buffer.alloc(length);
  const shift = BigInt(start);
  return {
    at: Object.fromEntries(offsets.map(([name, offset]) => [name, offset - start])) as Record<Required, number>,
    maybe: Object.fromEntries(others.map(([name, offset]) => [name, offset === null ? null : offset - start])) as Record<Optional, number | null>,
    size: kernel.sizeOf(type),
    read: (address) => (kernel.read(BigInt.asUintN(64, address + shift), buffer, 0, length) ? buffer : null),
  };
}
