/** A backtest as one page: without scripts, and nothing that would have to be loaded. */
import type { Interval } from '../../prediction/states-known.ts';
import { VERSION } from '../../version.ts';
import { describeLacks, describeSummary } from '../describe.ts';
import type { Told } from '../describe.ts';
import type { TargetResult } from '../run.ts';
import { timeAxis } from './axis.ts';
import { escaped } from './markup.ts';
import { healthPicture, probabilityPicture, signalPictures } from './pictures.ts';
import { PATTERNS, STYLE } from './style.ts';

export interface Report extends TargetResult {
  told: Told;
  failures: readonly Interval[];
  trainUntilMs: number | null;
}

const MOST_ROWS = 200;

/** Form, and what it means. */
const LEGEND: readonly (readonly [string, string])[] = [
  ['<path class="probability" d="M2 12L14 4L32 9"/>', 'probability: solid line'],
  ['<path class="raise" d="M2 7H32"/>', 'alarm threshold: dashed'],
  ['<path class="clear" d="M2 7H32"/>', 'alarm is cleared below: dotted'],
  ['<path class="alarm" d="M2 2h30v10H2z"/>', 'alarm stands: full bar'],
  ['<path class="failed" d="M2 2h30v10H2z"/>', 'failed, as told or believed: crossed'],
  ['<path class="share-abnormal" d="M2 2h30v10H2z"/>', 'abnormal: striped'],
  ['<path class="share-normal" d="M2 2h30v10H2z"/>', 'normal: plain'],
  ['<path class="above" d="M2 2h30v10H2z"/>', '▲ level above: full'],
  ['<path class="below" d="M2 2h30v10H2z"/>', '▼ level below: empty'],
  ['<path class="unknown" d="M2 2h30v10H2z"/>', 'missing, or not known: dots'],
  ['<path class="learning" d="M2 2h30v10H2z"/>', 'habits being learnt: falling stripes'],
];

/** At most some hundred kilobytes, whatever was replayed: `points` are few. */
export function reportPage({ summary, points, told, failures, trainUntilMs }: Report): string {
  const title = `Backtest of ${told.source}`;
  const body = summary.fromMs === null || summary.toMs === null ? '<p>There was no tick to replay.</p>' : pictures({ summary, points, told, failures, trainUntilMs }, summary.fromMs, summary.toMs);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>${PATTERNS}
<h1>${escaped(title)}</h1>
<table>${rows(describeSummary(summary, told))}</table>
${body}
<h2>What was missing, and why</h2>
${summary.lacks.length === 0 ? '<p>Nothing.</p>' : `<table>${rows(describeLacks(summary))}</table>`}
${told.notes.length === 0 ? '' : `<h2>About the source</h2><ul>${told.notes.slice(0, MOST_ROWS).map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`}
<p class="weak">virtmedic ${escaped(VERSION)}</p></body></html>
`;
}

function pictures({ summary, points, told, failures, trainUntilMs }: Omit<Report, 'target'>, fromMs: number, toMs: number): string {
  const time = timeAxis(fromMs, toMs, told.utc);
  const shown = { time, points, summary, told, failures, trainUntilMs };
  const ticks = points.reduce((most, point) => Math.max(most, point.ticks), 1);
  const thinned = ticks === 1 ? '' : ` Each point stands for up to ${ticks} ticks and shows the highest of them.`;
  return `<ul class="legend">${LEGEND.map(([form, text]) => `<li><svg viewBox="0 0 34 14" aria-hidden="true">${form}</svg> ${escaped(text)}</li>`).join('')}</ul>
<p class="weak">Times: ${escaped(time.zone)}.${thinned}</p>
<h2>Forecast</h2>
${probabilityPicture(shown)}
<h2>What was measured, against the target's habits</h2>
${signalPictures(shown)}
<h2>Health</h2>
${healthPicture(shown)}`;
}

function rows(lines: readonly (readonly [string, string])[]): string {
  return lines.slice(0, MOST_ROWS).map(([label, text]) => `<tr><th scope="row">${escaped(label)}</th><td>${escaped(text)}</td></tr>`).join('');
}
