/** One picture: a plot with its amounts at the side, lanes below it, time at the bottom. */
import type { AmountAxis, TimeAxis } from './axis.ts';
import { at, escaped, FRAME } from './markup.ts';

/** A row of bars below a plot. */
export interface Lane {
  label: string;
  /** Class of its bars, in `style.ts`. */
  look: string;
  bars: { fromMs: number; toMs: number }[];
}

export interface Picture {
  title: string;
  /** For those who cannot see it. */
  description: string;
  height: number;
  amounts: AmountAxis;
  /** Markup inside the plot. */
  content: string;
  lanes: readonly Lane[];
}

const TOP = 8;
const LANE_HEIGHT = 12;
const LANE_GAP = 4;
const MARKS_HEIGHT = 34;
const HALF_DATE = 36;
/** A bar of a moment is still seen. */
const LEAST_WIDTH = 1.5;

/** From an amount to a coordinate within a plot of this height. */
export function heightOf(amounts: AmountAxis, height: number): (value: number) => number {
  return (value) => TOP + height * (1 - Math.min(amounts.most, Math.max(0, value)) / amounts.most);
}

export function pictureMarkup(time: TimeAxis, { title, description, height, amounts, content, lanes }: Picture): string {
  const y = heightOf(amounts, height);
  const right = FRAME.width - FRAME.right;
  const lanesTop = TOP + height + 6;
  const bottom = lanesTop + lanes.length * (LANE_HEIGHT + LANE_GAP);
  const side = amounts.marks.map(({ value, label }) => `<path class="grid" d="M${FRAME.left} ${at(y(value))}H${right}"/><text class="side" x="${FRAME.left - 6}" y="${at(y(value) + 4)}">${escaped(label)}</text>`);
  const marks = time.marks.map(({ x, time: text, date }) => {
    // At the right edge a date would be cut off.
    const line = (y: number, words: string): string => `<text class="${x > FRAME.width - HALF_DATE ? 'note' : 'mark'}" x="${at(x)}" y="${y}">${escaped(words)}</text>`;
    return `<path class="grid" d="M${at(x)} ${TOP}V${bottom}"/>${line(bottom + 13, text === '' ? (date ?? '') : text)}${date !== null && text !== '' ? line(bottom + 27, date) : ''}`;
  });
  const bars = lanes.map((lane, n) => laneMarkup(time, lane, lanesTop + n * (LANE_HEIGHT + LANE_GAP)));
  return `<figure><figcaption>${escaped(title)}</figcaption><svg role="img" viewBox="0 0 ${FRAME.width} ${bottom + MARKS_HEIGHT}"><title>${escaped(title)}</title><desc>${escaped(description)}</desc>${side.join('')}${marks.join('')}${content}${bars.join('')}</svg></figure>`;
}

function laneMarkup(time: TimeAxis, { label, look, bars }: Lane, top: number): string {
  const d = bars.map(({ fromMs, toMs }) => `M${at(time.x(fromMs))} ${top}h${at(Math.max(LEAST_WIDTH, time.x(toMs) - time.x(fromMs)))}v${LANE_HEIGHT}H${at(time.x(fromMs))}z`).join('');
  return `<path class="lane" d="M${FRAME.left} ${top + LANE_HEIGHT}H${FRAME.width - FRAME.right}"/><text class="side" x="${FRAME.left - 6}" y="${top + 10}">${escaped(label)}</text>${d === '' ? '' : `<path class="${look}" d="${d}"/>`}`;
}

/** Neighbours that are marked, as one bar each. */
export function barsOf<T extends { fromMs: number; toMs: number }>(points: readonly T[], tickMs: number, isMarked: (point: T) => boolean): Lane['bars'] {
  const bars: Lane['bars'] = [];
  let open = false;
  for (const point of points) {
    const marked = isMarked(point);
    const last = bars.at(-1);
    // A bar lasts until the next tick.
    if (marked && open && last !== undefined && point.fromMs - last.toMs <= 2 * tickMs) last.toMs = point.toMs + tickMs;
    else if (marked) bars.push({ fromMs: point.fromMs, toMs: point.toMs + tickMs });
    open = marked;
  }
  return bars;
}

/** A line through the points that have a value; interrupted by those that have none, and by gaps. */
export function lineOf<T extends { fromMs: number; toMs: number }>(time: TimeAxis, points: readonly T[], longestMs: number, place: (point: T) => { ms: number; y: number } | null): string {
  let d = '';
  let lastMs: number | null = null;
  for (const point of points) {
    const found = place(point);
    if (found === null) {
      lastMs = null;
      continue;
    }
    d += `${lastMs === null || point.fromMs - lastMs > longestMs ? 'M' : 'L'}${at(time.x(found.ms))} ${at(found.y)}`;
    lastMs = point.toMs;
  }
  return d;
}
