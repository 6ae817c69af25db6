/** The pictures of a report, on one time axis. */
import { FEATURES } from '../../prediction/observation/symbol.ts';
import type { Feature } from '../../prediction/observation/symbol.ts';
import type { Interval } from '../../prediction/states-known.ts';
import type { Told } from '../describe.ts';
import type { Summary } from '../summary.ts';
import type { Point } from '../thin.ts';
import { amountAxis } from './axis.ts';
import type { TimeAxis } from './axis.ts';
import { at, escaped, FRAME } from './markup.ts';
import { barsOf, heightOf, lineOf, pictureMarkup } from './picture.ts';
import type { Lane } from './picture.ts';

export interface Shown {
  time: TimeAxis;
  points: readonly Point[];
  summary: Summary;
  told: Told;
  failures: readonly Interval[];
  trainUntilMs: number | null;
}

const GAP_TICKS = 3;
const HEIGHT = { probability: 220, signal: 90, health: 110 } as const;
const TITLES: Readonly<Record<Feature, string>> = {
  cpu: 'Processor, share of all virtual processors',
  memory: 'Memory, share in use',
  network: 'Network, received and sent',
  disk: 'Disk, read and written',
};

function longestMs({ told }: Shown): number {
  return GAP_TICKS * told.tickSeconds * 1000;
}

export function probabilityPicture(shown: Shown): string {
  const { time, points, summary, told, failures, trainUntilMs } = shown;
  const tickMs = told.tickSeconds * 1000;
  const amounts = amountAxis(1, 'ratio');
  const y = heightOf(amounts, HEIGHT.probability);
  const right = FRAME.width - FRAME.right;
  const level = (value: number, look: string, text: string): string => `<path class="${look}" d="M${FRAME.left} ${at(y(value))}H${right}"/><text class="note" x="${right - 4}" y="${at(y(value) - 4)}">${escaped(text)}</text>`;
  const seen = failures.filter(({ fromMs, toMs }) => fromMs <= time.toMs && toMs >= time.fromMs);
  const begins = seen.filter(({ fromMs }) => fromMs >= time.fromMs).map(({ fromMs }) => `M${at(time.x(fromMs))} ${at(y(1))}V${at(y(0))}`);
  const trained = trainUntilMs === null || trainUntilMs < time.fromMs || trainUntilMs > time.toMs ? '' : `<path class="trained" d="M${at(time.x(trainUntilMs))} ${at(y(1))}V${at(y(0))}"/><text class="from" x="${at(time.x(trainUntilMs) + 4)}" y="${at(y(1) + 12)}">trained from here on</text>`;
  const content = [
    level(told.threshold, 'raise', `alarm from ${told.threshold}`),
    level(told.threshold / 2, 'clear', `cleared below ${told.threshold / 2}`),
    begins.length === 0 ? '' : `<path class="failure" d="${begins.join('')}"/>`,
    trained,
    `<path class="probability" d="${lineOf(time, points, longestMs(shown), ({ highestMs, probability }) => ({ ms: highestMs, y: y(probability) }))}"/>`,
  ];
  const lanes: Lane[] = [
    { label: 'alarm', look: 'alarm', bars: summary.alarms.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs ?? time.toMs })) },
    ...(failures.length === 0 ? [] : [{ label: 'failed', look: 'failed', bars: seen.map(({ fromMs, toMs }) => ({ fromMs, toMs })) }]),
    { label: 'missing', look: 'unknown', bars: barsOf(points, tickMs, ({ missing }) => missing > 0) },
    { label: 'learning', look: 'learning', bars: barsOf(points, tickMs, ({ coldStart }) => coldStart > 0) },
  ];
  const highest = summary.highest === null ? 'No tick.' : `Highest ${summary.highest.probability.toFixed(3)}; ${summary.alarmCount} alarms.`;
  return pictureMarkup(time, { title: `Probability of failure within ${told.horizonSeconds} s`, description: highest, height: HEIGHT.probability, amounts, content: content.join(''), lanes });
}

export function signalPictures(shown: Shown): string {
  return FEATURES.map((feature) => signalPicture(shown, feature)).join('');
}

function signalPicture(shown: Shown, feature: Feature): string {
  const { time, points, told } = shown;
  const values = points.map(({ features }) => features[feature].value ?? 0);
  const told_ = points.some(({ features }) => features[feature].value !== null);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const amounts = amountAxis(most, feature === 'cpu' || feature === 'memory' ? 'ratio' : 'bytes');
  const y = heightOf(amounts, HEIGHT.signal);
  const tickMs = told.tickSeconds * 1000;
  const lane = (label: string, look: string, name: 'above' | 'below' | 'unknown'): Lane => ({ label, look, bars: barsOf(points, tickMs, ({ features }) => features[feature][name] > 0) });
  const line = lineOf(time, points, longestMs(shown), (point) => {
    const { value } = point.features[feature];
    return value === null ? null : { ms: (point.fromMs + point.toMs) / 2, y: y(value) };
  });
  const nothing = `<text class="from" x="${FRAME.left + 8}" y="${at(y(amounts.most / 2))}">not told by the source</text>`;
  return pictureMarkup(time, {
    title: TITLES[feature],
    description: told_ ? `Highest ${most}. Below it when its level was above, below, or not known.` : 'Not told by the source.',
    height: HEIGHT.signal,
    amounts,
    content: told_ ? `<path class="signal" d="${line}"/>` : nothing,
    lanes: [lane('▲ above', 'above', 'above'), lane('▼ below', 'below', 'below'), lane('not known', 'unknown', 'unknown')],
  });
}

export function healthPicture(shown: Shown): string {
  const { time, points } = shown;
  const amounts = amountAxis(1, 'ratio');
  const y = heightOf(amounts, HEIGHT.health);
  const runs = runsOf(points, longestMs(shown));
  const area = (share: (point: Point) => [number, number]): string =>
    runs.map((run) => {
      const place = (point: Point, value: number): string => `${at(time.x((point.fromMs + point.toMs) / 2))} ${at(y(value))}`;
      const over = run.map((point) => place(point, share(point)[1]));
      const under = run.toReversed().map((point) => place(point, share(point)[0]));
      return `M${[...over, ...under].join('L')}z`;
    }).join('');
  const failed = ({ health, ticks }: Point): number => health.failed / ticks;
  const sick = (point: Point): number => failed(point) + point.health.abnormal / point.ticks;
  const areas: [string, (point: Point) => [number, number]][] = [
    ['share-normal', (point) => [sick(point), 1]],
    ['share-abnormal', (point) => [failed(point), sick(point)]],
    ['share-failed', (point) => [0, failed(point)]],
  ];
  const content = areas.map(([look, share]) => `<path class="${look}" d="${area(share)}"/>`).join('');
  return pictureMarkup(time, { title: 'Health that is believed: failed, abnormal, normal, from below', description: 'Shares of probability that add up to 100 %.', height: HEIGHT.health, amounts, content, lanes: [] });
}

function runsOf(points: readonly Point[], longest: number): Point[][] {
  const runs: Point[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    if (run !== undefined && point.fromMs - run.at(-1)!.toMs <= longest) run.push(point);
    else runs.push([point]);
  }
  return runs;
}
