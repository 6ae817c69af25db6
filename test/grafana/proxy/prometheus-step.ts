/** How Grafana's Prometheus back end chooses the step of a query and fills in its own variables. Pure. */

export interface PrometheusQuery {
  refId: string;
  expr: string;
  range?: boolean;
  instant?: boolean;
  format?: string;
  legendFormat?: string;
  /** The query's own least step, e.g. `5s`. */
  interval?: string;
  intervalMs?: number;
  intervalFactor?: number;
  maxDataPoints?: number;
  utcOffsetSec?: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Below the first number the step is the second: round numbers for people. */
const ROUND_MS: readonly [number, number][] = [
  [10, 1], [15, 10], [35, 20], [75, 50], [150, 100], [350, 200], [750, 500], [1500, 1000], [3500, 2000], [7500, 5000], [12_500, 10_000],
  [17_500, 15_000], [25_000, 20_000], [45_000, 30_000], [90_000, MINUTE_MS], [210_000, 2 * MINUTE_MS], [450_000, 5 * MINUTE_MS],
  [750_000, 10 * MINUTE_MS], [1_050_000, 15 * MINUTE_MS], [1_500_000, 20 * MINUTE_MS], [2_700_000, 30 * MINUTE_MS], [5_400_000, HOUR_MS],
  [9_000_000, 2 * HOUR_MS], [16_200_000, 3 * HOUR_MS], [32_400_000, 6 * HOUR_MS], [DAY_MS, 12 * HOUR_MS], [604_800_000, DAY_MS],
];
const SAFE_POINTS = 11_000;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };

function roundStepMs(ms: number): number {
  return ROUND_MS.find(([below]) => ms < below)?.[1] ?? 7 * DAY_MS;
}

/** `15s` -> 15000; undefined: no such length. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^>?(\d+(?:\.\d+)?)(ms|[smhdw])?$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1000);
}

const VARIABLE = /^\$(?:__interval|__interval_ms|__rate_interval|__rate_interval_ms|\{__interval\}|\{__interval_ms\}|\{__rate_interval\}|\{__rate_interval_ms\})$/;

/** `scrapeInterval`: the data source's own setting, e.g. `15s`. */
export function stepMs(query: PrometheusQuery, fromMs: number, toMs: number, scrapeInterval: string): number {
  const asked = query.interval ?? '';
  const own = VARIABLE.test(asked) || asked === '' ? undefined : parseDurationMs(asked);
  const leastMs = own ?? (query.intervalMs !== undefined && scrapeInterval === '' ? query.intervalMs : (parseDurationMs(scrapeInterval) ?? 15_000));
  const rangeMs = toMs - fromMs;
  const calculated = Math.max(leastMs, roundStepMs(rangeMs / (query.maxDataPoints ?? 1500)));
  const safe = roundStepMs(rangeMs / SAFE_POINTS);
  const adjusted = Math.max(calculated, safe);
  if (/rate_interval/.test(asked)) return rateIntervalMs(adjusted, scrapeInterval);
  return adjusted * (query.intervalFactor || 1);
}

function rateIntervalMs(intervalMs: number, scrapeInterval: string): number {
  const scrapeMs = parseDurationMs(scrapeInterval) ?? 15_000;
  return Math.max(intervalMs + scrapeMs, 4 * scrapeMs);
}

/** The expression with `$__interval`, `$__range` and `$__rate_interval` in all their spellings replaced. */
export function fillVariables(query: PrometheusQuery, step: number, fromMs: number, toMs: number, scrapeInterval: string): string {
  const rangeMs = toMs - fromMs;
  const rateMs = /rate_interval/.test(query.interval ?? '') ? step : rateIntervalMs(query.intervalMs ?? step, query.interval && !VARIABLE.test(query.interval) ? query.interval : scrapeInterval);
  const values: Record<string, string> = {
    __interval_ms: `${step}`, __interval: formatMs(step), __range_ms: `${rangeMs}`, __range_s: `${Math.round(rangeMs / 1000)}`,
    __range: `${Math.round(rangeMs / 1000)}s`, __rate_interval_ms: `${rateMs}`, __rate_interval: formatMs(rateMs),
  };
  return query.expr.replace(/\$(?:\{(__\w+)\}|(__(?:rate_interval_ms|rate_interval|interval_ms|interval|range_ms|range_s|range)))/g, (whole, braced: string | undefined, bare: string | undefined) =>
    values[braced ?? bare ?? ''] ?? whole);
}

function formatMs(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
