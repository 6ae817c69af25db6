import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRuleFolder } from './rule-files.ts';
import { structuralProblems } from './structure.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtmedic-rules-'));
  for (const name of ['rules', 'tests', 'runbooks']) cpSync(join(import.meta.dirname, name), join(folder, name), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function problems(): string {
  try {
    return structuralProblems(readRuleFolder(folder)).join('\n');
  } catch (error) {
    return String(error);
  }
}

test('what is delivered has no problem', () => expect(problems()).toBe(''));

/** File, what is replaced in it, by what, and words of the problem that must be reported. */
const BREAKS: [title: string, file: string, from: string | RegExp, to: string, problem: RegExp][] = [
  ['a delay on a fault', 'rules/domain-faults.yml', '        labels:\n', '        for: 1s\n        labels:\n', /VirtmedicDomainCrashed: .*"for"/],
  ['a forecast without hysteresis', 'rules/forecasts.yml', 'ALERTS{alertname="VirtmedicDomainFailing"', 'ALERTS{alertname="VirtmedicHostDegraded"', /VirtmedicDomainFailing: nothing keeps it firing/],
  ['a forecast that alerts at once', 'rules/forecasts.yml', '        for: 10s\n', '', /VirtmedicDomainFailing: .*"for" is missing/],
  ['a forecast that ends at once', 'rules/forecasts.yml', '        keep_firing_for: 30s\n', '', /VirtmedicDomainFailing: .*"keep_firing_for" is missing/],
  ['a fault class without alert', 'rules/domain-faults.yml', 'virtmedic_fault: domain_hung', 'virtmedic_fault: domain_panicked', /no alert has virtmedic_fault="domain_hung"/],
  ['a fault class that does not exist', 'rules/domain-faults.yml', 'virtmedic_fault: domain_hung', 'virtmedic_fault: domain_tired', /"domain_tired" is not one of/],
  ['an alert about virtmedic that looks like a fault', 'rules/recovery.yml', 'virtmedic_origin: virtmedic', 'virtmedic_origin: virtmedic\n          virtmedic_fault: domain_crashed', /carries both/],
  ['an alert about virtmedic without its mark', 'rules/recovery.yml', '          virtmedic_origin: virtmedic\n', '', /needs the label virtmedic_fault, or virtmedic_origin/],
  ['a severity that no route knows', 'rules/paths.yml', 'severity: warning', 'severity: urgent', /severity must be one of/],
  ['no summary', 'rules/paths.yml', /summary: .*/, 'summary: ""', /annotation summary is missing/],
  ['no description', 'rules/paths.yml', / +description: .*\n/, '', /annotation description is missing/],
  ['another runbook', 'rules/paths.yml', 'runbooks/VirtmedicHeartbeat.md', 'runbooks/Heartbeat.md', /runbook_url must be runbooks\/VirtmedicHeartbeat\.md/],
  ['a metric that nobody writes', 'rules/paths.yml', 'virtmedic_host_up', 'virtmedic_host_alive', /there is no metric virtmedic_host_alive/],
  ['a label that the metric has not', 'rules/recovery.yml', '{state="open"', '{status="open"', /virtmedic_incidents has no label status/],
  ['a value that never occurs', 'rules/recovery.yml', 'failed|timed_out', 'failed|timeout', /never has result="timeout"/],
  ['a key that is misspelt', 'rules/recovery.yml', 'for: 15m', 'fro: 15m', /fro/],
  ['an alert that no test shows firing', 'tests/paths.yml', /alertname: VirtmedicEventsShed/g, 'alertname: VirtmedicExporterDown', /nothing shows VirtmedicEventsShed firing/],
  ['a runbook with an invented command', 'runbooks/VirtmedicDomainHung.md', 'virtmedic recover', 'virtmedic repair', /there is no command virtmedic repair/],
  ['a runbook under another title', 'runbooks/VirtmedicDomainHung.md', '# VirtmedicDomainHung', '# Hung', /the first line must be/],
];

test.each(BREAKS)('%s is found', (_title, file, from, to, problem) => {
  const path = join(folder, file);
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
  expect(problems()).toMatch(problem);
});

test('missing and superfluous runbooks are found', () => {
  rmSync(join(folder, 'runbooks/VirtmedicHeartbeat.md'));
  writeFileSync(join(folder, 'runbooks/VirtmedicNothing.md'), '# VirtmedicNothing\n');
  expect(problems().split('\n')).toEqual(['runbooks/VirtmedicHeartbeat.md is missing', 'runbooks/VirtmedicNothing.md belongs to no alert']);
});
