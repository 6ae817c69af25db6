/** A backtest's summary in words, for the terminal and for the page. */
import { formatDuration, formatTime } from '../cli/format.ts';
import type { Why } from '../prediction/observation/observer.ts';
import type { Signal } from '../prediction/observation/signals.ts';
import type { Stretch, Summary } from './summary.ts';

/** What was replayed, and with what. */
export interface Told {
  /** File, or address and domain. */
  source: string;
  /** Which model forecasts, in words. */
  model: string;
  tickSeconds: number;
  horizonSeconds: number;
  form: string;
  threshold: number;
  /** Times are shown in UTC, else in local time. */
  utc: boolean;
  /** What was said of the source: units, skipped rows. */
  notes: readonly string[];
}

const MOST_SHOWN = 20;

const SIGNAL_WORDS: Readonly<Record<Signal, string>> = {
  cpuRatio: 'processor',
  memoryUsedRatio: 'memory',
  majorFaultsPerSecond: 'major page faults',
  networkBytesPerSecond: 'network',
  diskBytesPerSecond: 'disk bytes',
  diskRequestsPerSecond: 'disk requests',
  diskRequestSeconds: 'time of disk requests',
  diskFillRatio: 'disk filling',
};

const WHY_WORDS: Readonly<Record<Why, string>> = {
  'bad-time': 'its time is none',
  'first-reading': 'the first reading tells no rates',
  'not-running': 'it did not run',
  restart: 'it was started anew, or moved',
  'clock-step': 'too soon after the tick before',
  gap: 'after a gap',
  'own-operation': 'during an operation of ours',
  settling: 'in the minute after a start',
  'not-said': 'not said by the source',
  'no-requests': 'there were no requests',
  learning: 'habits still being learnt',
  'other-source': 'memory told by another source than what was learnt',
  preallocated: 'images allocated in advance',
};

/** Label and text; what does not apply is left out. */
export function describeSummary(summary: Summary, told: Told): [string, string][] {
  const time = (ms: number): string => formatTime(ms, told.utc);
  const share = (count: number): string => (summary.ticks === 0 ? `${count}` : `${count} (${percent(count / summary.ticks)})`);
  const { highest, gaps, fromMs, toMs } = summary;
  const lines: [string, string | null][] = [
    ['Source', told.source],
    ['Model', `${told.model}; form ${told.form}, ${formatDuration(told.horizonSeconds * 1000)} ahead`],
    ['Time', fromMs === null || toMs === null ? null : `${time(fromMs)} to ${time(toMs)}, ${formatDuration(toMs - fromMs)}`],
    ['Ticks', `${summary.ticks} of ${formatDuration(told.tickSeconds * 1000)}: observed ${share(summary.observed)}, in part ${share(summary.partial)}, missing ${share(summary.missing)}`],
    ['Cold start', summary.coldStart === 0 ? null : `${share(summary.coldStart)} ticks, habits still being learnt`],
    ['Gaps', gaps.count === 0 || gaps.longestFromMs === null ? null : `${gaps.count}, the longest ${formatDuration(gaps.longestMs)} from ${time(gaps.longestFromMs)} on`],
    ['Highest', highest === null ? null : `${highest.probability.toFixed(4)} at ${time(highest.atMs)}`],
    ['Above', `${share(summary.above)} ticks at ${told.threshold} or more`],
    ['Alarms', describeAlarms(summary, time)],
    ...summary.failures.slice(0, MOST_SHOWN).map((failure): [string, string] => ['Failure', `${time(failure.fromMs)}: ${failure.leadMs === null ? 'no alarm before' : `alarm ${formatDuration(failure.leadMs)} before`}`]),
    ['Failures', summary.failures.length <= MOST_SHOWN ? null : `${summary.failures.length - MOST_SHOWN} more`],
  ];
  return lines.filter((line): line is [string, string] => line[1] !== null);
}

/** What ticks lacked, and why; what no tick ever told comes last. */
export function describeLacks({ lacks, ticks }: Summary): [string, string][] {
  return lacks.map(({ signal, why, ticks: count }) => [signal === null ? 'whole tick' : SIGNAL_WORDS[signal], `${WHY_WORDS[why]}: ${count === ticks ? 'always' : `${count} ticks (${percent(count / ticks)})`}`]);
}

function describeAlarms({ alarms, alarmCount }: Summary, time: (ms: number) => string): string {
  if (alarmCount === 0) return 'none';
  const shown = alarms.slice(0, MOST_SHOWN).map(({ fromMs, toMs }: Stretch) => `${time(fromMs)} ${toMs === null ? 'until the end' : `for ${formatDuration(toMs - fromMs)}`}`);
  return `${alarmCount}: ${shown.join('; ')}${alarms.length > MOST_SHOWN ? `; and ${alarms.length - MOST_SHOWN} more` : ''}`;
}

export function percent(share: number): string {
  const value = 100 * share;
  const text = value > 0 && value < 0.05 ? '< 0.1' : value < 100 && value >= 99.95 ? '> 99.9' : Number(value.toFixed(1)).toString();
  return `${text} %`;
}
