/** Parameters as the API takes them. */
import { z } from 'zod';
import { INCIDENT_FAULTS, OUTCOMES } from '../vocabulary.ts';

const MOST_VALUES = 100;

/** RFC 3339, or milliseconds since the epoch. */
const timeMs = z
  .string()
  .max(64)
  .transform((text, context) => {
    const ms = /^\d{1,15}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(ms)) context.addIssue({ code: 'custom', message: 'expected a time, as RFC 3339 (`2026-01-31T12:00:00Z`) or milliseconds since the epoch' });
    return ms;
  });

const limit = z
  .string()
  .refine((text) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000, 'expected a whole number from 1 to 1000')
  .transform(Number)
  .meta({ description: 'How many at most; default 100.', type: 'integer', minimum: 1, maximum: 1000 });

const name = z.string().min(1).max(256);

/** A parameter that may be repeated. */
const repeated = <S extends z.ZodType>(value: S) => z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(value).min(1).max(MOST_VALUES));

export const recoveriesQuery = z.strictObject({
  from: timeMs.optional().describe('Opened at this time or later: RFC 3339, or milliseconds since the epoch.'),
  to: timeMs.optional().describe('Opened before this time.'),
  overlapping: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('With `from`: also those that were opened before and had not ended by then.'),
  host: repeated(name).optional().describe('Name of a host. Repeated: any of them.'),
  domain: repeated(name).optional().describe('Name or UUID of a domain; its apps too. Repeated: any of them.'),
  app: repeated(name).optional().describe('Name of an app. Repeated: any of them.'),
  fault: repeated(z.enum(INCIDENT_FAULTS)).optional().describe('What was wrong. Repeated: any of them.'),
  outcome: repeated(z.enum(OUTCOMES)).optional().describe('How it ended. Repeated: any of them.'),
  limit: limit.optional(),
  cursor: z.string().min(1).max(512).optional().describe('`nextCursor` of the page before.'),
});

export const changesQuery = z.strictObject({
  cursor: z.string().max(512).optional().describe('`nextCursor` of the answer before; without it the answer holds nothing but the cursor of now.'),
  limit: limit.optional(),
});

export const noQuery = z.strictObject({});

export const hostQuery = z.strictObject({ host: name.optional().describe('Only the domains of this host.') });
