import { expect, test } from '@grafana/plugin-e2e';

const DATASOURCE_ID = 'virtmedic-recovery-datasource';
const WEB_URL = process.env.VIRTMEDIC_WEB_URL ?? 'http://127.0.0.1:9177';
const READ_TOKEN = process.env.VIRTMEDIC_READ_TOKEN ?? '';

test('the panel renders what the data source gives', async ({ createDataSource, panelEditPage }) => {
  const dataSource = await createDataSource({
    type: DATASOURCE_ID,
    url: WEB_URL,
    access: 'proxy',
    ...(READ_TOKEN === '' ? {} : { secureJsonData: { readToken: READ_TOKEN } }),
  });
  await panelEditPage.datasource.set(dataSource.name);
  await panelEditPage.setVisualization('Recovery history');
  await panelEditPage.refreshPanel();
  await expect(panelEditPage.panel.getErrorIcon()).toBeHidden();
  await expect(panelEditPage.panel.locator).toBeVisible();
});
