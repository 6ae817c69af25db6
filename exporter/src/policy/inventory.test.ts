import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadYaml } from '../config/load.ts';
import { inventoryDesired, inventorySchema } from './inventory.ts';
import type { Inventory } from './inventory.ts';

const UUID = 'A0000000-0000-4000-8000-00000000000A';
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inventory-'));
  file = join(folder, 'inventory.yaml');
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string): Promise<Inventory> {
  await writeFile(file, text);
  return loadYaml(file, inventorySchema);
}

test('a domain is wanted by UUID, else by name and host, else by name', async () => {
  const inventory = await load(`
domains:
  - { name: web, desired: running }
  - { name: web, host: kvm2, desired: stopped }
  - { uuid: ${UUID}, desired: stopped }
`);
  const desired = (uuid: string, name: string, host: string): unknown => inventoryDesired(inventory, { uuid, name, host });
  expect(desired('b', 'web', 'kvm1')).toBe('running');
  expect(desired('b', 'web', 'kvm2')).toBe('stopped');
  expect(desired(UUID.toLowerCase(), 'web', 'kvm1')).toBe('stopped');
  expect(desired('b', 'db', 'kvm1')).toBeNull();
});

test('an empty inventory is allowed: then nothing is expected', async () => {
  expect(inventoryDesired(await load('domains: []'), { uuid: UUID, name: 'web', host: 'kvm1' })).toBeNull();
});

describe('what is wrong is named with file, line, path and what is allowed', () => {
  test.each([
    ['domains:\n  - { name: web, desired: paused }', 2, 'domains[0].desired', ['paused', '`running`', '`stopped`']],
    ['domains:\n  - { name: web }', 2, 'domains[0].desired', ['`running`', '`stopped`']],
    ['domains:\n  - { name: web, desired: running, on: kvm1 }', 2, 'domains[0].on', ['`host`']],
    ['domains:\n  - { desired: running }', 2, 'domains[0]', ['either `uuid` or `name`']],
    [`domains:\n  - { uuid: ${UUID}, name: web, desired: running }`, 2, 'domains[0]', ['either `uuid` or `name`']],
    [`domains:\n  - { uuid: ${UUID}, host: kvm1, desired: running }`, 2, 'domains[0]', ['`host` goes with `name`']],
    ['domains:\n  - { uuid: web, desired: running }', 2, 'domains[0].uuid', ['UUID']],
    ['domains:\n  - { name: web, desired: running }\n  - { name: db, desired: running }\n  - { name: web, desired: stopped }', 4, 'domains[2]', ['domains[0]']],
    [`domains:\n  - { uuid: ${UUID}, desired: running }\n  - { uuid: ${UUID.toLowerCase()}, desired: running }`, 3, 'domains[1]', ['domains[0]']],
    ['web: running', 1, 'web', ['`domains`']],
    ['domains: [', null, '', ['YAML']],
  ])('%j', async (text, line, path, words) => {
    const error = await load(text).catch((caught: Error) => caught);
    const message = (error as Error).message;
    if (line !== null) expect(message).toContain(`${file}:${line}:`);
    expect(message).toContain(path);
    for (const word of words) expect(message).toContain(word);
  });
});
