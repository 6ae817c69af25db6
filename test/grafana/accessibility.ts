import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string | null;
  help: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/**
 * Violations of the impact serious or critical, as axe-core finds them, one line each. `within`: CSS selector of what is ours; the stand-ins and Grafana's own
 * controls around it are not.
 */
export async function seriousViolations(page: Page, within: string): Promise<string[]> {
  const known = await page.evaluate(() => 'axe' in window);
  if (!known) await page.evaluate(AXE);
  const violations = await page.evaluate(async (selector) => {
    const { axe } = window as unknown as { axe: { run(context: object, options: object): Promise<{ violations: unknown[] }> } };
    return (await axe.run({ include: [selector] }, { resultTypes: ['violations'] })).violations;
  }, within) as Violation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary = '' }) => `${id}: ${help}: ${JSON.stringify(target)}: ${failureSummary.replaceAll('\n', ' ').slice(0, 300)}`));
}
