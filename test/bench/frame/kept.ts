import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readJson, writeJson } from '../../lab/run-folder.ts';

/** Measurements of one part of a bench, in the order in which they were made. */
export interface KeptPart<T> {
  all(): readonly T[];
  /** It is on the disk afterwards. */
  add(one: T): void;
}

/** What a long bench has measured so far, on the disk after every measurement, so that an interrupted run can be gone on with. */
export interface Kept {
  /** Plain data; infinity is kept, though JSON has none. */
  part<T>(name: string): KeptPart<T>;
}

interface File {
  version: 1;
  /** Of what was measured, and how. */
  key: string;
  parts: Record<string, unknown[]>;
}

const INFINITE = { infinite: true };

/** Earlier measurements are taken over only where `key` is the same: anything else would be mixed. */
export function openKept(path: string, key: string, { resume }: { resume: boolean }): Kept {
  const file = resume ? readJson<File>(path) : undefined;
  const parts = file?.version === 1 && file.key === key ? file.parts : {};
  return {
    part<T>(name: string): KeptPart<T> {
      return {
        all: () => (parts[name] ?? []).map((one) => restored(one) as T),
        add(one) {
          (parts[name] ??= []).push(storable(one));
          mkdirSync(dirname(path), { recursive: true });
          writeJson(path, { version: 1, key, parts } satisfies File);
        },
      };
    },
  };
}

function storable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (one === Infinity ? INFINITE : one)));
}

function restored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, one: unknown) => (isInfinite(one) ? Infinity : one));
}

function isInfinite(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'infinite' in value;
}
