import { expect, test } from 'vitest';
import { candidateVersions, loadOrder, moduleDependencies } from './kernel.ts';

test('the version that apt would install, by package', () => {
  const entry = (name: string, candidate: string) => `${name}:\n  Installed: (none)\n  Candidate: ${candidate}\n  Version table:\n     ${candidate} 500\n`;
  expect([...candidateVersions(entry('a', '6.1.192-2') + entry('b', '(none)') + entry('c', '1:2~3+deb12u1'))]).toEqual([['a', '6.1.192-2'], ['c', '1:2~3+deb12u1']]);
  expect(candidateVersions('N: Unable to locate package x\n').size).toBe(0);
});

test('a module names what it depends on in its .modinfo section', () => {
  const module = (info: string) => Buffer.from(`\x7fELF rubbish\0license=GPL\0${info}\0retpoline=Y\0`);
  expect(moduleDependencies(module('depends=virtio,virtio-ring'))).toEqual(['virtio', 'virtio_ring']);
  expect(moduleDependencies(module('depends='))).toEqual([]);
  expect(moduleDependencies(module('alias=x'))).toEqual([]);
});

test('each module comes once, after everything it needs', async () => {
  const needs: Record<string, string[]> = { net: ['virtio', 'ring', 'failover'], virtio: ['ring'], blk: ['virtio'], ring: [], failover: [] };
  expect(await loadOrder(['net', 'blk'], async (name) => needs[name] ?? [])).toEqual(['ring', 'virtio', 'failover', 'net', 'blk']);
});
