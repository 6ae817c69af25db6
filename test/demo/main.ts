import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';
import { TOUR } from './breaks.ts';
import { watchSignals } from './interruption.ts';
import { formatTable } from './narration.ts';
import { USAGE, UsageError, parseOptions } from './options.ts';
import type { DemoOptions } from './options.ts';
import { NO_PREVIEW, preparePreview } from './preview.ts';
import type { Preview } from './preview.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { tour } from './tour.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(options: DemoOptions): Promise<number> {
  const startedMs = performance.now();
  const progress = (text: string): void => say(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const interruption = watchSignals();
  say(`Starting: ${options.hosts} libvirt host(s), ${new Set(options.breaks.map((name) => TOUR[name].guestName)).size} virtual machine(s), Alertmanager, virtmedic, Prometheus`);
  const servePreview = options.preview ? preparePreview(progress) : () => Promise.resolve(NO_PREVIEW);
  const stage = await startStage(options, progress);
  const { stack } = stage;
  let preview = NO_PREVIEW;
  try {
    const interrupted = interruption.cleanUpFirst();
    preview = await servePreview(stack);
    const code = await Promise.race([show(stage, preview, progress), interrupted]);
    if (code <= 1 && (options.keep || process.stdout.isTTY)) {
      say(`\nEverything stays up until Ctrl-C.\n${formatUrls(stack, preview)}\n${formatHints(stage)}`);
      await stayUntil(interrupted);
    }
    return code;
  } catch (error) {
    say(`\nThe demo failed; logs: ${keepLogs(stage)}`);
    throw error;
  } finally {
    say('\nTaking everything down');
    await preview.stop();
    await stage.stop();
  }
}

/** Returns the exit code: 0 where everything recovered. */
async function show(stage: Stage, preview: Preview, progress: (text: string) => void): Promise<number> {
  await stage.ready();
  progress('all guests serve HTTP, virtmedic sees what is to break, and alerts reach it');
  say(formatUrls(stage.stack, preview));
  const measured = await tour(stage, say);
  say(`\n${formatTable(measured)}`);
  const failed = measured.filter(({ serving, verified }) => serving === null || verified === null);
  if (failed.length === 0) return 0;
  say(`\nNot recovered: ${failed.map(({ name }) => name).join(', ')}. Logs: ${keepLogs(stage)}`);
  return 1;
}

/** Nothing else keeps the process alive, so the wait does. */
async function stayUntil(interrupted: Promise<unknown>): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30);
  await interrupted;
  clearInterval(alive);
}

function formatUrls({ api, prometheus, alertmanager }: Stack, preview: Preview): string {
  return [
    `  virtmedic     ${api.webUrl}/`,
    `  API           ${api.webUrl}/api/v1/recoveries`,
    `  Prometheus    ${prometheus.url}/alerts`,
    `  Alertmanager  ${alertmanager.url}/`,
    ...(preview.url === null ? [] : [`  Grafana view  ${preview.url}/d/overview?from=now-15m&to=now&refresh=5s (the plugin on a page of its own, no Grafana server; more at ${preview.url}/)`]),
  ].join('\n');
}

function formatHints({ stack: { lab }, guests }: Stage): string {
  const [first] = guests.values();
  const inside = [...guests].find(([name]) => TOUR[name].app !== null);
  return `Break something yourself from another terminal:
  npm run lab -- kill ${first?.name} --lab ${lab.id}${inside === undefined ? '' : `\n  npm run lab -- fault ${inside[1].name} httpd-hang --lab ${lab.id}`}
  npm run lab -- status --lab ${lab.id}
  npm run lab -- virsh h1 list --all --lab ${lab.id}`;
}

function keepLogs(stage: Stage): string {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-demo-'));
  stage.saveLogs(folder);
  return folder;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  // An interrupted tour may still be asking somebody: it ends here.
  else process.exit(await main(options));
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
