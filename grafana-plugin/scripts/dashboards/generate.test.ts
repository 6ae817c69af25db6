import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { dashboardFiles, outdated, toText } from './generate.ts';
import { layOut } from './layout.ts';

const folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the dashboards in src are those that are generated', () => {
  expect(outdated()).toEqual([]);
});

test('a missing file and a changed one are found', () => {
  const [first, second] = [...dashboardFiles()];
  if (!first || !second) {
    throw new Error('no dashboards');
  }
  writeFileSync(join(folder, first[0]), toText(first[1]).replace('"uid"', '"UID"'));
  writeFileSync(join(folder, second[0]), toText(second[1]));
  expect(outdated(folder)).not.toContain(second[0]);
  expect(outdated(folder)).toContain(first[0]);
});

test('a line that is not filled is refused', () => {
  const panel = { type: 'stat', title: 'Half' };
  expect(() => layOut([{ height: 2, panels: [[12, panel]] }])).toThrow('"Half" is 12 wide');
});
