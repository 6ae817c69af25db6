import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bootId } from './process-info.ts';
import { baseFolder, ensureBaseFolder, readState, recordedInits, runFolders, writePower, writeState } from './run-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runs-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const state = (boot: string) => ({
  version: 1 as const, id: 'abc123', name: 'lab', bootId: boot, owner: { pid: 1, startTicks: 2 }, subnet: '10.213.0', hosts: 2, createdAt: '2026-01-01T00:00:00.000Z',
});

test('the base folder: short, and where every host sees the same', () => {
  expect(baseFolder()).toBe('/var/tmp/virtmedic-lab');
  vi.stubEnv('VIRTMEDIC_LAB_DIR', '/srv/lab/');
  expect(baseFolder()).toBe('/srv/lab');
  for (const hidden of ['/run/lab', '/var/lib/x', '/var/log', '/var/cache/../cache/lab']) {
    vi.stubEnv('VIRTMEDIC_LAB_DIR', hidden);
    expect(() => baseFolder(), hidden).toThrow(/may not lie below/);
  }
  vi.stubEnv('VIRTMEDIC_LAB_DIR', `/srv/${'x'.repeat(80)}`);
  expect(() => baseFolder()).toThrow(/longer than \d+ bytes/);
});

test('a base folder is nobody else\'s business, and never a link', () => {
  const base = join(folder, 'base');
  ensureBaseFolder(base);
  expect(statSync(base).mode & 0o777).toBe(0o700);
  symlinkSync(base, join(folder, 'link'));
  expect(() => ensureBaseFolder(join(folder, 'link'))).toThrow(/not a folder of this user|EEXIST/);
});

test('only folders named like a run count as runs', () => {
  for (const name of ['abc123', 'x', 'lost+found', 'ABC123']) mkdirSync(join(folder, name));
  expect(runFolders(folder)).toEqual([join(folder, 'abc123')]);
  expect(runFolders(join(folder, 'missing'))).toEqual([]);
});

test('half a state file is no state', () => {
  expect(readState(folder)).toBeUndefined();
  writeFileSync(join(folder, 'state.json'), '{"version": 1, "id": "ab');
  expect(readState(folder)).toBeUndefined();
  writeState(folder, state('b'));
  expect(readState(folder)).toEqual(state('b'));
  expect(statSync(join(folder, 'state.json')).mode & 0o777).toBe(0o600);
});

test('recorded processes count only within the boot that they were recorded in', () => {
  const init = { pid: 4711, startTicks: 99 };
  for (const name of ['h1', 'h2', 'h3']) mkdirSync(join(folder, name));
  writePower(join(folder, 'h1'), { init });
  writeFileSync(join(folder, 'h3', 'power.json'), '{');
  expect(recordedInits(folder)).toEqual([]);
  writeState(folder, state(bootId()));
  expect(recordedInits(folder)).toEqual([init]);
  writeState(folder, state('another-boot'));
  expect(recordedInits(folder)).toEqual([]);
});
