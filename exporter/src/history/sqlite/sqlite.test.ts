import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../index.ts';
import { storeContract } from '../store-contract.ts';

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    open: () => openSqliteStore(join(folder, 'virtmedic.db')),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
