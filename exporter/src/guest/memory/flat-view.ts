import { GuestError } from '../error.ts';
import type { MemoryRange } from './memory.ts';

const PAGE_BYTES = 4096;
const ROW = /^ +([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, ram\): /;
const LARGEST_TEXT = 4 * 1024 * 1024;
const LARGEST_ADDRESS = 2 ** 52;

/** More rows than any guest has: each one costs a question to QEMU. */
export const MOST_ROWS = 256;

/**
 * RAM in the physical address space, out of QEMU's `info mtree -f`: the rows of type `ram` in the flat view that has the address
 * space "memory". ROM, devices and RAM of devices (`ramd`) are other types.
 *
 * @returns ascending, whole pages
 * @throws GuestError `unreadable`: the text is none of QEMU's
 */
export function parseFlatView(text: string): MemoryRange[] {
  if (text.length > LARGEST_TEXT) throw new GuestError('unreadable', `QEMU's "info mtree -f" answered ${text.length} characters, more than is read`);
  const rows: MemoryRange[] = [];
  let inMemory = false;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('FlatView')) inMemory = false;
    else if (/^ AS "memory"/.test(line)) inMemory = true;
    const match = inMemory ? ROW.exec(line) : null;
    if (match === null) continue;
    const start = Number.parseInt(match[1] ?? '', 16);
    const end = Number.parseInt(match[2] ?? '', 16) + 1;
    if (end <= start || end > LARGEST_ADDRESS) throw new GuestError('unreadable', `QEMU's "info mtree -f" has a row that cannot be: ${line.trim().slice(0, 100)}`);
    rows.push({ start: Math.ceil(start / PAGE_BYTES) * PAGE_BYTES, end: Math.floor(end / PAGE_BYTES) * PAGE_BYTES });
  }
  const usable = rows.filter((row) => row.end > row.start).sort((a, b) => a.start - b.start);
  if (usable.length === 0) throw new GuestError('unreadable', 'QEMU\'s "info mtree -f" shows no RAM in its address space "memory"');
  if (usable.length > MOST_ROWS) throw new GuestError('unreadable', `QEMU's "info mtree -f" shows ${usable.length} pieces of RAM, more than ${MOST_ROWS}`);
  if (usable.some((row, index) => row.start < (usable[index - 1]?.end ?? 0))) throw new GuestError('unreadable', 'QEMU\'s "info mtree -f" shows RAM that overlaps');
  return usable;
}

/** The host virtual address in QEMU's answer to `gpa2hva`; null: there is none. */
export function parseHostAddress(text: string): number | null {
  const match = / is (0x[0-9a-f]{1,13})\b/.exec(text.slice(0, 1000));
  const address = match === null ? 0 : Number(match[1]);
  return address > 0 ? address : null;
}
