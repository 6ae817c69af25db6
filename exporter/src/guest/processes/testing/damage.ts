import fc from 'fast-check';
import type { FakeKernel } from './fake-kernel.ts';

/** Words that a hostile guest might put into its memory. */
const HOSTILE_WORDS = [0n, 1n, 8n, 0xffff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_8000_0000n, 0x7fff_ffffn, 0xffff_ffffn, 0xffff_8880_0000_0000n];

/** One damage: which word of the memory becomes what. */
export type Damage = readonly [where: number, what: 'hostile' | 'pointer' | 'any', value: bigint];

export const damages = fc.array(
  fc.tuple(fc.nat(), fc.constantFrom<Damage[1]>('hostile', 'pointer', 'pointer', 'any'), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  { minLength: 1, maxLength: 24 },
);

/** All words of the memory that are not 0: pointers, counts, names. */
export function wordsOf(kernel: FakeKernel): bigint[] {
  const words: bigint[] = [];
  for (const [page, bytes] of kernel.pages) {
    for (let offset = 0; offset < bytes.length; offset += 8) if (bytes.readBigUInt64LE(offset) !== 0n) words.push(page * 4096n + BigInt(offset));
  }
  return words;
}

/** Overwrites words that are not 0: by numbers that hurt, by other words of the same memory (loops, wrong structures), by anything. */
export function damage(kernel: FakeKernel, changes: readonly Damage[]): void {
  const words = wordsOf(kernel);
  const pick = (index: bigint | number) => words[Number(BigInt(index) % BigInt(words.length))] ?? 0n;
  for (const [where, what, value] of changes) {
    const bytes = Buffer.alloc(8);
    if (what === 'any') bytes.writeBigUInt64LE(value);
    else if (what === 'hostile') bytes.writeBigUInt64LE(HOSTILE_WORDS[Number(value % BigInt(HOSTILE_WORDS.length))] ?? 0n);
    else bytes.writeBigUInt64LE(value % 2n === 0n ? (kernel.readU64(pick(value / 2n)) ?? 0n) : pick(value / 2n));
    kernel.write(pick(where), bytes);
  }
}
