/** What an app should have within bounds: processes, memory, its port. Each has to be out of them for some lists in a row. */
import type { AppDeclaration } from '../../config/apps.ts';
import type { SeenSockets } from './look.ts';
import type { Evidence } from './verdict.ts';

type RangeEvidence = Extract<Evidence, { kind: 'too_few' | 'too_many' | 'memory' | 'port' }>;

/** The latest of what is out of bounds, with the lists so far. */
export type RangeRecord = RangeEvidence;

export interface RangesLook {
  processes: number;
  /** More may be its processes. */
  undecided: number;
  /** Of those that are known. */
  residentBytes: number;
  sockets: SeenSockets | null;
  /** Somebody listens on its port. */
  listens: boolean;
  /** It has had the time that its start may take. */
  isGrown: boolean;
}

export function followRanges(app: Pick<AppDeclaration, 'processes' | 'memoryLimitBytes' | 'port'>, before: readonly RangeRecord[], look: RangesLook): RangeRecord[] {
  return outOfRange(app, look).map((found) => ({ ...found, lists: 1 + (before.find(({ kind }) => kind === found.kind)?.lists ?? 0) }));
}

function outOfRange({ processes: { minimum, maximum }, memoryLimitBytes, port }: Parameters<typeof followRanges>[0], look: RangesLook): RangeRecord[] {
  const { processes, undecided, residentBytes, sockets, listens, isGrown } = look;
  const found: RangeRecord[] = [];
  if (processes === 0) return found;
  if (processes + undecided < minimum && isGrown) found.push({ kind: 'too_few', processes, minimum, lists: 0 });
  if (maximum !== undefined && processes > maximum) found.push({ kind: 'too_many', processes, maximum, lists: 0 });
  if (memoryLimitBytes !== undefined && residentBytes > memoryLimitBytes) found.push({ kind: 'memory', bytes: residentBytes, limitBytes: memoryLimitBytes, lists: 0 });
  if (port !== undefined && sockets !== null && !sockets.incomplete && !listens && undecided === 0 && isGrown) found.push({ kind: 'port', port, lists: 0 });
  return found;
}
