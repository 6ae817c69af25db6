import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const labels = z.record(z.string(), z.string());
const recordingRule = z.strictObject({ record: z.string(), expr: z.string(), labels: labels.optional() });
const alertRule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  keep_firing_for: z.string().optional(),
  labels: labels.default({}),
  annotations: labels.default({}),
});
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({ name: z.string(), interval: z.string().optional(), rules: z.array(z.union([alertRule, recordingRule])) }),
  ),
});
const testFile = z.object({
  tests: z.array(
    z.object({ alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) })).default([]) }),
  ),
});

/** An alert, with the file that it stands in (relative to the folder). */
export type AlertRule = z.infer<typeof alertRule> & { file: string };
export type RecordingRule = z.infer<typeof recordingRule> & { file: string };

export interface RuleFolder {
  alerts: AlertRule[];
  recordings: RecordingRule[];
  /** `name` is that of the file without `.md`, and so of its alert. */
  runbooks: { name: string; text: string }[];
  /** Alerts that some unit test expects to fire, and those that some unit test expects to be silent. */
  testedFiring: Set<string>;
  testedSilent: Set<string>;
}

/** The .yml files of a folder, full paths, in order of name. */
export function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Reads `rules/*.yml`, `tests/*.yml` and `runbooks/*.md` of a folder.
 * @throws Error that names the file, where one cannot be read or is not of the expected shape
 */
export function readRuleFolder(folder: string): RuleFolder {
  const result: RuleFolder = { alerts: [], recordings: [], runbooks: [], testedFiring: new Set(), testedSilent: new Set() };
  for (const path of yamlFiles(join(folder, 'rules'))) {
    const file = relative(folder, path);
    for (const rule of readYaml(path, file, ruleFile).groups.flatMap((group) => group.rules)) {
      if ('alert' in rule) result.alerts.push({ ...rule, file });
      else result.recordings.push({ ...rule, file });
    }
  }
  for (const path of yamlFiles(join(folder, 'tests'))) {
    for (const test of readYaml(path, relative(folder, path), testFile).tests.flatMap((group) => group.alert_rule_test)) {
      (test.exp_alerts.length > 0 ? result.testedFiring : result.testedSilent).add(test.alertname);
    }
  }
  result.runbooks = readdirSync(join(folder, 'runbooks'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => ({ name: name.slice(0, -'.md'.length), text: readFileSync(join(folder, 'runbooks', name), 'utf8') }));
  return result;
}

function readYaml<T>(path: string, file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`, { cause: error });
  }
}
