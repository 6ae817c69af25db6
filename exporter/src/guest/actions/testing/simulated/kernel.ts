import type { Kernel } from '../../../kernel/kernel.ts';
import type { HelperLife } from './helper-life.ts';
import { MEMBERS } from './memory.ts';
import type { SimulatedMemory } from './memory.ts';

const KEYBOARD_MODE: ReturnType<Kernel['field']> = { offset: 2, size: 1, kind: 'integer', typeName: 'unsigned char', count: 1, bits: { shift: 2, width: 3 } };

/** A simulated kernel as it is read; a helper that was killed reads nothing. */
export function simulateKernel({ symbols, physical, read: readMemory }: SimulatedMemory, { requireAlive }: HelperLife): Kernel {
  const read: Kernel['read'] = (place, into, offset = 0, length = into.length - offset) => {
    requireAlive();
    return readMemory(place, into, offset, length);
  };
  const bytesAt = (place: bigint, length: number): Buffer | null => {
    const bytes = Buffer.alloc(length);
    return read(place, bytes) ? bytes : null;
  };
  return {
    banner: 'Linux version 6.1.0-sim',
    release: '6.1.0-sim',
    btfHash: '00'.repeat(32),
    symbol(name) {
      const found = symbols.get(name);
      if (found === undefined) throw new Error(`the simulated kernel has no symbol ${name}`);
      return found;
    },
    hasSymbol: (name) => symbols.has(name),
    symbolsLike: (prefix) => [...symbols.keys()].filter((name) => name.startsWith(prefix)).sort(),
    sizeOf: (type) => MEMBERS[type]?.['__size'] ?? 0,
    offsetOf(type, path) {
      const found = MEMBERS[type]?.[path];
      if (found === undefined) throw new Error(`the simulated kernel has no ${type}.${path}`);
      return found;
    },
    tryOffsetOf: (type, path) => MEMBERS[type]?.[path] ?? null,
    field: (type, path) => (type === 'kbd_struct' && path === 'kbdmode' ? KEYBOARD_MODE : null),
    read,
    readUser: () => false,
    readU64: (place) => bytesAt(place, 8)?.readBigUInt64LE(0) ?? null,
    readU32: (place) => bytesAt(place, 4)?.readUInt32LE(0) ?? null,
    readText(place, maximum = 256) {
      const bytes = bytesAt(place, maximum);
      const end = bytes?.indexOf(0) ?? -1;
      return bytes?.toString('utf8', 0, end < 0 ? maximum : end) ?? null;
    },
    physical,
    verify: () => true,
  };
}
