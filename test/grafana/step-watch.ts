/** When each step of a recovery was on the screen of a page and in the data of its panel, by the page's own clock. */
import type { Page } from 'playwright-core';

/** Wall clock, milliseconds; the machine's clock is also that of the daemon. */
export type Moments = Record<string, number>;

export interface StepWatch {
  /** First moments by step, of the recoveries of the domain that began after the watch did. */
  moments(): Promise<{ given: Moments; shown: Moments }>;
}

const EVERY_MS = 25;

/**
 * `given`: the panel's frames held a row of the domain in this state (`open`, `executing`, `verifying`) or with this outcome. `shown`: the table
 * had a row of it with these words.
 */
export async function watchSteps(page: Page, domain: string): Promise<StepWatch> {
  await page.evaluate(([name, everyMs]) => {
    const given: Record<string, number> = {};
    const shown: Record<string, number> = {};
    const note = (moments: Record<string, number>, step: string): void => {
      moments[step] ??= Date.now();
    };
    const known = new Set((window.host.rows?.() ?? []).map((row) => row['id']));
    const look = (): void => {
      for (const row of window.host.rows?.() ?? []) {
        if (row['domain'] !== name || known.has(row['id'])) continue;
        note(given, String(row['outcome'] || row['state']));
        const text = document.querySelector(`tr[data-recovery="${String(row['id'])}"]`)?.textContent ?? '';
        if (text === '') continue;
        note(shown, 'open');
        if (/start|restart|rebuild|reset/i.test(text)) note(shown, 'executing');
        if (/verifying/i.test(text)) note(shown, 'verifying');
        if (/Recovered/.test(text)) note(shown, 'recovered');
      }
    };
    Object.assign(window, { stepWatch: { given, shown } });
    setInterval(look, everyMs as number);
  }, [domain, EVERY_MS] as const);
  return {
    moments: () => page.evaluate(() => (window as unknown as { stepWatch: { given: Moments; shown: Moments } }).stepWatch),
  };
}
