import type { Target } from '../vocabulary.ts';
import type { RecoveryContext } from './context.ts';

/**
 * Who holds a domain's operation lock while this target is worked on. Each app has a name of its own, so that the lock keeps two apps
 * of one domain, and an app and its domain, apart within this process too.
 */
export function lockOwner({ owner }: Pick<RecoveryContext, 'owner'>, target: Target): string {
  return target.kind === 'app' ? `${owner}/${target.app}` : owner;
}
