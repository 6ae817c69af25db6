import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guest } from '../lab/lab.ts';
import { startStack } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { TOUR, makeGuests } from './breaks.ts';
import { watchSignals } from './interruption.ts';
import { formatTable } from './narration.ts';
import { USAGE, UsageError, parseOptions } from './options.ts';
import type { BreakName, DemoOptions } from './options.ts';
import { NO_PREVIEW, preparePreview } from './preview.ts';
import type { Preview } from './preview.ts';
import { tour } from './tour.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(options: DemoOptions): Promise<number> {
  const startedMs = performance.now();
  const progress = (text: string): void => say(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const interruption = watchSignals();
  say(`Starting: ${options.hosts} libvirt host(s), ${options.breaks.length} virtual machine(s), Alertmanager, virtmedic, Prometheus`);
  const servePreview = options.preview ? preparePreview(progress) : () => Promise.resolve(NO_PREVIEW);
  const { stack, guests } = await start(options, progress);
  let preview = NO_PREVIEW;
  try {
    const interrupted = interruption.cleanUpFirst();
    preview = await servePreview(stack);
    const code = await Promise.race([show(stack, guests, preview, progress), interrupted]);
    if (code <= 1 && (options.keep || process.stdout.isTTY)) {
      say(`\nEverything stays up until Ctrl-C.\n${formatUrls(stack, preview)}\n${formatHints(stack, guests)}`);
      await stayUntil(interrupted);
    }
    return code;
  } catch (error) {
    say(`\nThe demo failed; logs: ${keepLogs(stack)}`);
    throw error;
  } finally {
    say('\nTaking everything down');
    await preview.stop();
    await stack.stop();
  }
}

/** Returns the exit code: 0 where everything recovered. */
async function show(stack: Stack, guests: ReadonlyMap<BreakName, Guest>, preview: Preview, progress: (text: string) => void): Promise<number> {
  for (const guest of guests.values()) await guest.waitHttp();
  progress('all guests serve HTTP, and alerts reach virtmedic');
  say(formatUrls(stack, preview));
  const measured = await tour(stack, guests, say);
  say(`\n${formatTable(measured)}`);
  const failed = measured.filter(({ serving, verified }) => serving === null || verified === null);
  if (failed.length === 0) return 0;
  say(`\nNot recovered: ${failed.map(({ name }) => name).join(', ')}. Logs: ${keepLogs(stack)}`);
  return 1;
}

/** Nothing else keeps the process alive, so the wait does. */
async function stayUntil(interrupted: Promise<unknown>): Promise<void> {
  const alive = setInterval(() => {}, 2 ** 30);
  await interrupted;
  clearInterval(alive);
}

async function start(options: DemoOptions, progress: (text: string) => void): Promise<{ stack: Stack; guests: Map<BreakName, Guest> }> {
  let guests = new Map<BreakName, Guest>();
  const stack = await startStack({
    hosts: options.hosts,
    name: 'demo',
    onProgress: progress,
    prepare: async (lab) => {
      progress(`lab ${lab.id} in ${lab.folder}`);
      guests = makeGuests(lab, options.breaks);
      for (const guest of guests.values()) {
        progress(`starting guest ${guest.name} on ${guest.host.name}`);
        await guest.start();
      }
      return { domains: [...guests].map(([name, guest]) => TOUR[name].selector(guest)) };
    },
  });
  return { stack, guests };
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

function formatHints({ lab }: Stack, guests: ReadonlyMap<BreakName, Guest>): string {
  const [first] = guests.values();
  return `Break something yourself from another terminal:
  npm run lab -- kill ${first?.name} --lab ${lab.id}
  npm run lab -- status --lab ${lab.id}
  npm run lab -- virsh h1 list --all --lab ${lab.id}`;
}

function keepLogs(stack: Stack): string {
  const folder = mkdtempSync(join(tmpdir(), 'virtmedic-demo-'));
  stack.saveLogs(folder);
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
