const DEFAULT_PAGE_SIZE = 25;
const MAX_PAGE_SIZE = 500;

export interface PageView {
  /** From 0. */
  page: number;
  pages: number;
  /** Index of the first item of the page, and one behind its last. */
  from: number;
  to: number;
}

/** A page size that can be drawn, whatever a dashboard stores. */
export function usablePageSize(size: unknown): number {
  return typeof size === 'number' && size >= 1 ? Math.min(MAX_PAGE_SIZE, Math.floor(size)) : DEFAULT_PAGE_SIZE;
}

/** The wanted page, or the nearest there is. */
export function viewOfPage(wanted: number, count: number, pageSize: number): PageView {
  const pages = Math.max(1, Math.ceil(count / pageSize));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { page, pages, from: page * pageSize, to: Math.min(count, (page + 1) * pageSize) };
}

/** Which page is shown: the selection's until the person turns to another. */
export interface Paging {
  page: number;
  selectedId: string | null;
  followsSelection: boolean;
}

/** After the selection changed. */
export function pagingOfSelection(page: number, selectedId: string | null): Paging {
  return { page, selectedId, followsSelection: selectedId !== null };
}

/** The page on which the selection is, as long as it is followed and there; else the chosen one. */
export function wantedPage(paging: Paging, ids: readonly string[], pageSize: number): number {
  const index = paging.followsSelection && paging.selectedId !== null ? ids.indexOf(paging.selectedId) : -1;
  return index < 0 ? paging.page : Math.floor(index / pageSize);
}
