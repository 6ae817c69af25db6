/**
 * Running quantiles of one signal with forgetting: an exponentially forgetting histogram whose bins are equally wide in the coordinate
 * asinh(x / scale), that is linear for values below `scale` and logarithmic above, and 0 at 0. Zeros have a bin of their own. Freezing it
 * is not calling `learn`.
 */
export interface RunningQuantiles {
  readonly layout: QuantileLayout;
  readonly bins: Float32Array;
  /** What the latest value weighed: weights grow instead of all bins decaying at each tick. */
  weight: number;
  /** Values learnt, those long forgotten too. */
  learnt: number;
}

export interface QuantileLayout {
  /** Where the coordinate turns from linear to logarithmic. */
  readonly scale: number;
  /** Values above count as this. */
  readonly largest: number;
}

export const BINS = 128;
/** Where weights are brought back to 1. Far below where Float32 ends: a bin of 2^24 such weights still fits. */
const LARGEST_WEIGHT = 2 ** 30;
const SAVED_VERSION = 1;

/**
 * Nothing learnt yet.
 *
 * @param bins BINS zeros; those of many signals may lie in one buffer
 * @throws RangeError when the layout is none
 */
export function createQuantiles(layout: QuantileLayout, bins: Float32Array = new Float32Array(BINS)): RunningQuantiles {
  const { scale, largest } = layout;
  if (!(scale > 0 && scale < Infinity && largest > 0 && largest < Infinity)) throw new RangeError('scale and largest: expected positive numbers');
  return { layout, bins, weight: 1, learnt: 0 };
}

/** Where a value lies: 0 for 0 and below, at most the layout's last coordinate. NaN counts as 0. */
export function coordinate({ scale, largest }: QuantileLayout, value: number): number {
  return value > 0 ? Math.asinh(Math.min(value, largest) / scale) : 0;
}

/** How far apart in the coordinate two values can be and yet fall together; the error of a quantile is no more. */
export function binWidth({ scale, largest }: QuantileLayout): number {
  return Math.asinh(largest / scale) / (BINS - 1);
}

/**
 * Learns one value; whatever was learnt before counts `keep` times what it did.
 *
 * @param keep 0 to 1; 2^(-elapsed / half-life)
 * @param share above 0, at most 1: as what part of a value it counts
 */
export function learn(quantiles: RunningQuantiles, value: number, keep: number, share = 1): void {
  const { layout, bins } = quantiles;
  // Nothing kept: what there was weighs nothing beside the new value.
  const weight = keep > 0 ? quantiles.weight / keep : Infinity;
  const bin = Math.min(BINS - 1, Math.ceil(coordinate(layout, value) / binWidth(layout)));
  quantiles.learnt++;
  if (weight <= LARGEST_WEIGHT) {
    quantiles.weight = weight;
    bins[bin]! += weight * share;
    return;
  }
  for (let n = 0; n < BINS; n++) bins[n]! /= weight;
  quantiles.weight = 1;
  bins[bin]! += share;
}

/** The coordinate below which the share `p` of what was learnt lies; null when nothing was. */
export function quantileCoordinate({ layout, bins }: RunningQuantiles, p: number): number | null {
  let total = 0;
  for (let n = 0; n < BINS; n++) total += bins[n]!;
  if (!(total > 0)) return null;
  let left = total * p;
  let last = 0;
  for (let n = 0; n < BINS; n++) {
    const share = bins[n]!;
    if (share === 0) continue;
    // Inside a bin as if its values lay evenly.
    if (left <= share) return n === 0 ? 0 : (n - 1 + Math.max(0, left) / share) * binWidth(layout);
    left -= share;
    last = n;
  }
  return last * binWidth(layout);
}

/** The value below which the share `p` lies; null when nothing was learnt. */
export function quantile(quantiles: RunningQuantiles, p: number): number | null {
  const at = quantileCoordinate(quantiles, p);
  return at === null ? null : Math.sinh(at) * quantiles.layout.scale;
}

/** Forgets everything. */
export function clear(quantiles: RunningQuantiles): void {
  quantiles.bins.fill(0);
  quantiles.weight = 1;
  quantiles.learnt = 0;
}

/** For a file or a table: plain JSON. */
export interface SavedQuantiles {
  version: number;
  scale: number;
  largest: number;
  learnt: number;
  /** Shares in units of the latest value's weight: base64 of little-endian 32-bit floats. */
  bins: string;
}

export function saveQuantiles({ layout, bins, weight, learnt }: RunningQuantiles): SavedQuantiles {
  const bytes = Buffer.alloc(BINS * 4);
  bins.forEach((share, n) => bytes.writeFloatLE(share / weight, n * 4));
  return { version: SAVED_VERSION, scale: layout.scale, largest: layout.largest, learnt, bins: bytes.toString('base64') };
}

/**
 * Back again; null: this is no saved state, one of another version, or one of another layout. Never throws on what was read.
 *
 * @param into where the bins are to lie; worthless after null
 */
export function restoreQuantiles(layout: QuantileLayout, saved: unknown, into?: Float32Array): RunningQuantiles | null {
  if (typeof saved !== 'object' || saved === null) return null;
  const { version, scale, largest, learnt, bins } = saved as Partial<Record<keyof SavedQuantiles, unknown>>;
  if (version !== SAVED_VERSION || scale !== layout.scale || largest !== layout.largest) return null;
  if (typeof learnt !== 'number' || !Number.isSafeInteger(learnt) || learnt < 0) return null;
  if (typeof bins !== 'string' || bins.length !== Math.ceil((BINS * 4) / 3) * 4) return null;
  const bytes = Buffer.from(bins, 'base64');
  if (bytes.length !== BINS * 4) return null;
  const quantiles = createQuantiles(layout, into);
  let total = 0;
  for (let n = 0; n < BINS; n++) {
    const share = bytes.readFloatLE(n * 4);
    if (!(share >= 0)) return null;
    total += share;
    quantiles.bins[n] = share;
  }
  // As many as were learnt at most, and something of them; rounding aside.
  if (!(total <= learnt * 1.001) || total > 0 !== learnt > 0) return null;
  quantiles.learnt = learnt;
  return quantiles;
}
