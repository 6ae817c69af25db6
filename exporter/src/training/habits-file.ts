/** The content of a file of saved habits: JSON, of many targets. */
import { isTargetKey } from './keys.ts';
import type { TargetKey } from '../prediction/model-source.ts';

const FORMAT = 'virtmedic-habits';
const VERSION = 1;
const MOST_TEXT = 200;

/** One target's; what `observer` holds is validated by whoever restores it. */
export interface SavedHabits {
  savedAtMs: number;
  observer: unknown;
}

/** The file is unusable; the message says to people what is wrong with it. */
export class HabitsFileError extends Error {
  override name = 'HabitsFileError';
}

export function writeHabitsFile(habits: ReadonlyMap<TargetKey, SavedHabits>): string {
  return `${JSON.stringify({ format: FORMAT, version: VERSION, habits: [...habits].map(([key, saved]) => ({ key, ...saved })) })}\n`;
}

/** @throws HabitsFileError */
export function readHabitsFile(text: string): Map<TargetKey, SavedHabits> {
  const { format, version, habits } = objectIn(parse(text));
  if (format !== FORMAT) throw new HabitsFileError(`"format" is not ${JSON.stringify(FORMAT)}`);
  if (version !== VERSION) throw new HabitsFileError(`version ${String(version).slice(0, MOST_TEXT)}: this virtmedic reads version ${VERSION}`);
  if (!Array.isArray(habits)) throw new HabitsFileError('"habits" is no list');
  return new Map(habits.map((one: unknown, index) => {
    const { key, savedAtMs, observer } = objectIn(one);
    if (typeof key !== 'string' || !isTargetKey(key)) throw new HabitsFileError(`habits[${index}].key names no target`);
    if (typeof savedAtMs !== 'number' || !Number.isFinite(savedAtMs)) throw new HabitsFileError(`habits[${index}].savedAtMs is no time`);
    return [key, { savedAtMs, observer }];
  }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new HabitsFileError(text.trim() === '' ? 'the file is empty' : 'no JSON: the file was cut off or is of another kind');
  }
}

function objectIn(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new HabitsFileError('expected an object');
  return value as Record<string, unknown>;
}
