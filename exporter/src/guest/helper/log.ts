/** Where the helper writes what happens: one line for each, with its values apart from its text. */
export interface HelperLog {
  info(values: Record<string, unknown>, text: string): void;
  warn(values: Record<string, unknown>, text: string): void;
  error(values: Record<string, unknown>, text: string): void;
}

/** Lets through so many lines of one kind a minute and says how many were left out: a flood does not fill the disk. */
export function limitLog(log: HelperLog, linesAMinute: number, nowMs: () => number): HelperLog {
  const MINUTE_MS = 60_000;
  const kinds = new Map<string, { sinceMs: number; lines: number }>();
  const limited =
    (level: keyof HelperLog) =>
    (values: Record<string, unknown>, text: string): void => {
      let kind = kinds.get(text);
      const now = nowMs();
      if (kind === undefined || now - kind.sinceMs >= MINUTE_MS) {
        const leftOut = Math.max(0, (kind?.lines ?? 0) - linesAMinute);
        kind = { sinceMs: now, lines: 0 };
        kinds.set(text, kind);
        if (leftOut > 0) log[level]({ leftOut }, `${text} (more of it before)`);
      }
      kind.lines += 1;
      if (kind.lines <= linesAMinute) log[level](values, text);
    };
  return { info: limited('info'), warn: limited('warn'), error: limited('error') };
}
