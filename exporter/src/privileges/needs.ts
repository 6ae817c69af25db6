import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { predictionFolder } from '../config/prediction-folder.ts';
import type { Config } from '../config/schema.ts';
import type { Account } from './account.ts';

/** What virtmedic works with while it runs. */
export interface Needs {
  /** Its own program: loaded by and by. */
  program: string;
  /** Read again at a reload. */
  read: string[];
  /** Written, where they exist. */
  store: { folder: string; files: string[] };
  /** Written, with all that is in it. */
  predictionFolder: string;
}

const STORE_FILES = ['', '-wal', '-shm', '-daemon'];

export function needsOf(config: Pick<Config, 'control' | 'inventory' | 'prediction' | 'store'>, configFile: string): Needs {
  const tokens = config.control.tokens.flatMap(({ tokenFile }) => tokenFile ?? []);
  return {
    program: import.meta.filename,
    read: [resolve(configFile), ...tokens, ...(config.inventory === undefined ? [] : [config.inventory.file])],
    store: { folder: dirname(config.store.path), files: STORE_FILES.map((end) => `${config.store.path}${end}`) },
    predictionFolder: resolve(predictionFolder(config)),
  };
}

/** What stands in the user's way, each with what to do about it. Asked as that user, which makes folders that are missing where it can. */
export async function unmetNeeds({ program, read, store, predictionFolder: models }: Needs, account: Account): Promise<string[]> {
  const problems = [await unreadableProgram(program, account)];
  for (const path of read) problems.push(await unreadable(path, account));
  problems.push(await unwritable(store.folder, async () => store.files, account));
  problems.push(await unwritable(models, () => allIn(models), account));
  return [...new Set(problems.filter((problem) => problem !== null))];
}

async function unreadableProgram(program: string, { name }: Account): Promise<string | null> {
  return (await may(program, constants.R_OK)) ? null : `virtmedic itself, ${dirname(program)}, may not be read by user ${name}: install it where every user can read it`;
}

async function unreadable(path: string, { name, gid }: Account): Promise<string | null> {
  const folder = await closedFolder(path);
  if (folder !== null) return `${folder} may not be entered by user ${name}: chgrp ${gid} ${folder} && chmod g+x ${folder}`;
  return (await may(path, constants.R_OK)) ? null : `${path} may not be read by user ${name}: chgrp ${gid} ${path} && chmod g+r ${path}`;
}

/** The first of them that cannot be written: the others are helped with it. */
async function unwritable(folder: string, files: () => Promise<string[]>, { name, gid }: Account): Promise<string | null> {
  const isThere = await mkdir(folder, { recursive: true, mode: 0o700 }).then(() => true, (error: NodeJS.ErrnoException) => error.code === 'EEXIST');
  const closed = await closedFolder(folder);
  if (closed !== null) return `${closed} may not be entered by user ${name}: chgrp ${gid} ${closed} && chmod g+x ${closed}`;
  if (!isThere) return `${folder} does not exist, and user ${name} cannot make it: mkdir -p ${folder} && chown ${name}: ${folder}`;
  const refused = `may not be written by user ${name}: chown -R ${name}: ${folder}`;
  if (!(await may(folder, constants.R_OK | constants.W_OK | constants.X_OK))) return `${folder} ${refused}`;
  for (const path of await files()) if (!(await may(path, constants.R_OK | constants.W_OK))) return `${path} ${refused}`;
  return null;
}

/** The first folder on the way that cannot be passed. */
async function closedFolder(path: string): Promise<string | null> {
  const folder = dirname(path);
  if (folder === path) return null;
  return (await closedFolder(folder)) ?? ((await may(folder, constants.X_OK)) ? null : folder);
}

async function allIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true }).catch(() => [''])).map((name) => join(folder, name));
}

/** What is not there is somebody else's matter. */
async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOENT' || code === 'ENOTDIR',
  );
}
