/** Parameters as the API takes them. */
import { z } from 'zod';
import { INCIDENT_FAULTS, OUTCOMES } from '../vocabulary.ts';

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
  .transform(Number);

export const recoveriesQuery = z.strictObject({
  from: timeMs.optional(),
  to: timeMs.optional(),
  host: z.string().min(1).max(256).optional(),
  domain: z.string().min(1).max(256).optional(),
  fault: z.enum(INCIDENT_FAULTS).optional(),
  outcome: z.enum(OUTCOMES).optional(),
  limit: limit.optional(),
  cursor: z.string().min(1).max(512).optional(),
});

export const noQuery = z.strictObject({});

export const hostQuery = z.strictObject({ host: z.string().min(1).max(256).optional() });
