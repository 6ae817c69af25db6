import type { Lane, RecoveryItem } from './types';

/** The lanes with only these of their items; lanes that have none stay where they are wanted and nothing was filtered. */
export function filterLanes(lanes: Lane[], all: RecoveryItem[], kept: RecoveryItem[], withEmpty: boolean): Lane[] {
  if (kept === all) {
    return withEmpty ? lanes : lanes.filter(({ items }) => items.length > 0);
  }
  const wanted = new Set(kept);
  return lanes
    .map((lane) => ({ ...lane, items: lane.items.filter((item) => wanted.has(item)) }))
    .filter(({ items }) => items.length > 0);
}
