/** Of each tick of a trace one number that alarms when it is high. */
export interface Series {
  atMs: Float64Array;
  /** NaN: of this tick nothing is known, and an alarm stays what it was. */
  score: Float64Array;
}

/** As `prediction.alarm` in the configuration. */
export interface Limits {
  raiseAbove: number;
  clearBelow: number;
  forSeconds: number;
}

export interface Alarm {
  fromMs: number;
  /** Infinity: still up at the end. */
  toMs: number;
}

/** Hysteresis: raised when the score has been at the upper limit or over it for so long, cleared when it has been below the lower one for so long. */
export function alarmsOf({ atMs, score }: Series, { raiseAbove, clearBelow, forSeconds }: Limits): Alarm[] {
  const alarms: Alarm[] = [];
  let up: Alarm | null = null;
  let beyondSinceMs: number | null = null;
  for (let t = 0; t < score.length; t++) {
    const [now, value] = [atMs[t]!, score[t]!];
    if (Number.isNaN(value)) continue;
    const beyond = up === null ? value >= raiseAbove : value < clearBelow;
    beyondSinceMs = beyond ? (beyondSinceMs ?? now) : null;
    if (beyondSinceMs === null || now - beyondSinceMs < forSeconds * 1000) continue;
    beyondSinceMs = null;
    if (up === null) alarms.push((up = { fromMs: now, toMs: Infinity }));
    else {
      up.toMs = now;
      up = null;
    }
  }
  return alarms;
}
