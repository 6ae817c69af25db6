import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { ownFolder, UntrustedPathError } from '../guest/helper/trusted-path.ts';
import type { Account } from './account.ts';

const ROOT = 0;
const OWNER_ONLY = 0o700;

/**
 * Makes a folder for the user where it is missing, as root. Only where nobody but root can put something else in its place; what is
 * there already, and what the user can make by itself, stays as it is.
 */
export async function makeFolderFor(account: Account, path: string): Promise<void> {
  if (await lstat(path).catch(() => null)) return;
  const real = await ownFolder(path, ROOT, OWNER_ONLY).catch((error: unknown) => {
    if (error instanceof UntrustedPathError) return null;
    throw error;
  });
  if (real === null) return;
  const handle = await open(real, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.chown(account.uid, account.gid);
  } finally {
    await handle.close();
  }
}
