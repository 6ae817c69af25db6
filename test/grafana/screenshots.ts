/** `npm run plugin:screenshots`: pictures of the plugin in grafana-plugin/src/img/screenshots, from a real lab with real recoveries. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { untilOutcomes } from '../e2e/domains.ts';
import type { Guest } from '../lab/lab.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { PLUGIN_SOURCE } from './build-plugin.ts';
import { startChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { APP, startLiveSetting, untilAppUp } from './live-setting.ts';
import type { LiveSetting } from './live-setting.ts';
import { APP_ID } from './setting.ts';

const FOLDER = join(PLUGIN_SOURCE, 'src/img/screenshots');
const MOST_BYTES = 500_000;
const WIDTH = 1400;
/** About the time that the recoveries take. */
const RANGE = 'from=now-3m&to=now';

interface Shot {
  name: string;
  path: string;
  width: number;
  height: number;
  /** Before the picture. */
  prepare?: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  { name: 'overview-dark', path: `/d/overview?${RANGE}`, width: WIDTH, height: 980 },
  { name: 'overview-light', path: `/d/overview?${RANGE}&theme=light`, width: WIDTH, height: 980 },
  {
    name: 'panel-details', path: `/host/panel?${RANGE}&height=860&controls=0`, width: WIDTH, height: 900,
    prepare: async (page) => {
      await page.locator('tr[data-recovery]', { hasText: 'Recovered' }).first().locator('button[data-expand]').click();
      await page.getByText(/verif/i).first().waitFor();
      const forecast = page.getByRole('region', { name: 'Forecast at detection' });
      await forecast.waitFor({ timeout: 5000 }).catch(() => say('this recovery had no forecast: the picture is without one'));
    },
  },
  { name: 'panel-small', path: `/host/panel?${RANGE}&height=360&controls=0`, width: 520, height: 440 },
  { name: 'control', path: `/a/${APP_ID}/control?role=Admin`, width: WIDTH, height: 900 },
  {
    name: 'control-apps', path: `/a/${APP_ID}/apps?role=Admin`, width: WIDTH, height: 640,
    prepare: async (page) => {
      await page.getByRole('button', { name: `Restart ${APP.name} in shop-1`, exact: true }).click();
      await page.getByRole('dialog').getByText('If you confirm').waitFor();
    },
  },
  { name: 'control-apps-small', path: `/a/${APP_ID}/apps?role=Admin&theme=light`, width: 480, height: 640 },
  { name: 'domain-apps-dark', path: `/d/domain?${RANGE}&var-host=h1&var-domain=shop-1`, width: WIDTH, height: 980, prepare: showApps },
];

/** The row of applications is below others. */
async function showApps(page: Page): Promise<void> {
  await page.getByText('Processes in the guest', { exact: true }).first().waitFor();
  await page.getByText('Applications', { exact: true }).first().evaluate((title) => title.scrollIntoView());
  await page.getByRole('cell', { name: APP.name }).first().waitFor();
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Several recoveries, one of an application, one refused by its budget, one in dry run: what a history looks like. */
async function makeHistory({ stack, guests }: LiveSetting): Promise<void> {
  const named = (name: string): Guest => {
    const guest = guests.find((one) => one.name === name);
    if (guest === undefined) throw new Error(`no guest ${name}`);
    return guest;
  };
  for (const name of ['db-1', 'web-1', 'db-1']) {
    say(`killing ${name}`);
    const before = (await stack.api.recoveries({ domain: named(name).uuid, outcome: 'recovered' })).length;
    named(name).killQemu();
    await untilOutcomes(stack, named(name), 'recovered', before + 1);
  }
  say(`stopping ${APP.name} in shop-1`);
  await untilAppUp(stack, named('shop-1'));
  await named('shop-1').fault('httpd-hang');
  await untilOutcomes(stack, named('shop-1'), 'recovered', 1);
  await untilAppUp(stack, named('shop-1'));
  say('killing tried-build, which is in dry run');
  named('tried-build').killQemu();
  await untilOutcomes(stack, named('tried-build'), 'dry_run', 1);
  say('deleting mail-1');
  await named('mail-1').destroy();
  await untilOutcomes(stack, named('mail-1'), 'recovered', 1);
  const isQuiet = async (): Promise<boolean> => (await stack.prometheus.query('sum(virtmedic_incidents)'))[0]?.value === 0;
  await waitUntil('Prometheus to know that all is over', isQuiet, { deadlineMs: 30_000, intervalMs: 500 });
}

async function take(browser: Browser, url: string, { name, path, width, height, prepare }: Shot): Promise<void> {
  const watched = await browser.newPage({ width, height });
  await watched.page.goto(`${url}${path}`);
  await watched.page.waitForFunction(() => window.host.ready || window.host.fatal !== null);
  if (!path.startsWith('/a/')) await watched.page.locator('tr[data-recovery], [role=application]').first().waitFor();
  await watched.page.waitForLoadState('networkidle');
  await prepare?.(watched.page);
  // Nothing under the mouse, nothing that blinks.
  await watched.page.mouse.move(0, 0);
  const shown = path.startsWith('/host/') ? watched.page.locator('[data-viz-panel-key]') : watched.page;
  const picture = await shown.screenshot({ animations: 'disabled', caret: 'hide' });
  watched.check();
  await watched.close();
  if (picture.length > MOST_BYTES) throw new Error(`${name}.png has ${picture.length} bytes, more than ${MOST_BYTES}`);
  const file = join(FOLDER, `${name}.png`);
  writeFileSync(file, picture);
  say(`${file}: ${Math.round(statSync(file).size / 1000)} kB`);
}

async function main(): Promise<void> {
  const setting = await startLiveSetting({ hosts: 2, linux: ['shop-1'], empty: ['db-1', 'web-1', 'mail-1', 'cache-1', 'queue-1', 'tried-build'], onProgress: say });
  try {
    await makeHistory(setting);
    const browser = await startChromium();
    try {
      mkdirSync(FOLDER, { recursive: true });
      for (const shot of SHOTS) await take(browser, setting.grafana.url, shot);
    } finally {
      await browser.stop();
    }
  } finally {
    await setting.stop();
  }
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
