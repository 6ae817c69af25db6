import { expect, test } from '@grafana/plugin-e2e';

const DATASOURCE_ID = 'virtmedic-recovery-datasource';

/** Where the Grafana server reaches virtmedic's public listener, and a token with the scope `read`. */
const WEB_URL = process.env.VIRTMEDIC_WEB_URL ?? 'http://127.0.0.1:9177';
const READ_TOKEN = process.env.VIRTMEDIC_READ_TOKEN ?? '';

test('a provisioned data source is healthy', async ({ createDataSource, gotoDataSourceConfigPage, page }) => {
  const dataSource = await createDataSource({
    type: DATASOURCE_ID,
    url: WEB_URL,
    access: 'proxy',
    ...(READ_TOKEN === '' ? {} : { secureJsonData: { readToken: READ_TOKEN } }),
  });
  const configPage = await gotoDataSourceConfigPage(dataSource.uid);
  await page.getByRole('button', { name: 'Test' }).or(page.getByRole('button', { name: /Save & test/ })).first().click();
  await expect(configPage).toHaveAlert('success');
});

test('a wrong URL is told', async ({ createDataSource, gotoDataSourceConfigPage, page }) => {
  const dataSource = await createDataSource({ type: DATASOURCE_ID, url: 'http://127.0.0.1:9', access: 'proxy' });
  const configPage = await gotoDataSourceConfigPage(dataSource.uid);
  await page.getByRole('button', { name: 'Test' }).or(page.getByRole('button', { name: /Save & test/ })).first().click();
  await expect(configPage).toHaveAlert('error');
});
