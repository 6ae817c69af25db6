import { FAULTS, FORECAST_FAULTS } from '../exporter/src/vocabulary.ts';
import { PROMETHEUS_METRICS, TARGET_LABELS, VIRTMEDIC_METRICS } from './metrics.ts';
import type { MetricLabels } from './metrics.ts';
import { selectors } from './promql.ts';
import type { Selector } from './promql.ts';
import type { AlertRule, RecordingRule, RuleFolder } from './rule-files.ts';

const SEVERITIES = ['critical', 'warning', 'none'];
const COMMANDS = ['serve', 'check-config', 'status', 'ps', 'recover', 'incidents', 'history', 'maintenance', 'pause', 'unpause', 'forget', 'reload', 'guest-helper'];

/**
 * What promtool does not know: that faults, alerts, runbooks and unit tests belong together, that every metric exists,
 * and that nothing about virtmedic itself can look like a fault. One line for each problem; none: all is well.
 */
export function structuralProblems(folder: RuleFolder): string[] {
  return [
    ...folder.alerts.flatMap(alertProblems),
    ...pairingProblems(folder),
    ...folder.runbooks.flatMap(runbookProblems),
    ...[...folder.alerts, ...folder.recordings].flatMap((rule) => expressionProblems(rule, folder.recordings)),
  ];
}

function alertProblems(rule: AlertRule): string[] {
  const where = `${rule.file}: ${rule.alert}`;
  const problems: string[] = [];
  const { severity, virtmedic_fault: fault, virtmedic_origin: origin } = rule.labels;
  if (!SEVERITIES.includes(severity ?? '')) problems.push(`${where}: label severity must be one of ${SEVERITIES.join(', ')}`);
  for (const name of ['summary', 'description']) {
    if ((rule.annotations[name] ?? '').trim() === '') problems.push(`${where}: annotation ${name} is missing`);
  }
  const runbook = `runbooks/${rule.alert}.md`;
  if (rule.annotations['runbook_url'] !== runbook) problems.push(`${where}: annotation runbook_url must be ${runbook}`);
  if (fault === undefined) {
    if (origin !== 'virtmedic') problems.push(`${where}: needs the label virtmedic_fault, or virtmedic_origin="virtmedic"`);
    if (/\bvirtmedic_fault\b/.test(rule.expr)) problems.push(`${where}: is about virtmedic itself, but its expression handles virtmedic_fault`);
    return problems;
  }
  if (origin !== undefined) problems.push(`${where}: carries both virtmedic_fault and virtmedic_origin`);
  if (!(FAULTS as readonly string[]).includes(fault)) problems.push(`${where}: virtmedic_fault="${fault}" is not one of ${FAULTS.join(', ')}`);
  if ((FORECAST_FAULTS as readonly string[]).includes(fault)) return [...problems, ...hysteresisProblems(rule, where)];
  if (rule.for !== undefined || rule.keep_firing_for !== undefined) problems.push(`${where}: a fault is proven when it is reported; "for" and "keep_firing_for" only falsify its times`);
  if (!rule.expr.includes(`"${fault}"`)) problems.push(`${where}: the expression does not select "${fault}"`);
  return problems;
}

/** A probability wobbles: one limit to raise, a lower one to stay, and time on both sides. */
function hysteresisProblems(rule: AlertRule, where: string): string[] {
  const stays = `ALERTS{alertname="${rule.alert}", alertstate="firing"}`;
  return [
    ...(rule.for === undefined ? [`${where}: a forecast must hold for a while; "for" is missing`] : []),
    ...(rule.keep_firing_for === undefined ? [`${where}: a forecast must be over for a while; "keep_firing_for" is missing`] : []),
    ...(rule.expr.includes(stays) ? [] : [`${where}: nothing keeps it firing between its limits; the expression has no ${stays}`]),
  ];
}

function pairingProblems({ alerts, runbooks: pages, testedFiring, testedSilent }: RuleFolder): string[] {
  const runbooks = pages.map((page) => page.name);
  const names = alerts.map((rule) => rule.alert);
  const covered = alerts.map((rule) => rule.labels['virtmedic_fault']);
  return [
    ...FAULTS.filter((fault) => !covered.includes(fault)).map((fault) => `rules: no alert has virtmedic_fault="${fault}"`),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `rules: ${name} is defined twice`),
    ...names.filter((name) => !runbooks.includes(name)).map((name) => `runbooks/${name}.md is missing`),
    ...runbooks.filter((name) => !names.includes(name)).map((name) => `runbooks/${name}.md belongs to no alert`),
    ...names.filter((name) => !testedFiring.has(name)).map((name) => `tests: nothing shows ${name} firing`),
    // The heartbeat has no other state.
    ...alerts
      .filter((rule) => !testedSilent.has(rule.alert) && rule.expr !== 'vector(1)')
      .map((rule) => `tests: nothing shows ${rule.alert} not firing`),
  ];
}

/** A command that does not exist is the last thing that a person needs at night. */
function runbookProblems({ name, text }: RuleFolder['runbooks'][number]): string[] {
  const commands = [...text.matchAll(/`virtmedic ([a-z-]+)/g)].map((match) => match[1] ?? '');
  return [
    ...(text.startsWith(`# ${name}\n`) ? [] : [`runbooks/${name}.md: the first line must be "# ${name}"`]),
    ...commands.filter((command) => !COMMANDS.includes(command)).map((command) => `runbooks/${name}.md: there is no command virtmedic ${command}`),
  ];
}

function expressionProblems(rule: AlertRule | RecordingRule, recordings: readonly RecordingRule[]): string[] {
  const where = `${rule.file}: ${'alert' in rule ? rule.alert : rule.record}`;
  return selectors(rule.expr).flatMap((selector) => {
    if (recordings.some((recording) => recording.record === selector.metric)) return [];
    const labels = VIRTMEDIC_METRICS[selector.metric] ?? PROMETHEUS_METRICS[selector.metric];
    if (labels === undefined) return [`${where}: there is no metric ${selector.metric}`];
    return selector.matchers.flatMap((matcher) => matcherProblems(matcher, selector.metric, labels).map((text) => `${where}: ${text}`));
  });
}

function matcherProblems(matcher: Selector['matchers'][number], metric: string, labels: MetricLabels): string[] {
  if ((TARGET_LABELS as readonly string[]).includes(matcher.label)) return [];
  const values = labels[matcher.label];
  if (values === undefined) return [`${metric} has no label ${matcher.label}`];
  if (values === null) return [];
  const wanted = matcher.operator.endsWith('~') ? matcher.value.split('|') : [matcher.value];
  return wanted
    .filter((value) => !values.includes(value))
    .map((value) => `${metric} never has ${matcher.label}="${value}"; allowed: ${values.join(', ')}`);
}
