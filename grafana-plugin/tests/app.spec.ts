import { expect, test } from '@grafana/plugin-e2e';

const APP_ID = 'virtmedic-recovery-app';
const ACTIONS = `/api/plugin-proxy/${APP_ID}/actions`;

test('the configuration page tells whether virtmedic can be reached', async ({ gotoAppConfigPage, page }) => {
  await gotoAppConfigPage({ pluginId: APP_ID });
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(page.getByText('virtmedic answers')).toBeVisible();
});

test('an administrator sees the domains and whether recovery is on', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: APP_ID, path: '/control' });
  await expect(page.getByRole('table', { name: 'Domains' })).toBeVisible();
  await expect(page.getByText(/Recovery is on|RECOVERY IS PAUSED/)).toBeVisible();
});

test('an order is tried before it can be confirmed', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: APP_ID, path: '/control' });
  const sent: unknown[] = [];
  page.on('request', (request) => {
    if (request.url().includes(ACTIONS)) {
      sent.push(request.postDataJSON());
    }
  });
  await page
    .getByRole('button', { name: /^(Start|Stop) / })
    .first()
    .click();
  await expect(page.getByRole('dialog')).toContainText(/If you confirm|virtmedic would refuse this/);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(sent).toEqual([expect.objectContaining({ dryRun: true })]);
});

test('incidents, maintenance and settings open', async ({ gotoAppPage, page }) => {
  await gotoAppPage({ pluginId: APP_ID, path: '/control' });
  for (const [tab, text] of [
    ['Incidents', 'Ended last'],
    ['Maintenance', 'During maintenance'],
    ['Settings', 'Salvage time'],
  ] as const) {
    await page.getByRole('tab', { name: tab }).click();
    await expect(page.getByText(new RegExp(text))).toBeVisible();
  }
});
