/** Which stretches of time our own operations disturbed: what was observed in them says nothing of the target's health. */
import type { RecoveryContext } from './context.ts';

/** What is looked at, so that a test need not make all of a context. */
export type OwnOperationsState = Pick<RecoveryContext['state'], 'domains' | 'executing' | 'ownActions'>;

/**
 * Whether an operation of ours on the domain or, with `uuid` null, on any domain of the host itself overlapped this time. Wall clock.
 */
export function overlapsOwnOperation({ domains, executing, ownActions }: OwnOperationsState, target: { uuid: string | null; host: string }, fromMs: number, toMs: number): boolean {
  const overlaps = (uuid: string): boolean => {
    const own = ownActions.get(uuid);
    return own !== undefined && own.fromMs <= toMs && (own.toMs ?? Infinity) >= fromMs;
  };
  if (target.uuid !== null) return overlaps(target.uuid);
  for (const uuid of ownActions.keys()) {
    if (!overlaps(uuid)) continue;
    if (executing.get(`domain/${uuid}`) === target.host || domains.get(uuid)?.host === target.host) return true;
  }
  return false;
}
