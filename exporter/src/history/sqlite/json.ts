import { z } from 'zod';

/** A column that holds JSON text. */
export const jsonColumn = z.string().transform((text, check): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    check.addIssue({ code: 'custom', message: 'expected JSON' });
    return z.NEVER;
  }
});
