import type { Curve, Fig8 } from './figure.ts';

const WIDTH = 900;
const LEFT = 56;
const RIGHT = 16;
const PANEL_HEIGHT = 190;
const PANEL_GAP = 74;
const TOP = 46;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** Readable in print and by most who see colours differently. */
const COLORS = { line: '#0b62a4', busy: '#e8eef5', decline: '#fdecd2', failed: '#b3261e', limit: '#777777', text: '#222222' };
const STEPS_S = [60, 120, 300, 600, 1200, 1800, 3600];

/** Two panels, one below the other: the failing guest, and the healthy one. */
export function svgOf({ failing, healthy, numbers }: Fig8): string {
  const height = TOP + 2 * PANEL_HEIGHT + PANEL_GAP + 50;
  const horizon = `probability to be abnormal or failed within ${numbers.horizonSeconds} s`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" fill="${COLORS.text}">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="18" font-size="14">Forecast of real guests: ${horizon}</text>
${panel(failing, TOP, numbers.raiseAbove, `a guest that fails (${failing.name})`)}
${panel(healthy, TOP + PANEL_HEIGHT + PANEL_GAP, numbers.raiseAbove, `a healthy guest, busy at times (${healthy.name})`)}
</svg>
`;
}

function panel(curve: Curve, top: number, raiseAbove: number, title: string): string {
  const last = curve.seconds.at(-1) ?? 1;
  const x = (second: number): string => (LEFT + (PLOT_WIDTH * Math.min(last, Math.max(0, second))) / Math.max(1, last)).toFixed(1);
  const y = (probability: number): string => (top + PANEL_HEIGHT * (1 - probability)).toFixed(1);
  const box = (from: number, to: number, color: string): string => `<rect x="${x(from)}" y="${top}" width="${(Number(x(to)) - Number(x(from))).toFixed(1)}" height="${PANEL_HEIGHT}" fill="${color}"/>`;
  const mark = (second: number, text: string, color: string, row: number): string =>
    `<line x1="${x(second)}" x2="${x(second)}" y1="${top}" y2="${top + PANEL_HEIGHT}" stroke="${color}"/><text x="${x(second)}" y="${top + 12 + 13 * row}" dx="-4" text-anchor="end" fill="${color}">${text}</text>`;
  const points = curve.seconds.map((second, t) => `${x(second)},${y(curve.probability[t]!)}`).join(' ');
  const grid = [0, 0.25, 0.5, 0.75, 1].map((value) => `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}" stroke="#dddddd"/><text x="${LEFT - 6}" y="${y(value)}" dy="4" text-anchor="end">${value}</text>`);
  const step = STEPS_S.find((seconds) => last / seconds <= 16) ?? 7200;
  const times = Array.from({ length: Math.floor(last / step) + 1 }, (_, n) => `<text x="${x(n * step)}" y="${top + PANEL_HEIGHT + 16}" text-anchor="middle">${(n * step) / 60}</text>`);
  return [
    `<text x="${LEFT}" y="${top - 8}">${escapeXml(title)}</text>`,
    ...curve.busy.map(({ from, to }) => box(from, to, COLORS.busy)),
    ...(curve.decline === null ? [] : [box(curve.decline, curve.failed ?? last, COLORS.decline)]),
    ...grid, ...times,
    `<text x="${WIDTH - RIGHT}" y="${top + PANEL_HEIGHT + 32}" text-anchor="end">minutes</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(raiseAbove)}" y2="${y(raiseAbove)}" stroke="${COLORS.limit}" stroke-dasharray="5 4"/><text x="${WIDTH - RIGHT}" y="${y(raiseAbove)}" dy="-4" text-anchor="end" fill="${COLORS.limit}">alarm</text>`,
    `<polyline points="${points}" fill="none" stroke="${COLORS.line}" stroke-width="1.6"/>`,
    ...(curve.decline === null ? [] : [mark(curve.decline, 'decline begins', COLORS.text, 0)]),
    ...curve.alarms.slice(0, 1).map(({ from }) => mark(from, 'alarm', COLORS.line, 1)),
    ...(curve.failed === null ? [] : [mark(curve.failed, 'failed', COLORS.failed, 2)]),
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '&quot;');
}
