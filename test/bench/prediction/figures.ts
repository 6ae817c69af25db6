/** The proof as the figures of the bench. */
import type { Figures } from '../../prediction/evaluate/figures.ts';
import type { Proof } from '../../prediction/evaluate/proof.ts';
import { limitsText } from '../../prediction/evaluate/tables.ts';
import type { Figure } from '../frame/bench.ts';

const LEAST_HEALTHY_DAYS = 3;
/** Fewer failures say little of a share of 0.9. */
const LEAST_EVENTS = 20;

export function figuresOfProof({ training, test, brier, untrained, staticThresholds, gaussian }: Proof): Record<string, Figure> {
  const first = brier[0]?.brier;
  const over = (peer: Figures): number | null => (test.recall === null || peer.recall === null ? null : test.recall - peer.recall);
  return {
    recall: test.recall,
    lead_s_p50: test.leadSecondsMedian,
    false_alarms_per_vm_day: test.falseAlarmsPerDay,
    false_alarms_upper95: test.falseAlarmsPerDayUpper,
    healthy_vm_days: test.healthyDays,
    events: test.events,
    sudden_events: test.sudden,
    recall_not_sudden: test.recallNotSudden,
    false_alarms: test.falseAlarms,
    abrupt_events: test.abruptEvents,
    survived: test.survived,
    survivors_alarmed: test.alarmedSurvivors,
    static_recall: staticThresholds.test.recall,
    static_false_alarms_per_vm_day: staticThresholds.test.falseAlarmsPerDay,
    gaussian_recall: gaussian.test.recall,
    gaussian_false_alarms_per_vm_day: gaussian.test.falseAlarmsPerDay,
    over_static: over(staticThresholds.test),
    over_gaussian: over(gaussian.test),
    brier: first?.score ?? null,
    brier_base: first?.base ?? null,
    untrained_recall: untrained.recall,
    untrained_false_alarms_per_vm_day: untrained.falseAlarmsPerDay,
    training_recall: training.recall,
    training_false_alarms_per_vm_day: training.falseAlarmsPerDay,
    by_kind: Object.fromEntries([...test.byKind].map(([kind, one]): [string, Figure] => [kind, {
      events: one.events, recalled: one.recalled, lead_s_p50: one.leadSecondsMedian, false_alarms: one.falseAlarms, healthy_vm_days: one.healthyDays,
    }])),
  };
}

/** What the figures rest on too little of, and what the peers were. */
export function goalNotes({ training, test, staticThresholds, gaussian }: Proof): string[] {
  const notes: string[] = [];
  if (training.events === 0) notes.push('no training trace fails: the built-in model was not taught any failure (npm run traces:record)');
  if (test.events < LEAST_EVENTS) notes.push(`${test.events} failures in the test split are too few for a share of 0.9; record more (npm run traces:record)`);
  if (test.healthyDays < LEAST_HEALTHY_DAYS) notes.push(`${test.healthyDays.toFixed(2)} healthy VM-days in the test split; ${LEAST_HEALTHY_DAYS} are asked for`);
  notes.push(`static thresholds: over 90 % for ${staticThresholds.chosen.limits.raiseForSeconds} s`);
  notes.push(`windowed Gaussian: ${JSON.stringify(gaussian.chosen.settings)}, z-score ${limitsText(gaussian.chosen.limits)}`);
  return notes;
}

export function brierText({ brier }: Proof): string[] {
  return brier.map(({ horizonSeconds, brier: { score, base } }) => `Brier score at ${horizonSeconds} s: ${score?.toFixed(4) ?? '-'}; of always saying the mean: ${base?.toFixed(4) ?? '-'}`);
}
