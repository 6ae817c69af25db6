import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { schemaNode } from '../src/config/expected.ts';
import { loadConfig } from '../src/config/load.ts';
import { configSchema } from '../src/config/schema.ts';
import { optionsOf } from './configuration.ts';
import { generate, outOfDate } from './documents.ts';

describe('documents', () => {
  it('are written, noticed when they differ, and written again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'virtmedic-docs-'));
    try {
      expect(await outOfDate(folder)).toEqual([{ name: 'configuration.md', isMissing: true }, { name: 'cli.md', isMissing: true }, { name: 'openapi.json', isMissing: true }]);
      expect(await generate(folder)).toEqual(['configuration.md', 'cli.md', 'openapi.json']);
      expect(await outOfDate(folder)).toEqual([]);
      await appendFile(join(folder, 'cli.md'), 'by hand');
      expect(await outOfDate(folder)).toEqual([{ name: 'cli.md', isMissing: false }]);
      expect(await generate(folder)).toEqual(['cli.md']);
      expect(await outOfDate(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the example', () => {
  const file = join(import.meta.dirname, 'example.yaml');

  it('is valid, without a warning', async () => {
    const { config, warnings } = await loadConfig(file);
    expect(warnings).toEqual([]);
    expect(config.recovery.dryRun).toBe(true);
  });

  it('shows every group of options', async () => {
    const text = await readFile(file, 'utf8');
    for (const name of Object.keys(schemaNode(configSchema).properties ?? {})) expect(text).toMatch(new RegExp(`^(# )?${name}:`, 'm'));
  });
});

describe('optionsOf', () => {
  it('names every option with its values, default and meaning', () => {
    const same = z.strictObject({ size: z.int().min(1).max(9).default(3).describe('How large.') }).optional();
    const schema = z.strictObject({
      kind: z.enum(['a', 'b']).describe('Which.'),
      list: z.array(z.strictObject({ name: z.string().min(1) })).default([]),
      parts: z.strictObject({ left: same, right: same }),
      more: z.strictObject({ left: same, right: same }),
      either: z.array(z.discriminatedUnion('type', [z.strictObject({ type: z.literal('x'), p: z.boolean() }), z.strictObject({ type: z.literal('y') })])),
    });
    expect(optionsOf('o', schemaNode(schema), true).map(({ path, allowed, fallback, help }) => [path, allowed, fallback, help])).toEqual([
      ['o', 'a group of options', 'required', ''],
      ['o.kind', 'one of `a`, `b`', 'required', 'Which.'],
      ['o.list', 'a list', '`[]`', ''],
      ['o.list[].name', 'text that is not empty', 'required', ''],
      ['o.parts', 'a group of options', 'required', ''],
      ['o.parts.NAME', 'NAME is one of `left`, `right`', '', ''],
      ['o.parts.NAME.size', 'a whole number from 1 to 9', '`3`', 'How large.'],
      ['o.more', 'a group of options', 'required', ''],
      ['o.more.NAME', 'NAME is one of `left`, `right`', '', 'The same options as `o.parts.NAME`.'],
      ['o.either', 'a list', 'required', ''],
      ['o.either[type: x].type', '`x`', 'required', ''],
      ['o.either[type: x].p', '`true` or `false`', 'required', ''],
      ['o.either[type: y].type', '`y`', 'required', ''],
    ]);
  });
});
