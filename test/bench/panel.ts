import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ensurePageBuilt } from '../grafana/build-page.ts';
import { ensurePluginBuilt } from '../grafana/build-plugin.ts';
import { startChromium } from '../grafana/chromium.ts';
import type { Browser } from '../grafana/chromium.ts';
import { startGrafana } from '../grafana/proxy.ts';
import { APP_ID } from '../grafana/setting.ts';
import type { Bench } from './frame/bench.ts';
import { median } from './frame/statistics.ts';
import { recoveriesFrame } from './panel/frames.ts';
import { firstPaintMs, framesDuring, hasOverlay } from './panel/measure.ts';
import type { Frames, Target } from './panel/measure.ts';

const RECOVERIES = 10_000;
const LANES = 200;
const RANGE_MS = 24 * 3_600_000;

const OURS: Target = { selector: '[role=application] canvas', kind: 'canvas' };
const PEER: Target = { selector: '[data-testid=peer]', kind: 'svg' };

interface Run {
  firstPaintMs: number;
  pan: Frames;
  hover: Frames;
}

export const bench: Bench = {
  summary: 'the recovery-history panel with 10,000 recoveries in 200 lanes in Chromium: first paint, frames per second, size',
  description: `
The built panel in Grafana's front end libraries (@grafana/scenes, see test/grafana) in headless Chromium without a GPU, 1400 x 900,
with both chart and table. It is given one data frame of ${RECOVERIES.toLocaleString('en')} recoveries in ${LANES} lanes over 24 hours.

first_paint_ms  median over the runs, each in a new page, of the time from the moment the panel gets the frame (it is parsed; the
                scene's data changes) until the browser has handed on a frame whose chart holds bars, found by its coloured pixels.
                Grouping into lanes, the layout, the table's first page and React's rendering are within; network and parsing are not.
fps_min         the least frames per second of any gesture in any run: 3 s panning (Shift and drag) and 3 s hovering, with real input events
                over the DevTools protocol as fast as the browser takes them, counted by requestAnimationFrame. The screen's rate, 60, is the most.
gzip_kb         panel/module.js, gzip -9, in kB of 1000 bytes.
peer_*          the same frame as plain SVG without a table, an element per bar, drawn by React: how such a panel is usually made. Same page, same
                browser, alternating.
                Neither Grafana's state timeline nor its chart component is published on npm, so they cannot be compared here.`,
  goals: { first_paint_ms: { op: '<=', value: 500 }, fps_min: { op: '>=', value: 30 }, gzip_kb: { op: '<=', value: 150 } },
  async run({ quick, progress, signal }) {
    const runs = quick ? 1 : 5;
    const pluginFolder = await ensurePluginBuilt(progress);
    const pageFolder = await ensurePageBuilt(progress);
    const grafana = await startGrafana({ pluginFolder, pageFolder, dataSources: [], apps: { [APP_ID]: { enabled: true, jsonData: {}, secureJsonData: {} } } });
    const browser = await startChromium();
    try {
      const ours: Run[] = [];
      const peer: Run[] = [];
      for (let run = 0; run < runs; run++) {
        for (const [results, target, panel] of [[ours, OURS, 'own'], [peer, PEER, 'peer-svg']] as const) {
          signal.throwIfAborted();
          const result = await runOnce(browser, grafana.url, target, panel, quick ? 1 : 3);
          results.push(result);
          progress(`run ${run + 1}/${runs}, ${panel === 'own' ? 'panel' : 'plain SVG'}: first paint ${result.firstPaintMs.toFixed(0)} ms, pan ${result.pan.perSecond.toFixed(1)}, hover ${result.hover.perSecond.toFixed(1)} frames/s`);
        }
      }
      const module = readFileSync(join(pluginFolder, 'panel/module.js'));
      return { figures: { ...figuresOf(ours), gzip_kb: gzipSync(module, { level: 9 }).length / 1000, ...prefixed('peer_', figuresOf(peer)), recoveries: RECOVERIES, lanes: LANES }, runs };
    } finally {
      await browser.stop();
      await grafana.stop();
    }
  },
};

async function runOnce(browser: Browser, url: string, target: Target, panel: string, seconds: number): Promise<Run> {
  const watched = await browser.newPage({ width: 1400, height: 900 });
  try {
    const toMs = Math.floor(Date.now() / 60_000) * 60_000;
    const fromMs = toMs - RANGE_MS;
    await watched.page.goto(`${url}/host/frames?panel=${panel}&height=800&from=${fromMs}&to=${toMs}`);
    await watched.page.waitForFunction(() => window.host.ready && window.host.setFrames !== null);
    const painted = await firstPaintMs(watched.page, recoveriesFrame(RECOVERIES, LANES, fromMs, toMs), target);
    const box = await watched.page.locator(target.selector).last().boundingBox();
    if (box === null) throw new Error('the chart has no place on the page');
    const visible = { ...box, height: Math.min(box.height, 300) };
    const hover = await framesDuring(watched.page, visible, 'hover', seconds);
    // A gesture that does nothing would leave all frames.
    if (target.kind === 'canvas' && !(await hasOverlay(watched.page, target.selector))) throw new Error('the chart shows nothing under the mouse');
    const pan = await framesDuring(watched.page, visible, 'pan', seconds);
    const range = await watched.page.evaluate(() => window.host.timeRange?.());
    if (target.kind === 'canvas' && range?.from === fromMs) throw new Error('Shift and drag did not pan');
    watched.check();
    return { firstPaintMs: painted, pan, hover };
  } finally {
    await watched.close();
  }
}

function figuresOf(runs: readonly Run[]): Record<string, number> {
  const gestures = runs.flatMap(({ pan, hover }) => [pan, hover]);
  return {
    first_paint_ms: median(runs.map((run) => run.firstPaintMs)),
    first_paint_max_ms: Math.max(...runs.map((run) => run.firstPaintMs)),
    fps_min: Math.min(...gestures.map(({ perSecond }) => perSecond)),
    pan_fps_median: median(runs.map(({ pan }) => pan.perSecond)),
    hover_fps_median: median(runs.map(({ hover }) => hover.perSecond)),
    longest_frame_ms: Math.max(...gestures.map(({ longestMs }) => longestMs)),
  };
}

function prefixed(prefix: string, figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${prefix}${name}`, value]));
}
