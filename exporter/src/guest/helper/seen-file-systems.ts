import type { FileSystemUse, GuestFileSystem } from '../liveness/file-system-use.ts';
import { readFields, type Fields } from './fields.ts';

const MOST_FILE_SYSTEMS = 4096;
const NAME_RULE = { most: 4096, pattern: /^/, allowed: 'text' };
const REASONS = ['type-not-supported', 'no-types', 'unreadable'] as const satisfies readonly GuestFileSystem['unknown'][];
const MOST_CHARACTERS = 256;
/** What steers a terminal, turns the direction of writing, or cannot be seen; names of mounts are whoever's who may mount in the guest. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** File systems of a look, their names short and without what cannot be seen. @throws FieldError */
export function fileSystemsIn(fields: Fields): GuestFileSystem[] {
  return fields.list('fileSystems', 0, MOST_FILE_SYSTEMS, (value, path) => fileSystemIn(readFields(value, path)));
}

function fileSystemIn(fields: Fields): GuestFileSystem {
  const name = (member: string): string => fields.text(member, NAME_RULE).slice(0, MOST_CHARACTERS).replaceAll(INVISIBLE, '\uFFFD');
  const given = { mountpoint: name('mountpoint'), device: name('device'), type: name('type'), readOnly: fields.flag('readOnly', false) };
  if (!fields.isNull('use')) return { ...given, use: useIn(fields.object('use')), unknown: null };
  const reason = fields.text('unknown', NAME_RULE);
  return { ...given, use: null, unknown: REASONS.find((known) => known === reason) ?? 'unreadable' };
}

function useIn(fields: Fields): FileSystemUse {
  const amount = (member: string): number => fields.integer(member, 0, Number.MAX_SAFE_INTEGER);
  const hasFiles = !fields.isNull('files') && !fields.isNull('freeFiles');
  return {
    totalBytes: amount('totalBytes'),
    freeBytes: amount('freeBytes'),
    availableBytes: amount('availableBytes'),
    files: hasFiles ? amount('files') : null,
    freeFiles: hasFiles ? amount('freeFiles') : null,
  };
}
