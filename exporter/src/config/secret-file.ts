import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const MAX_SECRET_BYTES = 4096;
/** Readable or writable by others, or writable by the group. */
const TOO_OPEN = 0o027;

/**
 * Reads a secret from a regular file of at most 4 KB, white space at its ends removed. Throws an Error that says what is
 * wrong with the file, without its name: the caller knows the option that names it.
 */
export async function readSecretFile(file: string): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw new Error(openFailure(error));
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new Error('is not a regular file');
    if ((status.mode & TOO_OPEN) !== 0) {
      const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
      throw new Error(`is too open (mode ${mode}): only its owner may write it and others may not read it; chmod 0600 it`);
    }
    if (status.size > MAX_SECRET_BYTES) throw new Error(`is larger than ${MAX_SECRET_BYTES} bytes`);
    const buffer = Buffer.alloc(MAX_SECRET_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, MAX_SECRET_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await handle.close();
  }
}

function openFailure(error: NodeJS.ErrnoException): string {
  switch (error.code ?? '') {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
      return 'may not be read by this user';
    default:
      return `cannot be read: ${error.message}`;
  }
}
