import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { RecoveryDetail } from '../../api/types';
import type { HistoryTableProps } from '../types';

export interface DetailState {
  /** The newest answer; kept while it is asked for again. */
  detail: RecoveryDetail | null;
  loading: boolean;
  /** Of the last question; null: it was answered, or is under way. */
  error: { cause: unknown } | null;
}

type DetailAction =
  { type: 'asked' } | { type: 'answered'; detail: RecoveryDetail } | { type: 'failed'; cause: unknown };

const ASKING: DetailState = { detail: null, loading: true, error: null };

function reduce(state: DetailState, action: DetailAction): DetailState {
  switch (action.type) {
    case 'asked':
      return { ...state, loading: true, error: null };
    case 'answered':
      return { detail: action.detail, loading: false, error: null };
    case 'failed':
      return { ...state, loading: false, error: { cause: action.cause } };
  }
}

/**
 * Details of one recovery: asked for when first used, again when `version` changes (the item did) or on `retry`. An answer that comes
 * after a newer question, or after the row was closed, is ignored. For another id, mount anew (`key`).
 */
export function useRecoveryDetail(
  id: string,
  version: string,
  loadDetail: NonNullable<HistoryTableProps['loadDetail']>
): DetailState & { retry(): void } {
  const [state, dispatch] = useReducer(reduce, ASKING);
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  // A loader that is new with every rendering must not ask anew each time.
  const loader = useRef(loadDetail);
  useEffect(() => {
    loader.current = loadDetail;
  });

  useEffect(() => {
    let current = true;
    const tell = (action: DetailAction): void => {
      if (current) {
        dispatch(action);
      }
    };
    tell({ type: 'asked' });
    ask(loader.current, id).then(
      (detail) => tell({ type: 'answered', detail }),
      (cause: unknown) => tell({ type: 'failed', cause })
    );
    return () => {
      current = false;
    };
  }, [id, version, attempt]);

  return { ...state, retry: useCallback(() => retry(), []) };
}

async function ask(load: NonNullable<HistoryTableProps['loadDetail']>, id: string): Promise<RecoveryDetail> {
  const detail: RecoveryDetail | null | undefined = await load(id);
  if (!detail?.incident) {
    throw new Error('The answer holds no recovery.');
  }
  return detail;
}
