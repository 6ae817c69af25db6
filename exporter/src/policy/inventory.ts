import { z } from 'zod';
import type { DesiredState } from '../vocabulary.ts';

const desired = z.enum(['running', 'stopped']).describe('Whether the domain is to run.');

const entry = z
  .strictObject({
    uuid: z.guid().optional().describe('Exactly this domain, wherever it runs.'),
    name: z.string().min(1).max(256).optional().describe("The domain's name, no pattern."),
    host: z.string().min(1).max(63).optional().describe('With `name`: only on this host. Without it: on any.'),
    desired,
  })
  .superRefine(({ uuid, name, host }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    if ((uuid === undefined) === (name === undefined)) refuse('expected either `uuid` or `name` (with or without `host`)');
    else if (uuid !== undefined && host !== undefined) refuse('`host` goes with `name`; a `uuid` means the domain wherever it runs');
  });
type Entry = z.infer<typeof entry>;

/**
 * The inventory file: which domains are to exist, and whether they are to run (Instance_Info of EDR, section 4.2).
 * Load it with `loadYaml`, which reports file, line, path and allowed values.
 */
export const inventorySchema = z.strictObject({
  domains: z.array(entry).max(100_000).superRefine(refuseTwice).describe('The domains that are to exist.'),
});
export type Inventory = z.infer<typeof inventorySchema>;

/** What identifies an entry: UUID, or name and host, or name alone. */
function keyOf({ uuid, name, host }: Pick<Entry, 'uuid' | 'name' | 'host'>): string {
  return JSON.stringify([uuid?.toLowerCase() ?? null, name ?? null, host ?? null]);
}

function refuseTwice(entries: readonly Entry[], context: z.RefinementCtx): void {
  const seen = new Map<string, number>();
  for (const [index, item] of entries.entries()) {
    const key = keyOf(item);
    const before = seen.get(key);
    if (before === undefined) seen.set(key, index);
    else context.addIssue({ code: 'custom', path: [index], message: `names the same domain as domains[${before}]; keep one` });
  }
}

const indexes = new WeakMap<Inventory, Map<string, DesiredState>>();

/**
 * What the inventory wants of a domain: its entry by UUID, else by name and host, else by name alone. Null: it names no
 * such domain.
 */
export function inventoryDesired(inventory: Inventory, domain: { uuid: string; name: string; host: string }): DesiredState | null {
  let index = indexes.get(inventory);
  if (index === undefined) {
    index = new Map(inventory.domains.map((item) => [keyOf(item), item.desired]));
    indexes.set(inventory, index);
  }
  const { uuid, name, host } = domain;
  return index.get(keyOf({ uuid })) ?? index.get(keyOf({ name, host })) ?? index.get(keyOf({ name })) ?? null;
}
