/** Declared apps for tests: what configuration makes of the options that are given. */
import type { z } from 'zod';
import { appDeclaration, type AppDeclaration } from '../../../config/apps.ts';
import { configSchema } from '../../../config/schema.ts';

const probe = configSchema.shape.domains.unwrap().element.shape.probes.unwrap().element;
const schema = appDeclaration(probe);

export function declared(given: Partial<z.input<typeof schema>> = {}): AppDeclaration {
  return schema.parse({ name: 'web', match: { unit: 'x.service' }, ...given });
}
