import { fileURLToPath } from 'node:url';
import { brierText, figuresOfProof, goalNotes } from './prediction/figures.ts';
import { prove } from '../prediction/evaluate/proof.ts';
import { listTraces, readTrace } from '../prediction/trace/folder.ts';
import type { Split } from '../prediction/trace/kinds.ts';
import type { Trace } from '../prediction/trace/trace.ts';
import type { Bench, BenchResult } from './frame/bench.ts';

const TRACES = fileURLToPath(new URL('../prediction/traces/', import.meta.url));

export const bench: Bench = {
  summary: 'failures of real guests forecast, beside static thresholds and a windowed Gaussian',
  description: `
Traces of real guests (test/prediction/README.md), healthy and failing, replayed tick by tick through the daemon's own predictor with the
default settings and limits of the alarm. Trained on the training split, judged on the test split alone: other seeds, and two kinds of failure
that training never saw. Each guest is seen for the first time. Peers on the same signals: processor or memory over 90 % for some time, and a
windowed Gaussian (largest z-score of any signal); of each the setting that recalls most on the training split at no more false alarms a day
than ours has there (cross-validated).

recall                     share of failures with an alarm that began no earlier than a minute before the decline, at least 10 ticks before the failure,
                           and was still up when it came. Abrupt ones (kill) are not in it; declines that the guest survived are no failures
sudden_events              failures less than 10 ticks after their decline began, which are in recall all the same; recall_not_sudden: of the others
lead_s_p50                 seconds from the alarm to the failure, median of those recalled
false_alarms_per_vm_day    alarms that began in healthy guests, or in the healthy time of failing ones; each counts once, whatever its length
false_alarms_upper95       upper limit at 95 %, exact for a Poisson process
static_recall, gaussian_recall   the peers' recall; _false_alarms_per_vm_day: theirs on the test split
over_static, over_gaussian recall less the peer's
brier                      mean squared difference of the 60 s probability and whether the guest failed within 60 s; brier_base: of always saying the mean
untrained_*                the built-in model alone, as on the day of the installation
by_kind                    events, recalled, lead, false alarms and healthy days of each kind`,
  goals: {
    recall: { op: '>=', value: 0.9 },
    false_alarms_per_vm_day: { op: '<=', value: 1 },
    over_static: { op: '>', value: 0 },
    over_gaussian: { op: '>', value: 0 },
    healthy_vm_days: { op: '>=', value: 3 },
  },
  async run({ progress, signal }): Promise<BenchResult> {
    const [training, test] = [read('training'), read('test')];
    const proof = prove(training, test, (step) => {
      signal.throwIfAborted();
      progress(step);
    });
    return { figures: figuresOfProof(proof), runs: test.length, notes: [...goalNotes(proof), ...brierText(proof)] };
  },
};

function read(split: Split): Trace[] {
  return listTraces(TRACES, [split]).map(readTrace);
}
