import { dirname } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { predictionFolder } from '../config/prediction-folder.ts';
import { closeHeld, holdListeners } from '../web/held-listeners.ts';
import type { HeldListeners } from '../web/held-listeners.ts';
import { accountToBecome, become } from './become.ts';
import { PrivilegeError } from './error.ts';
import { makeFolderFor } from './folder.ts';
import { needsOf, unmetNeeds } from './needs.ts';

/**
 * What of a start takes root: folders where only root may make them, listeners where only root may listen. Then this process is that user for good,
 * before it has heard anything of anybody. Whoever is that user already needs nothing.
 *
 * @returns the listeners, which turn everybody away until they are served; null: nothing was to do
 * @throws PrivilegeError, ConfigError, ListenError; the process may not go on then
 */
export async function startAsUser(user: string, configFile: string): Promise<HeldListeners | null> {
  const account = accountToBecome(user);
  if (account === null) return null;
  const { config } = await loadConfig(configFile);
  for (const folder of [dirname(config.store.path), predictionFolder(config)]) await makeFolderFor(account, folder);
  const held = await holdListeners(config);
  try {
    become(account);
    const problems = await unmetNeeds(needsOf(config, configFile), account);
    if (problems.length > 0) throw new PrivilegeError(`virtmedic cannot run as user ${account.name}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    return held;
  } catch (error) {
    closeHeld(held);
    throw error;
  }
}
