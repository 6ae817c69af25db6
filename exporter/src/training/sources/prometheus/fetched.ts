/**
 * What was fetched of a long range, kept beside the output until all of it is there: `state.json` says of what, one file a stretch of time.
 */
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { writeAtomically } from '../../atomic-file.ts';
import { MOST_ANSWER_BYTES, PrometheusError } from './client.ts';

const stateSchema = z.strictObject({
  format: z.literal('virtmedic-fetched'),
  version: z.literal(1),
  url: z.string().max(4096),
  hostLabel: z.string().max(100),
  hosts: z.array(z.string().max(1024)).max(10_000),
  domains: z.array(z.string().max(1024)).max(10_000),
  fromMs: z.number(),
  toMs: z.number(),
  stepMs: z.number().positive(),
});

export type FetchedState = Omit<z.infer<typeof stateSchema>, 'format' | 'version'>;

export interface Fetched {
  /** The answers of a stretch that begins there, and how many points it has; null: not fetched yet, or damaged. */
  read(fromMs: number): Promise<{ points: number; answers: unknown } | null>;
  write(fromMs: number, points: number, answers: unknown): Promise<void>;
  /** Everything was used. */
  remove(): Promise<void>;
}

const STATE = 'state.json';
const MOST_STATE_BYTES = 1 << 20;
const NAME = /^(-?\d{1,16})-(\d{1,6})\.json\.gz$/;

/** What an interrupted call was about; null: there was none. @throws PrometheusError when the folder holds something else */
export async function readState(folder: string): Promise<FetchedState | null> {
  const text = await readBounded(join(folder, STATE)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const parsed = stateSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new PrometheusError(`${join(folder, STATE)} is damaged, or of something else: remove it, or start without --resume`);
  const { format: _format, version: _version, ...state } = parsed.data;
  return state;
}

/** @param resume false: what an earlier call left is removed. @throws PrometheusError when it was of something else */
export async function openFetched(folder: string, state: FetchedState, resume: boolean): Promise<Fetched> {
  const before = resume ? await readState(folder) : null;
  if (before === null) await removeFetched(folder);
  else if (JSON.stringify(before) !== JSON.stringify(state)) throw new PrometheusError(`${folder} holds what was fetched with other options (${before.url}): give the same ones, or start without --resume`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (before === null) await writeAtomically(join(folder, STATE), `${JSON.stringify({ format: 'virtmedic-fetched', version: 1, ...state }, null, 2)}\n`);
  const stretches = new Map((await readdir(folder)).flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [[Number(match[1]), Number(match[2])] as const];
  }));
  const pathOf = (fromMs: number, points: number): string => join(folder, `${fromMs}-${points}.json.gz`);
  return {
    async read(fromMs) {
      const points = stretches.get(fromMs);
      if (points === undefined) return null;
      try {
        const text = await promisify(gunzip)(await readFile(pathOf(fromMs, points)), { maxOutputLength: 4 * MOST_ANSWER_BYTES });
        return { points, answers: JSON.parse(text.toString()) as unknown };
      } catch {
        return null;
      }
    },
    async write(fromMs, points, answers) {
      await writeAtomically(pathOf(fromMs, points), await promisify(gzip)(JSON.stringify(answers), { level: 1 }));
      stretches.set(fromMs, points);
    },
    remove: () => removeFetched(folder),
  };
}

/** Only what this program writes. */
async function removeFetched(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const own = names.filter((name) => name === STATE || NAME.test(name) || /^\..+\.tmp$/.test(name));
  await Promise.all(own.map((name) => rm(join(folder, name), { force: true })));
  if (own.length === names.length) await rm(folder, { recursive: true, force: true });
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return size > MOST_STATE_BYTES ? '' : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
