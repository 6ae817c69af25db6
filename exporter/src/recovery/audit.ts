import type { RecoveryContext } from './context.ts';

/** Writes down who ordered what. Before the order takes effect: one that can't be stored is refused. */
export async function audit(context: RecoveryContext, actor: string, action: string, target: string, detail: string): Promise<void> {
  await context.store.recordAudit({ atMs: context.clock.nowMs(), actor, action, target, detail });
  context.log.info({ actor, action, target, detail }, 'operator');
}
