/** Times and durations for people. */

/** `0.25 s`, `4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${Number(seconds.toFixed(seconds < 1 ? 2 : 1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [big, bigUnit, small, smallUnit] =
    whole < 3600
      ? [Math.floor(whole / 60), 'min', whole % 60, 's']
      : whole < 86_400
        ? [Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min']
        : [Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h'];
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** `4 s ago`, `in 2 h`; whole seconds, because a table is no stopwatch. */
export function formatRelative(atMs: number, nowMs: number): string {
  const distance = Math.round(Math.abs(nowMs - atMs) / 1000) * 1000;
  if (distance === 0) return 'now';
  return atMs <= nowMs ? `${formatDuration(distance)} ago` : `in ${formatDuration(distance)}`;
}

/** `2026-01-31 12:00:03 +01:00`, or with `utc` `2026-01-31 11:00:03Z`. */
export function formatTime(atMs: number, utc: boolean): string {
  const date = new Date(atMs);
  if (utc) return `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const offset = -date.getTimezoneOffset();
  const shifted = new Date(atMs + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const size = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${shifted} ${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
