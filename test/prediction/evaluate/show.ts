/** One guest tick by tick, for whoever wants to know why it alarmed or did not. */
import { MISSING } from '../../../exporter/src/prediction/hmm/model.ts';
import { SIGNALS } from '../../../exporter/src/prediction/observation/signals.ts';
import { compatibleSymbols, FEATURES, levelsOf } from '../../../exporter/src/prediction/observation/symbol.ts';
import { healthProbabilities, loadProbabilities } from '../../../exporter/src/prediction/states.ts';
import type { Trace } from '../trace/trace.ts';
import type { ReplayedTick } from './replay.ts';

/** Tab-separated: seconds, what happened since the tick before, levels (C M N D: `-` below, `0` around, `+` above, `?` not known), probabilities, signals. */
export function showTicks(trace: Trace, ticks: readonly ReplayedTick[]): string {
  const startMs = ticks[0]?.atMs ?? 0;
  const head = ['seconds', 'labels', 'levels', 'P', 'abnormal', 'failed', 'high', ...SIGNALS];
  const rows = ticks.map((tick, t) => {
    const sinceMs = ticks[t - 1]?.atMs ?? -Infinity;
    const labels = trace.labels.filter(({ atMs }) => atMs > sinceMs && atMs <= tick.atMs).map(({ kind }) => kind).join(' ');
    const [health, load] = [healthProbabilities(tick.belief), loadProbabilities(tick.belief)];
    const shown = [tick.probability[0] ?? 0, health.abnormal, health.failed, load.high].map((value) => value.toFixed(4));
    const signals = SIGNALS.map((signal) => (tick.values[signal] === null ? '' : Number(tick.values[signal]!.toPrecision(4))));
    return [((tick.atMs - startMs) / 1000).toFixed(0), labels, levelsText(tick), ...shown, ...signals].join('\t');
  });
  return [head.join('\t'), ...rows, ''].join('\n');
}

function levelsText({ code, missing }: ReplayedTick): string {
  if (code === MISSING) return missing[0]?.why ?? 'missing';
  const all = [...compatibleSymbols(code)].map(levelsOf);
  return FEATURES.map((feature) => {
    const levels = new Set(all.map((one) => one[feature]));
    return levels.size === 1 ? '-0+'[[...levels][0]!] : '?';
  }).join('');
}
