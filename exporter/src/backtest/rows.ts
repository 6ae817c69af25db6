/** What a backtest writes: `timestamp,failure_probability`. */
import { HEALTHS } from '../prediction/states.ts';
import type { TimeForm } from '../training/sources/csv/cells.ts';
import type { BacktestTick } from './replay.ts';

export interface RowOptions {
  /** As the input's timestamps. */
  timeForm: TimeForm;
  /** The probability of each health too. */
  all: boolean;
  /** Host and domain too: there are several. */
  named: boolean;
}

export interface Named {
  host: string;
  domain: string;
}

const DECIMALS = 6;

/** With its line end. */
export function headerRow({ all, named }: RowOptions): string {
  return `${['timestamp', 'failure_probability', ...(all ? HEALTHS.map((health) => `health_${health}`) : []), ...(named ? ['host', 'domain'] : [])].join(',')}\n`;
}

/** With its line end. */
export function tickRow({ atMs, failureProbability, health }: BacktestTick, { timeForm, all, named }: RowOptions, names: Named): string {
  const probabilities = [failureProbability, ...(all ? HEALTHS.map((name) => health[name]) : [])].map((probability) => probability.toFixed(DECIMALS));
  return `${[timeText(atMs, timeForm), ...probabilities, ...(named ? [quoted(names.host), quoted(names.domain)] : [])].join(',')}\n`;
}

function timeText(atMs: number, form: TimeForm): string {
  return form === 's' ? String(atMs / 1000) : form === 'ms' ? String(atMs) : new Date(atMs).toISOString();
}

/** RFC 4180; no line breaks, and nothing that a spreadsheet takes for a formula. */
function quoted(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ').replace(/^(?=[=+\-@\t])/, "'");
  return /[",]/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}
