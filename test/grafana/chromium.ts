/** Chromium on a profile of its own, and pages in it that notice everything that goes wrong. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

const PROGRAM = '/usr/bin/chromium';
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--force-color-profile=srgb',
  '--font-render-hinting=none',
];

/**
 * What Grafana's server has and npm has not: fonts, and many of the icons that @grafana/ui names. That a name is one of Grafana's is checked by the
 * types.
 */
const NOT_PUBLISHED = [/ \S+\/public\/fonts\//, /^404 GET \S+\/public\/build\/img\/icons\/(unicons|mono|custom)\/[a-z-]+\.svg/];

/**
 * Ends of requests that are no trouble: the page gave it up itself, as for a query that a newer one replaces; or a lab came or went
 * on this machine, and Chromium drops what is under way whenever an interface does.
 */
const NOBODYS_FAULT: ReadonlySet<string> = new Set(['net::ERR_ABORTED', 'net::ERR_NETWORK_CHANGED']);

/** One thing that went wrong in a page. */
export interface Trouble {
  kind: 'page error' | 'console error' | 'failed request' | 'status';
  text: string;
}

export interface WatchedPage {
  readonly page: Page;
  /** What matches is part of the test and no failure. */
  expectTrouble(pattern: RegExp): void;
  /** Unexpected trouble so far. */
  troubles(): Trouble[];
  /** @throws with all unexpected trouble */
  check(): void;
  close(): Promise<void>;
}

export interface Browser {
  newPage(options?: { width?: number; height?: number }): Promise<WatchedPage>;
  /** Ends it and removes its profile. */
  stop(): Promise<void>;
}

export async function startChromium(): Promise<Browser> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: install the Debian package chromium, or run: npm run setup`);
  const profile = mkdtempSync(join(tmpdir(), 'virtmedic-chromium-'));
  const remove = (): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  let context: BrowserContext;
  try {
    context = await chromium.launchPersistentContext(profile, { executablePath: PROGRAM, headless: true, args: FLAGS, viewport: { width: 1400, height: 900 }, deviceScaleFactor: 1, locale: 'en-US' });
  } catch (error) {
    remove();
    throw error;
  }
  return {
    newPage: async ({ width = 1400, height = 900 } = {}) => {
      const page = await context.newPage();
      await page.setViewportSize({ width, height });
      return watch(page);
    },
    stop: async () => {
      await context.close();
      remove();
    },
  };
}

function watch(page: Page): WatchedPage {
  const all: Trouble[] = [];
  const expected: RegExp[] = [...NOT_PUBLISHED];
  let isClosing = false;
  const add = (kind: Trouble['kind'], text: string): void => void (isClosing || all.push({ kind, text: text.slice(0, 2000) }));
  page.on('pageerror', (error) => add('page error', error.stack ?? error.message));
  page.on('console', (message) => {
    // The browser's own line about a status is told below, with method and address.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) add('console error', message.text());
  });
  page.on('requestfailed', (request) => {
    const error = request.failure()?.errorText ?? '';
    if (!NOBODYS_FAULT.has(error)) add('failed request', `${request.method()} ${request.url()} ${error}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) add('status', `${response.status()} ${response.request().method()} ${response.url()}`);
  });
  const troubles = (): Trouble[] => all.filter(({ text }) => !expected.some((pattern) => pattern.test(text)));
  return {
    page,
    expectTrouble: (pattern) => void expected.push(pattern),
    troubles,
    check: () => {
      const unexpected = troubles();
      if (unexpected.length > 0) throw new Error(`the page had trouble:\n${unexpected.map(({ kind, text }) => `  ${kind}: ${text}`).join('\n')}`);
    },
    close: async () => {
      isClosing = true;
      await page.close();
    },
  };
}
