/**
 * The lease of this executor. Its generation goes with every order to a guest helper, which refuses what comes from one that was
 * replaced: a process that hung through its successor's start must not act on what it knew before.
 */
import { z } from 'zod';
import { AttemptWithdrawn } from './attempt-run.ts';
import type { RecoveryContext } from './context.ts';

const SETTING = 'lease';
const leaseSchema = z.object({ generation: z.int().min(1), owner: z.string() });

/** At the start: from now on every earlier generation is stale. Follows the clock, so that a store that was made anew begins above what helpers have seen. */
export async function takeLease({ store, state, clock, owner }: RecoveryContext): Promise<void> {
  const before = leaseSchema.safeParse(await store.setting(SETTING)).data?.generation ?? 0;
  state.generation = Math.max(before + 1, Math.floor(clock.nowMs() / 1000));
  await store.putSetting(SETTING, { generation: state.generation, owner });
}

/** Read anew, right before a side effect. @throws AttemptWithdrawn where it is another's now; StoreUnavailableError */
export async function ownGeneration({ store, state, owner }: RecoveryContext): Promise<number> {
  const lease = leaseSchema.safeParse(await store.setting(SETTING)).data;
  if (lease?.generation !== state.generation || lease.owner !== owner) throw new AttemptWithdrawn(`another executor has taken over (${lease?.owner ?? 'not known'})`);
  return lease.generation;
}
