import type { SeenGuest } from '../../../exporter/src/guest/helper/seen-guest.ts';
import type { FileSystemUse } from '../../../exporter/src/guest/liveness/file-system-use.ts';

/** What a look shows of file systems, memory and load. */
export type Resources = Pick<SeenGuest, 'liveness' | 'fileSystems'>;

/** The same by the guest's own words. */
export interface OwnResources {
  /** statfs(2), by mountpoint. */
  fileSystems: Map<string, FileSystemUse>;
  /** /proc/meminfo, bytes. */
  memory: Map<string, number>;
  /** /proc/loadavg. */
  load: number[];
}

/** @param mountpoints without quotes in them */
export function ownResourcesScript(mountpoints: readonly string[]): string {
  return [...mountpoints.map((path) => `echo "fs $(stat -f -c '%S %b %f %a %c %d' '${path}') ${path}"`), 'cat /proc/meminfo', "sed 's/^/load /' /proc/loadavg"].join('\n');
}

/** @throws where something is missing */
export function parseOwnResources(text: string): OwnResources {
  const fileSystems = new Map<string, FileSystemUse>();
  for (const [, numbers = '', path = ''] of text.matchAll(/^fs ((?:\d+ ){6})(.+)$/gm)) {
    const [size = NaN, total = NaN, free = NaN, available = NaN, files = NaN, freeFiles = NaN] = numbers.trim().split(' ').map(Number);
    fileSystems.set(path, { totalBytes: total * size, freeBytes: free * size, availableBytes: available * size, files, freeFiles });
  }
  const memory = new Map([...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name = '', kibibytes]) => [name, Number(kibibytes) * 1024]));
  const load = /^load ([\d.]+) ([\d.]+) ([\d.]+) /m.exec(text)?.slice(1).map(Number);
  if (load === undefined || !memory.has('MemTotal')) throw new Error("the guest's own words on its memory and load are not whole");
  return { fileSystems, memory, load };
}

/** Pages are freed and taken all the time. */
const MEMORY_SLACK_BYTES = 16 * 2 ** 20;
/** /proc/loadavg has two digits. */
const LOAD_SLACK = 0.011;

/** What the guest says otherwise than two looks, one made before and one after; one line for each. */
export function compareResources(before: Resources, own: OwnResources, after: Resources): string[] {
  return [...compareFileSystems(before, own, after), ...compareMemory(before, own, after), ...compareLoad(before, own, after)];
}

const FIELDS = ['totalBytes', 'freeBytes', 'availableBytes', 'files', 'freeFiles'] as const satisfies readonly (keyof FileSystemUse)[];

function compareFileSystems(before: Resources, own: OwnResources, after: Resources): string[] {
  const useOf = ({ fileSystems }: Resources, path: string) => fileSystems?.find(({ mountpoint }) => mountpoint === path)?.use ?? null;
  return [...own.fileSystems].flatMap(([path, theirs]) => {
    const [first, last] = [useOf(before, path), useOf(after, path)];
    if (first === null || last === null) return [`${path}: its use is not seen from outside`];
    return FIELDS.filter((field) => first[field] !== null && !isWithin(theirs[field], first[field], last[field], 0)).map((field) => `${path}: ${field} ${JSON.stringify([first[field], theirs[field], last[field]])}`);
  });
}

function compareMemory({ liveness: before }: Resources, { memory }: OwnResources, { liveness: after }: Resources): string[] {
  const kinds = [['MemTotal', 'totalBytes', 0], ['MemFree', 'freeBytes', MEMORY_SLACK_BYTES], ['MemAvailable', 'availableBytes', MEMORY_SLACK_BYTES], ['SwapTotal', 'swapTotalBytes', 0], ['SwapFree', 'swapFreeBytes', MEMORY_SLACK_BYTES]] as const;
  return kinds.flatMap(([name, kind, slack]) => {
    const [first, theirs, last] = [before?.memory?.[kind] ?? null, memory.get(name) ?? null, after?.memory?.[kind] ?? null];
    return isWithin(theirs, first, last, slack) ? [] : [`${name}: ${JSON.stringify([first, theirs, last])}`];
  });
}

function compareLoad({ liveness: before }: Resources, { load }: OwnResources, { liveness: after }: Resources): string[] {
  return load.flatMap((theirs, index) => {
    const seen = [before?.load?.[index], after?.load?.[index]];
    return seen.some((value) => value !== undefined && Math.abs(value - theirs) < LOAD_SLACK) ? [] : [`load: ${JSON.stringify([seen[0], theirs, seen[1]])}`];
  });
}

function isWithin(value: number | null, one: number | null, other: number | null, slack: number): boolean {
  return value !== null && one !== null && other !== null && value >= Math.min(one, other) - slack && value <= Math.max(one, other) + slack;
}
