import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { formatEntry, JournalError, parseEntry } from './journal-entry.ts';
import type { JournalEntry } from './journal-entry.ts';

const SUFFIX = '.undo.json';
const FILE_NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.undo\.json$/;
const MOST_BYTES = 256 * 1024;
const MOST_FILES = 4096;

/** Which guests have something of ours in them. At most one entry for a domain. */
export interface Journal {
  /** On the disk when it returns. Replaces an entry of the same domain. */
  write(entry: JournalEntry): void;
  /** null: there is none. @throws JournalError: there is one that cannot be understood */
  read(domain: string): JournalEntry | null;
  /** Gone from the disk when it returns. Removing what isn't there is no error. */
  remove(domain: string): void;
  /** Domains that have an entry, sorted. */
  domains(): string[];
}

/**
 * The journal in a folder, a file for each domain. The folder is made where it lacks (0700), files are 0600: they hold addresses of
 * guests' kernels. Files that are not root's own, or links, or too large are not believed.
 *
 * @param owner uid that folder and files have to belong to, and nobody else may write them
 */
export function openJournal(folder: string, owner = process.geteuid?.() ?? 0): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const about = statSync(folder);
  if (about.uid !== owner || (about.mode & 0o022) !== 0) {
    throw new JournalError(`the folder ${folder} of the undo journal has to belong to uid ${owner} and to be writable by nobody else (chmod 700)`);
  }
  removeUnfinished(folder);
  const pathOf = (domain: string) => {
    if (!FILE_NAME.test(`${domain}${SUFFIX}`)) throw new JournalError(`${JSON.stringify(domain)} is no UUID of a domain`);
    return join(folder, `${domain}${SUFFIX}`);
  };
  return {
    write(entry) {
      const path = pathOf(entry.domain);
      const fresh = `${path}.new`;
      const file = openSync(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);
      try {
        writeAll(file, Buffer.from(formatEntry(entry)));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(fresh, path);
      syncFolder(folder);
    },
    read(domain) {
      const text = readOwn(pathOf(domain), owner);
      if (text === null) return null;
      const entry = parse(text, pathOf(domain));
      if (entry.domain !== domain) throw new JournalError(`${pathOf(domain)} is about another domain, ${entry.domain}`);
      return entry;
    },
    remove(domain) {
      rmSync(pathOf(domain), { force: true });
      syncFolder(folder);
    },
    domains() {
      const names = readdirSync(folder).slice(0, MOST_FILES);
      return names.flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []).sort();
    },
  };
}

function parse(text: string, path: string): JournalEntry {
  try {
    return parseEntry(text);
  } catch (error) {
    if (error instanceof JournalError) throw new JournalError(`${path} ${error.message}; look at the guest, restart it if in doubt, then remove the file`, { cause: error });
    throw error;
  }
}

/** What a crash left of an entry that was being written: nothing of it was in a guest yet, or the older entry still holds. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder).slice(0, MOST_FILES)) {
    if (name.endsWith('.new') && FILE_NAME.test(name.slice(0, -'.new'.length))) unlinkSync(join(folder, name));
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function readOwn(path: string, owner: number): string | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new JournalError(`${path} cannot be read: ${code === 'ELOOP' ? 'it is a link' : String(code)}`, { cause: error });
  }
  try {
    const about = fstatSync(file);
    if (!about.isFile() || about.uid !== owner || (about.mode & 0o022) !== 0) throw new JournalError(`${path} is not a file that only uid ${owner} can write`);
    if (about.size > MOST_BYTES) throw new JournalError(`${path} has ${about.size} bytes; an entry has at most ${MOST_BYTES}`);
    const bytes = Buffer.alloc(MOST_BYTES);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(file, bytes, length, bytes.length - length, null);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
