import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeKernel, type FakeKernel } from '../processes/testing/fake-kernel.ts';
import { createModuleTypes, membersOf } from './module-types.ts';

const FIRST_STRING = 1000;
/** Names that the kernel's own types have, by offset. */
const BASE_NAMES: Readonly<Record<number, string>> = { 10: 's_es', 20: 'ext4_group_t' };

/** Types of a module: an int, a function prototype with two parameters, a struct with bit fields, the struct that is looked for. */
function moduleImage(): Buffer {
  const names = ['', 'fancy', 'ext4_sb_info', 's_overhead', 'flag', 's_tail'];
  const offsets = new Map<string, number>();
  let strings = '';
  for (const name of names) {
    offsets.set(name, FIRST_STRING + strings.length);
    strings += `${name}\0`;
  }
  const name = (text: string) => offsets.get(text) ?? 0;
  const type = (nameOffset: number, kind: number, count: number, size: number, rest: number[], bitFields = false) =>
    [nameOffset, ((bitFields ? 0x8000_0000 : 0) | (kind << 24) | count) >>> 0, size, ...rest];
  const types = [
    type(20, 1, 0, 4, [0x20]),
    type(0, 13, 2, 1, [0, 1, 0, 1]),
    type(name('fancy'), 4, 1, 4, [name('s_tail'), 1, 0]),
    type(name('ext4_sb_info'), 4, 4, 64, [name('s_overhead'), 1, 72 * 8, 10, 1, 104 * 8, name('flag'), 1, (1 << 24) | 803, name('s_tail'), 1, 120 * 8], true),
  ].flat();
  const body = Buffer.alloc(4 * types.length);
  types.forEach((value, index) => body.writeUInt32LE(value, 4 * index));
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0xeb9f);
  header.writeUInt8(1, 2);
  [24, 0, body.length, body.length, strings.length].forEach((value, index) => header.writeUInt32LE(value, 4 + 4 * index));
  return Buffer.concat([header, body, Buffer.from(strings)]);
}

const baseName = (offset: number) => BASE_NAMES[offset] ?? null;

describe('members of a structure of a module', () => {
  it('have their names from the module and from the kernel, and are no bit fields', () => {
    expect(membersOf(moduleImage(), 'ext4_sb_info', FIRST_STRING, baseName)).toEqual(new Map([['s_overhead', 72], ['s_es', 104], ['s_tail', 120]]));
  });

  it('are unknown of another structure, and of what are no types', () => {
    expect(membersOf(moduleImage(), 'xfs_mount', FIRST_STRING, baseName)).toBeNull();
    expect(membersOf(Buffer.alloc(100), 'ext4_sb_info', FIRST_STRING, baseName)).toBeNull();
    expect(membersOf(moduleImage().subarray(0, 60), 'ext4_sb_info', FIRST_STRING, baseName)).toBeNull();
  });

  it('are members or unknown, whatever the types are', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 0xffff_ffff, 0x0400_ffff, 0x0d00_ffff))), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(damage, (changes) => {
        const image = moduleImage();
        for (const [at, value] of changes) image.writeUInt32LE(value, 4 * (at % Math.floor(image.length / 4)));
        for (const offset of membersOf(image, 'ext4_sb_info', FIRST_STRING, baseName)?.values() ?? []) expect(offset).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('types of the modules of a kernel', () => {
  function kernelWithModules(): { kernel: FakeKernel; head: bigint } {
    const kernel = createFakeKernel(5);
    kernel.define('btf_module', { list: { size: 16, kind: 'struct' }, btf: 8 });
    kernel.define('btf', { data: 8, data_size: 4, base_btf: 8, start_str_off: 4, strings: 8, name: 56 });
    const base = kernel.allocate('btf');
    const strings = kernel.allocate(100);
    for (const [offset, name] of Object.entries(BASE_NAMES)) kernel.write(strings + BigInt(offset), Buffer.from(`${name}\0`));
    kernel.set('btf', base, 'strings', strings);
    const image = moduleImage();
    const data = kernel.allocate(image.length);
    kernel.write(data, image);
    const head = kernel.allocate(16);
    kernel.symbols.set('btf_modules', head);
    let last = head;
    for (const name of ['jbd2', 'ext4']) {
      const btf = kernel.allocate('btf');
      kernel.write(btf + BigInt(kernel.offsetOf('btf', 'name')), Buffer.from(name));
      kernel.set('btf', btf, 'data', data);
      kernel.set('btf', btf, 'data_size', image.length);
      kernel.set('btf', btf, 'base_btf', base);
      kernel.set('btf', btf, 'start_str_off', FIRST_STRING);
      const entry = kernel.allocate('btf_module');
      kernel.set('btf_module', entry, 'btf', btf);
      const node = entry + BigInt(kernel.offsetOf('btf_module', 'list'));
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(node);
      kernel.write(last, bytes);
      bytes.writeBigUInt64LE(head);
      kernel.write(node, bytes);
      last = node;
    }
    return { kernel, head };
  }

  it('are found by the name of the module', () => {
    const { kernel } = kernelWithModules();
    expect(createModuleTypes(kernel)('ext4', 'ext4_sb_info')?.get('s_es')).toBe(104);
    expect(createModuleTypes(kernel)('xfs', 'ext4_sb_info')).toBeNull();
  });

  it('are unknown where the list does not end', () => {
    const { kernel, head } = kernelWithModules();
    const bytes = Buffer.alloc(8);
    const first = kernel.readU64(head) ?? 0n;
    bytes.writeBigUInt64LE(first);
    kernel.write(first, bytes);
    expect(createModuleTypes(kernel)('ext4', 'ext4_sb_info')).toBeNull();
  });

  it('are unknown in a kernel that keeps none', () => {
    const { kernel } = kernelWithModules();
    kernel.symbols.delete('btf_modules');
    expect(createModuleTypes(kernel)('ext4', 'ext4_sb_info')).toBeNull();
  });
});
