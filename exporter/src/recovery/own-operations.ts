/** Which stretches of time our own operations disturbed: what was observed in them says nothing of the target's health. */
import type { RecoveryContext } from './context.ts';

/** What is looked at, so that a test need not make all of a context. */
export type OwnOperationsState = Pick<RecoveryContext['state'], 'domains' | 'executing' | 'ownActions' | 'appOperations'>;

/**
 * Whether an operation of ours on the domain or, with `uuid` null, on any domain of the host itself overlapped this time. Wall clock.
 */
export function overlapsOwnOperation({ domains, executing, ownActions, appOperations }: OwnOperationsState, target: { uuid: string | null; host: string }, fromMs: number, toMs: number): boolean {
  const overlaps = (own: { fromMs: number; toMs: number | null } | undefined): boolean => own !== undefined && own.fromMs <= toMs && (own.toMs ?? Infinity) >= fromMs;
  if (target.uuid !== null) return overlaps(ownActions.get(target.uuid)) || overlaps(appOperations.get(target.uuid));
  // An app's restart is next to nothing to its host: of a host only operations on domains count.
  for (const [uuid, own] of ownActions) {
    if (!overlaps(own)) continue;
    if (executing.get(`domain/${uuid}`) === target.host || domains.get(uuid)?.host === target.host) return true;
  }
  return false;
}
