import { constants } from 'node:fs';
import { lstat, mkdir, open, readlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';

const ROOT_UID = 0;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;
const PERMISSIONS = 0o7777;
/** As Linux. */
const MOST_LINKS = 40;
const MOST_PARTS = 4096;

/** A path that somebody else could change, or that is not what it has to be. The text names it and says what to do. */
export class UntrustedPathError extends Error {
  override readonly name = 'UntrustedPathError';
}

interface Status {
  uid: number;
  mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/**
 * The path without symbolic links, once nobody but root and `ownerUid` can change it: every folder and every link on the way
 * belongs to one of them, and no folder is writable by group or others, except sticky ones such as /tmp on the way, where
 * what is theirs stays theirs.
 *
 * @throws UntrustedPathError
 */
export async function trustedFolder(path: string, ownerUid: number): Promise<string> {
  const { real, status } = await follow(path, ownerUid);
  requireOwn(real, status, ownerUid, 'folder');
  return real;
}

/**
 * A folder for the helper alone, made with this mode where it is missing. One that exists is not changed: it might be
 * somebody else's, given by mistake. @throws UntrustedPathError
 */
export async function ownFolder(path: string, ownerUid: number, mode: number): Promise<string> {
  if (!isAbsolute(path)) throw new UntrustedPathError(`${path} is not an absolute path`);
  const parent = await follow(dirname(path), ownerUid);
  requireWay(parent.real, parent.status, ownerUid);
  const real = join(parent.real, basename(path));
  if (await make(real, mode)) await setMode(real, mode);
  const status = await lstat(real);
  requireOwn(real, status, ownerUid, 'folder');
  if ((status.mode & PERMISSIONS) !== mode) throw new UntrustedPathError(`${real} has mode ${octal(status.mode)}; if it is the helper's alone, chmod ${octal(mode)} it, else choose a folder of its own`);
  return real;
}

/** The text of a file of at most `mostBytes` that only root and `ownerUid` can change. @throws UntrustedPathError */
export async function readTrustedFile(path: string, ownerUid: number, mostBytes: number): Promise<string> {
  const { real } = await follow(path, ownerUid);
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: Error) => {
    throw new UntrustedPathError(`${path} cannot be opened: ${error.message}`, { cause: error });
  });
  try {
    requireOwn(real, await handle.stat(), ownerUid, 'file');
    const bytes = Buffer.alloc(mostBytes + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) ({ bytesRead: read } = await handle.read(bytes, length, bytes.length - length, length));
    if (length > mostBytes) throw new UntrustedPathError(`${path} is larger than ${mostBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof UntrustedPathError) throw error;
    throw new UntrustedPathError(`${path} cannot be read${error instanceof TypeError ? ' as text in UTF-8' : `: ${(error as Error).message}`}`, { cause: error });
  } finally {
    await handle.close();
  }
}

/** Goes the way as the kernel does, and looks at each folder before what is in it. */
async function follow(path: string, ownerUid: number): Promise<{ real: string; status: Status }> {
  if (!isAbsolute(path)) throw new UntrustedPathError(`${path} is not an absolute path`);
  const ahead = partsOf(path).reverse();
  let at = '/';
  let status: Status = await look(path, at);
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    requireWay(at, status, ownerUid);
    const next = part === '..' ? dirname(at) : join(at, part);
    const found = await look(path, next);
    if (!found.isSymbolicLink()) {
      [at, status] = [next, found];
      continue;
    }
    links += 1;
    if (!isOwned(found, ownerUid)) throw new UntrustedPathError(`${next} is a symbolic link of user ${found.uid}; remove it`);
    const target = await readlink(next);
    ahead.push(...partsOf(target).reverse());
    if (links > MOST_LINKS || ahead.length > MOST_PARTS) throw new UntrustedPathError(`${path} leads through too many symbolic links`);
    if (isAbsolute(target)) [at, status] = ['/', await look(path, '/')];
  }
  return { real: at, status };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

async function look(path: string, at: string) {
  try {
    return await lstat(at);
  } catch (error) {
    throw new UntrustedPathError((error as NodeJS.ErrnoException).code === 'ENOENT' ? `${path} does not exist` : `${path}: ${(error as Error).message}`, { cause: error });
  }
}

function requireWay(folder: string, status: Status, ownerUid: number): void {
  if (!status.isDirectory()) throw new UntrustedPathError(`${folder} is no folder`);
  if (!isOwned(status, ownerUid)) throw foreign(folder, status, ownerUid);
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0 && (status.mode & STICKY) === 0) throw opened(folder, status);
}

function requireOwn(path: string, status: Status, ownerUid: number, kind: 'file' | 'folder'): void {
  const isKind = kind === 'file' ? status.isFile() : status.isDirectory();
  if (!isKind) throw new UntrustedPathError(`${path} is no ${kind === 'file' ? 'regular file' : 'folder'}`);
  if (!isOwned(status, ownerUid)) throw foreign(path, status, ownerUid);
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0) throw opened(path, status);
}

function foreign(path: string, { uid }: Status, ownerUid: number): UntrustedPathError {
  return new UntrustedPathError(`${path} belongs to user ${uid}; chown it to ${ownerUid === ROOT_UID ? 'root' : ownerUid}`);
}

function opened(path: string, { mode }: Status): UntrustedPathError {
  return new UntrustedPathError(`${path} is writable by others (mode ${octal(mode)}); chmod go-w it`);
}

function isOwned({ uid }: { uid: number }, ownerUid: number): boolean {
  return uid === ROOT_UID || uid === ownerUid;
}

/** @returns false: it was there before */
async function make(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new UntrustedPathError(`${folder} cannot be made: ${(error as Error).message}`, { cause: error });
  }
}

/** mkdir's mode is cut by the umask. */
async function setMode(folder: string, mode: number): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

function octal(mode: number): string {
  return (mode & PERMISSIONS).toString(8);
}
