import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkAlertRules } from './check.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-rules-'));
  for (const name of ['rules', 'tests', 'runbooks', 'example']) cpSync(join(import.meta.dirname, name), join(folder, name), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is delivered has no problem', async () => {
  expect(await checkAlertRules(folder)).toEqual({ problems: [], summary: expect.stringMatching(/^\d+ alerts, \d+ recording rules/) });
});

/** File, what is replaced in it, by what, and words of the problem that must be reported. */
const BREAKS: [title: string, file: string, from: string | RegExp, to: string, problem: RegExp][] = [
  ['an expression that is none', 'rules/paths.yml', 'expr: vector(1)', 'expr: vector(1', /promtool check rules[^]*paths\.yml/],
  ['labels other than tested', 'rules/domain-faults.yml', 'severity: critical', 'severity: warning', /promtool test rules[^]*FAILED/],
  ['a window on a fault', 'rules/domain-faults.yml', /virtmedic_domain_fault == 1/g, 'max_over_time(virtmedic_domain_fault[1m]) == 1', /promtool test rules[^]*FAILED/],
  ['a join that loses domains without info', 'rules/domain-faults.yml', /\n +or ignoring \(domain_uuid\)[^]*?"\(\.\+\)"\)\n +\)\n/, '\n', /promtool test rules tests\/domain-labels\.yml[^]*VirtmedicDomainMissing[^]*got: nil/],
  ['a join that breaks on two UUIDs', 'rules/domain-faults.yml', ') == 1\n\n', ') >= 1\n\n', /promtool test rules[^]*FAILED/],
  ['a wrong Prometheus example', 'example/prometheus.yml', 'scrape_timeout: 5s', 'scrape_timeout: 6s', /promtool check config[^]*scrape timeout/],
  ['a wrong Alertmanager example', 'example/alertmanager.yml', '- receiver: virtmedic', '- receiver: nobody', /amtool check-config[^]*nobody/],
];

test.each(BREAKS)('%s is found', async (_title, file, from, to, problem) => {
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
  expect((await checkAlertRules(folder)).problems.join('\n')).toMatch(problem);
});

const script = join(import.meta.dirname, 'check.ts');

test('the command says how much it checked, and ends with 0', () => {
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' })).toMatch(/all well/);
});

test('the command names the problems and ends with 1', () => {
  rmSync(join(folder, 'runbooks/VirtmedicHeartbeat.md'));
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  expect(stderr).toBe('runbooks/VirtmedicHeartbeat.md is missing\nalert-rules: 1 problem(s)\n');
  expect(status).toBe(1);
});

test.each([
  [{ PATH: '/nonexistent' }, [], /promtool is not installed; on Debian: apt-get install prometheus/],
  [{}, ['/nonexistent'], /\/nonexistent/],
  [{}, ['--quick'], /--quick/],
])('the command ends with 2 where it cannot check (%j %j)', (environment, args, message) => {
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: { ...process.env, ...environment } });
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
});
