import { expect, test } from '@grafana/plugin-e2e';

const PROXY = '/api/plugin-proxy/virtmedic-recovery-app';
const VIEWER = { user: 'virtmedic-viewer', password: 'viewer-of-virtmedic' };
const ROUTES = [
  'GET domains',
  'GET hosts',
  'GET incidents',
  'GET recoveries',
  'GET maintenance',
  'GET pause',
  'GET settings',
  'POST acknowledge/x/acknowledge',
  'POST actions',
  'POST maintenance',
  'POST pause',
  'POST settings',
  'POST close/x/close',
  'DELETE maintenance/x',
];

test.use({ user: { ...VIEWER, role: 'Viewer' } });

test('a Viewer is refused by every control route', async ({ playwright, baseURL }) => {
  const request = await playwright.request.newContext({ baseURL, httpCredentials: { username: VIEWER.user, password: VIEWER.password, send: 'always' } });
  for (const route of ROUTES) {
    const [method = '', path = ''] = route.split(' ');
    const answer = await request.fetch(`${PROXY}/${path}`, { method, ...(method === 'POST' ? { data: {} } : {}) });
    expect(answer.status(), route).toBe(403);
  }
  await request.dispose();
});
