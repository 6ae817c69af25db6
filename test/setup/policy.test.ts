import { chmodSync, existsSync, linkSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forbidServices, restorePolicy } from './policy.mjs';

const OPERATORS = '#!/bin/sh\n# the operator’s\nexit 104\n';
let folder = '';
let policy = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'policy-'));
  policy = path.join(folder, 'policy-rc.d');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeOperators(): void {
  writeFileSync(policy, OPERATORS);
  chmodSync(policy, 0o751);
  utimesSync(policy, 1_500_000_000, 1_500_000_000);
}

function expectOperators(): void {
  const { mode, mtimeMs } = lstatSync(policy);
  expect({ text: readFileSync(policy, 'utf8'), mode: mode & 0o777, mtimeMs, files: readdirSync(folder) })
    .toEqual({ text: OPERATORS, mode: 0o751, mtimeMs: 1_500_000_000_000, files: ['policy-rc.d'] });
}

test('forbids with exit code 101, and leaves nothing where there was nothing', () => {
  forbidServices(policy);
  expect(spawnSync(policy, ['prometheus', 'start']).status).toBe(101);
  expect(restorePolicy(policy)).toBe('restored');
  expect(readdirSync(folder)).toEqual([]);
  expect(restorePolicy(policy)).toBe('nothing');
});

test('an existing policy comes back with contents, mode and time', () => {
  writeOperators();
  forbidServices(policy);
  expect(spawnSync(policy).status).toBe(101);
  expect(restorePolicy(policy)).toBe('restored');
  expectOperators();
});

test('a policy that is a link stays a link', () => {
  symlinkSync('/etc/alternatives/policy-rc.d', policy);
  forbidServices(policy);
  expect(lstatSync(policy).isFile()).toBe(true);
  restorePolicy(policy);
  expect(readlinkSync(policy)).toBe('/etc/alternatives/policy-rc.d');
});

test('without us an operator’s policy is left alone', () => {
  writeOperators();
  expect(restorePolicy(policy)).toBe('nothing');
  expectOperators();
});

describe('a kill in the middle is repaired by the next run', () => {
  test('after the second name was made', () => {
    writeOperators();
    linkSync(policy, `${policy}.virtmedic-saved`);
    expect(restorePolicy(policy)).toBe('restored');
    expectOperators();
  });

  test('after ours was written beside it', () => {
    writeOperators();
    linkSync(policy, `${policy}.virtmedic-saved`);
    writeFileSync(`${policy}.virtmedic-new`, 'half');
    forbidServices(policy);
    restorePolicy(policy);
    expectOperators();
  });

  test('while ours was in place: forbidding again does not take ours for the operator’s', () => {
    writeOperators();
    forbidServices(policy);
    forbidServices(policy);
    restorePolicy(policy);
    expectOperators();
  });

  test('while ours was in place and there was none before', () => {
    forbidServices(policy);
    forbidServices(policy);
    restorePolicy(policy);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a policy that somebody put in place meanwhile stays, and the saved one too', () => {
  writeOperators();
  forbidServices(policy);
  writeFileSync(`${policy}.theirs`, '#!/bin/sh\nexit 0\n');
  renameSync(`${policy}.theirs`, policy);
  expect(restorePolicy(policy)).toBe('kept');
  expect(readFileSync(policy, 'utf8')).toContain('exit 0');
  expect(existsSync(`${policy}.virtmedic-saved`)).toBe(true);
});
