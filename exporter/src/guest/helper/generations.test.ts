import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGenerations } from './generations.ts';
import { OTHER_UUID, UUID } from './testing/fake-proc.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'virtmedic-generations-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('generations', () => {
  it('lets in what is not older, for each domain by itself', async () => {
    const generations = openGenerations(folder);
    await generations.admit(UUID, 7);
    await generations.admit(UUID, 7);
    await expect(generations.admit(UUID, 6)).rejects.toMatchObject({ reason: 'stale-generation', message: expect.stringContaining('generation 6 of the lease is older than 7') });
    await generations.admit(OTHER_UUID, 1);
    expect([generations.isCurrent(UUID, 7), generations.isCurrent(UUID, 6), generations.isCurrent(UUID, 8), generations.isCurrent(OTHER_UUID, 1)]).toEqual([true, false, false, true]);
    await generations.admit(UUID, 9);
    expect(generations.isCurrent(UUID, 7)).toBe(false);
  });

  it('remembers after a restart', async () => {
    await openGenerations(folder).admit(UUID, Number.MAX_SAFE_INTEGER - 1);
    const after = openGenerations(folder);
    expect(after.isCurrent(UUID, Number.MAX_SAFE_INTEGER - 1)).toBe(false);
    await expect(after.admit(UUID, Number.MAX_SAFE_INTEGER - 2)).rejects.toMatchObject({ reason: 'stale-generation' });
    await after.admit(UUID, Number.MAX_SAFE_INTEGER);
  });

  it('keeps the highest of those that come at once', async () => {
    const generations = openGenerations(folder);
    const results = await Promise.allSettled([3, 9, 4, 9, 1, 8].map((generation) => generations.admit(UUID, generation)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'rejected']);
    expect(await readFile(join(folder, UUID), 'utf8')).toBe('9\n');
  });

  it.each(['', '\n', '7', 'seven\n', '-1\n', '0\n', '1e3\n', '07\n', '99999999999999999\n', '9007199254740993\n', '7\n8\n'])('does nothing where it holds %j', async (text) => {
    await writeFile(join(folder, UUID), text);
    await expect(openGenerations(folder).admit(UUID, 99)).rejects.toMatchObject({ reason: 'generation-unreadable', message: expect.stringContaining('then remove the file') });
    expect(await readFile(join(folder, UUID), 'utf8')).toBe(text);
  });

  it('does nothing where the file is a link or a folder stands in the way of the new one', async () => {
    await symlink('/etc/hostname', join(folder, UUID));
    await expect(openGenerations(folder).admit(UUID, 1)).rejects.toMatchObject({ reason: 'generation-unreadable' });
    await symlink('/etc/hostname', join(folder, `${OTHER_UUID}.new`));
    await expect(openGenerations(folder).admit(OTHER_UUID, 1)).rejects.toMatchObject({ reason: 'generation-not-kept' });
  });

  it('lets nothing in that was not kept, and works again afterwards', async () => {
    const generations = openGenerations(folder);
    await generations.admit(UUID, 1);
    await rm(folder, { recursive: true });
    await expect(generations.admit(UUID, 2)).rejects.toMatchObject({ reason: 'generation-not-kept' });
    expect([generations.isCurrent(UUID, 2), generations.isCurrent(UUID, 1)]).toEqual([false, true]);
    await mkdir(folder);
    await generations.admit(UUID, 2);
    expect(generations.isCurrent(UUID, 2)).toBe(true);
  });

  it('takes no notice of a file that a kill left half written', async () => {
    await openGenerations(folder).admit(UUID, 5);
    await writeFile(join(folder, `${UUID}.new`), '99');
    const after = openGenerations(folder);
    await after.admit(UUID, 6);
    expect(await readdir(folder)).toEqual([UUID]);
    expect(await readFile(join(folder, UUID), 'utf8')).toBe('6\n');
  });
});
