/** The shape of a TargetForecast where it comes from outside the process (the store) or goes there (the API). */
import { z } from 'zod';
import type { TargetForecast } from './forecast-view.ts';
import type { Why } from './observation/observer.ts';
import { SIGNALS } from './observation/signals.ts';

/** Every reason, none twice. */
const WHYS: Readonly<Record<Why, true>> = {
  'bad-time': true, 'first-reading': true, 'not-running': true, restart: true, 'clock-step': true, gap: true, 'own-operation': true,
  settling: true, 'not-said': true, 'no-requests': true, learning: true, 'other-source': true, preallocated: true,
};
const MOST_HORIZONS = 8;
const MOST_MISSING = 64;
const probability = z.number().min(0).max(1);
const ms = z.int().describe('Milliseconds since the epoch.');

export const targetForecastSchema = z.object({
  atMs: ms,
  failureProbability: z
    .array(z.object({ horizonSeconds: z.number().positive(), probability }))
    .max(MOST_HORIZONS)
    .describe('Probability of being abnormal or failed within each horizon; the first is the one that alarms.'),
  health: z.object({ normal: probability, abnormal: probability, failed: probability }).describe('Probability of each health now.'),
  load: z.object({ low: probability, medium: probability, high: probability }).describe('Probability of each load now.'),
  coldStart: z.boolean().describe('Its habits are still being learnt.'),
  missing: z.array(z.object({ signal: z.enum(SIGNALS).nullable().describe('Null: the whole tick.'), why: z.enum(Object.keys(WHYS) as [Why, ...Why[]]) })).max(MOST_MISSING).describe('What the tick did not tell.'),
  failing: z.boolean().describe('The first probability is over its limit, with hysteresis.'),
  failingSinceMs: ms.nullable(),
  model: z.object({ source: z.enum(['prior', 'pooled', 'own']), trainedAtMs: ms.nullable() }),
}) satisfies z.ZodType<TargetForecast>;
