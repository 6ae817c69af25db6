import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { npmEnvironment, npmNeeded } from './npm.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'npm-'));
  writeFileSync(path.join(root, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(root, { recursive: true }));

function install(lock: string): void {
  mkdirSync(path.join(root, 'node_modules/.bin'), { recursive: true });
  writeFileSync(path.join(root, 'node_modules/.bin/node'), '');
  const stamp = { lock: createHash('sha256').update(lock).digest('hex') };
  writeFileSync(path.join(root, 'node_modules/.virtmedic-setup.json'), JSON.stringify(stamp));
}

test('a fresh checkout needs npm ci', () => {
  expect(npmNeeded(root)).toMatch(/missing/);
});

test('a complete installation of this lock file does not', () => {
  install('{}');
  expect(npmNeeded(root)).toBeNull();
});

test('a changed lock file, a lost stamp, or a lost Node does', () => {
  install('{"other": true}');
  expect(npmNeeded(root)).toMatch(/package-lock/);
  install('{}');
  rmSync(path.join(root, 'node_modules/.bin/node'));
  expect(npmNeeded(root)).toMatch(/Node\.js 24/);
  rmSync(path.join(root, 'node_modules/.virtmedic-setup.json'));
  expect(npmNeeded(root)).toMatch(/not installed completely/);
});

test("npm keeps the user's configuration, loses the outer npm's state, and compiles against the project's own headers", () => {
  const env = npmEnvironment({ HOME: '/root', npm_config_registry: 'https://r.example/', npm_lifecycle_event: 'test', npm_command: 'run' }, '/srv/app');
  expect(env).toMatchObject({ HOME: '/root', npm_config_registry: 'https://r.example/' });
  expect(env['npm_config_nodedir']).toMatch(/^\/srv\/app\/node_modules\/node\//);
  expect(Object.keys(env)).not.toContain('npm_lifecycle_event');
  expect(Object.keys(env)).not.toContain('npm_command');
});
