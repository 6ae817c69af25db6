import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { selectStages, stageCommand, STAGES } from './stages.ts';
import type { Selection, Stage } from './stages.ts';

const ALL: Selection = { only: [], filters: [], namePattern: undefined };
const names = (selection: Partial<Selection>): string[] => selectStages(STAGES, { ...ALL, ...selection }).map(({ name }) => name);

describe('selectStages', () => {
  test('all without a selection, in their order whatever the order asked for', () => {
    expect(names({})).toEqual(STAGES.map(({ name }) => name));
    expect(names({ only: ['unit', 'typecheck'] })).toEqual(['typecheck', 'unit']);
  });

  test('a filter or pattern concerns the stages with tests, unless stages are named', () => {
    expect(names({ filters: ['queue'] })).toEqual(['unit', 'plugin-unit', 'browser', 'lab']);
    expect(names({ namePattern: 'idle' })).toEqual(['unit', 'plugin-unit', 'browser', 'lab']);
    expect(names({ only: ['lab'], filters: ['queue'] })).toEqual(['lab']);
  });

  test('an unknown name is refused with the known ones', () => {
    expect(() => names({ only: ['unit', 'e2e'] })).toThrow(/'e2e'.*typecheck, product, lint, unit/);
  });
});

test('test runners get filters and pattern, and report where they are told to; other programs get nothing', () => {
  const [unit, lint, jest] = ['unit', 'lint', 'plugin-unit'].map((name) => STAGES.find((stage) => stage.name === name)) as [Stage, Stage, Stage];
  expect(stageCommand(jest, { only: [], filters: ['queue'], namePattern: undefined }, '/r.json')).toEqual(
    [...jest.command, '--json', '--outputFile=/r.json', '--passWithNoTests', 'queue']);
  expect(stageCommand(unit, ALL, '/r.json')).toEqual([...unit.command, '--reporter=default', '--reporter=json', '--outputFile.json=/r.json']);
  const filtered = stageCommand(unit, { only: [], filters: ['queue'], namePattern: 'a b' }, '/r.json');
  expect(filtered.slice(-4)).toEqual(['--testNamePattern', 'a b', '--passWithNoTests', 'queue']);
  expect(stageCommand(lint, { only: ['lint'], filters: ['queue'], namePattern: undefined }, '/r.json')).toEqual(lint.command);
});

test('every stage has a program, and all time limits together stay below an hour', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  expect(STAGES.filter(({ command: [program] }) => !existsSync(path.join(root, program)))).toEqual([]);
  expect(STAGES.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0)).toBeLessThanOrEqual(58 * 60_000);
});
