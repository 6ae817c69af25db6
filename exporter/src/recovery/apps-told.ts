/** What was told of an app once and is not told again until it was well. Kept over restarts. */
import type { RecoveryContext } from './context.ts';
import { trim } from './context.ts';

const MOST_TOLD = 5000;

export async function rememberTold(context: RecoveryContext, key: string, word: string): Promise<void> {
  const { toldApps } = context.state;
  if (toldApps.get(key) === word) return;
  toldApps.delete(key);
  toldApps.set(key, word);
  trim(toldApps, MOST_TOLD);
  await keep(context);
}

export async function forgetTold(context: RecoveryContext, key: string): Promise<void> {
  if (context.state.toldApps.delete(key)) await keep(context);
}

async function keep(context: RecoveryContext): Promise<void> {
  await context.store.putSetting('toldApps', Object.fromEntries(context.state.toldApps));
}
