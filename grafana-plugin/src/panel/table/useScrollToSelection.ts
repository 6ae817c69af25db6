import { useEffect, type RefObject } from 'react';

/** Brings the selected row into view, scrolling the table alone: the dashboard stays where the person has it. */
export function useScrollToSelection(
  scroll: RefObject<HTMLElement | null>,
  selectedId: string | null,
  page: number
): void {
  useEffect(() => {
    const box = scroll.current;
    const row = [...(box?.querySelectorAll<HTMLElement>('tr[data-recovery]') ?? [])].find(
      ({ dataset }) => dataset.recovery === selectedId
    );
    if (!box || !row) {
      return;
    }
    const headHeight = box.querySelector('thead')?.getBoundingClientRect().height ?? 0;
    const visible = box.getBoundingClientRect();
    const { top, bottom } = row.getBoundingClientRect();
    const details = row.nextElementSibling?.getBoundingClientRect().height ?? 0;
    const above = top - (visible.top + headHeight);
    const below = bottom + details - visible.bottom;
    if (above < 0) {
      box.scrollBy?.({ top: above });
    } else if (below > 0) {
      // The row itself never leaves for its details.
      box.scrollBy?.({ top: Math.min(below, above) });
    }
  }, [scroll, selectedId, page]);
}
