import { chmod, mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError, type Store } from '../store.ts';
import { openSqliteStore } from './open.ts';

let folder: string;
let path: string;
const stores: Store[] = [];
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  path = join(folder, 'virtmedic.db');
  warnings = [];
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

async function open(at = path): Promise<Store> {
  const store = await openSqliteStore(at, { onWarning: (text) => warnings.push(text) });
  stores.push(store);
  return store;
}
const mode = async (of: string): Promise<string> => ((await stat(of)).mode & 0o777).toString(8);

describe('the database file', () => {
  it('and its companions belong to their owner alone', async () => {
    const before = process.umask(0);
    const store = await open();
    process.umask(before);
    await store.putSetting('k', 1);
    expect(await Promise.all([path, `${path}-wal`, `${path}-shm`].map(mode))).toEqual(['600', '600', '600']);
    expect(warnings).toEqual([]);
  });

  it('loses permissions that are too wide, with a warning', async () => {
    await (await open()).close();
    await chmod(path, 0o644);
    await open();
    expect(await mode(path)).toBe('600');
    expect(warnings).toEqual([`${path} had mode 644; it holds secrets and now has mode 600`]);
  });

  it('in a folder that all can reach is warned about', async () => {
    await chmod(folder, 0o755);
    await open();
    expect(warnings).toEqual([expect.stringMatching(/has mode 755: everybody can reach/)]);
  });

  it('may be reached through a link', async () => {
    await (await open()).close();
    await symlink(path, join(folder, 'link.db'));
    expect(await (await open(join(folder, 'link.db'))).domains()).toEqual([]);
  });
});

describe('a file that cannot be used', () => {
  const refused = async (at: string): Promise<string> => {
    const error = await openSqliteStore(at).then(() => null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    return (error as Error).message;
  };

  it('is refused with a reason and what to do', async () => {
    await writeFile(join(folder, 'plain'), 'text');
    await mkdir(join(folder, 'folder'));
    expect(await refused(join(folder, 'missing', 'x.db'))).toMatch(/folder does not exist; create it/);
    expect(await refused(join(folder, 'plain', 'x.db'))).toMatch(/is a file, not a folder; correct store\.path/);
    expect(await refused(join(folder, 'folder'))).toMatch(/not a regular file/);
    expect(await refused(join(folder, 'x'.repeat(300)))).toMatch(/too long/);
  });

  it('of another kind is left exactly as it is', async () => {
    const other = join(folder, 'other');
    await writeFile(other, 'not a database, but long enough to look at: '.repeat(100), { mode: 0o644 });
    expect(await refused(other)).toMatch(/not an SQLite database; set store\.path/);
    expect(await mode(other)).toBe('644');
  });

  it('is noticed when it is removed or replaced while in use; reading goes on', async () => {
    const store = await open();
    await store.putSetting('k', 1);
    await rename(path, join(folder, 'away.db'));
    await expect(store.putSetting('k', 2)).rejects.toThrow(StoreUnavailableError);
    await expect(store.putSetting('k', 2)).rejects.toThrow(/was removed while in use/);
    expect(await store.setting('k')).toBe(1);
    await writeFile(path, '');
    await expect(store.putSetting('k', 2)).rejects.toThrow(/was replaced while in use/);
    await rename(join(folder, 'away.db'), path);
    await store.putSetting('k', 3);
    expect(await store.setting('k')).toBe(3);
  });
});
