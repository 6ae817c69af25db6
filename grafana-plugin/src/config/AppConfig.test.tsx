import '@testing-library/jest-dom';
import type { AppPluginMeta } from '@grafana/data';
import { setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { defer } from 'rxjs';
import '../control/testing/patience';
import { installFakeProxy, problem, type Answers } from '../control/testing/fakeProxy';
import { AppConfig, page, type AppConfigProps } from './AppConfig';
import type { AppJsonData } from './settings';

const TOKEN = 'a-token-of-sixteen-characters';

function renderConfig(meta: Partial<AppPluginMeta<AppJsonData>>) {
  return render(<AppConfig {...({ plugin: { meta }, query: {} } as unknown as AppConfigProps)} />);
}

function recordSaves(answer: () => unknown = () => ({ data: {} })): BackendSrvRequest[] {
  const sent: BackendSrvRequest[] = [];
  const fetch = (request: BackendSrvRequest) =>
    defer(async () => {
      sent.push(request);
      return answer();
    });
  setBackendSrv({ fetch } as unknown as BackendSrv);
  return sent;
}

let reload: jest.SpyInstance;
beforeEach(() => {
  reload = jest.spyOn(page, 'reload').mockImplementation(() => {});
});
afterEach(() => jest.restoreAllMocks());

describe('the configuration', () => {
  it('is saved with the token apart, and enables the app', async () => {
    const sent = recordSaves();
    const user = userEvent.setup();
    renderConfig({ enabled: false });
    expect(screen.getByLabelText(/Control URL/)).toHaveValue('http://127.0.0.1:9178');
    await user.clear(screen.getByLabelText(/Control URL/));
    await user.type(screen.getByLabelText(/Control URL/), 'https://vm.example:9178/ ');
    await user.type(screen.getByLabelText(/Operate token/), TOKEN);
    await user.dblClick(screen.getByRole('button', { name: 'Save and enable' }));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      url: '/api/plugins/virtmedic-recovery-app/settings',
      method: 'POST',
      data: { enabled: true, jsonData: { controlUrl: 'https://vm.example:9178' }, secureJsonData: { operateToken: TOKEN } },
    });
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it('keeps a token that is stored, and never shows it', async () => {
    const sent = recordSaves();
    const user = userEvent.setup();
    renderConfig({ enabled: true, jsonData: { controlUrl: 'http://vm:9178' }, secureJsonFields: { operateToken: true } });
    expect(screen.getByLabelText(/Operate token/)).toHaveValue('configured');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(sent[0]?.data).not.toHaveProperty('secureJsonData');
  });

  it.each(['', 'virtmedic:9178', 'ftp://vm', 'http://u:p@vm:9178', 'http://vm:9178/?x=1'])('is not saved with the URL %p', async (url) => {
    const sent = recordSaves();
    const user = userEvent.setup();
    renderConfig({ enabled: true });
    const field = screen.getByLabelText(/Control URL/);
    await user.clear(field);
    if (url !== '') {
      await user.type(field, url);
    }
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
    expect(sent).toEqual([]);
  });

  it('says when it could not be saved', async () => {
    recordSaves(() => {
      throw { status: 403, data: { message: 'Permission denied' }, config: {} };
    });
    const user = userEvent.setup();
    renderConfig({ enabled: true });
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Permission denied')).toBeInTheDocument();
    expect(reload).not.toHaveBeenCalled();
  });
});

describe('its test', () => {
  const works: Answers = { 'GET pause': () => ({ body: { paused: null } }), 'POST actions': () => problem(404, 'no domain 0 is known') };
  const saved = { enabled: true, jsonData: { controlUrl: 'http://vm:9178' }, secureJsonFields: { operateToken: true } };

  it('goes through the proxy and gives no order', async () => {
    const proxy = installFakeProxy('Admin', works);
    const user = userEvent.setup();
    renderConfig(saved);
    await user.click(screen.getByRole('button', { name: 'Test' }));
    expect(await screen.findByText('virtmedic answers')).toBeInTheDocument();
    expect(proxy.orders().map(({ body }) => body)).toEqual([expect.objectContaining({ dryRun: true })]);
  });

  it.each([
    ['an unknown token', { 'GET pause': () => problem(401, 'The token is not known.') }, 'virtmedic does not know the operate token'],
    ['a token without the scope', { ...works, 'POST actions': () => problem(403, 'This needs the scope `operate`') }, 'The token may not do this'],
    ['a daemon that is away', { 'GET pause': () => ({ status: 502, body: '' }) }, 'Grafana cannot reach virtmedic'],
    ['another service', { 'GET pause': () => ({ body: '<html></html>' }) }, 'The answer cannot be read'],
  ])('tells of %s', async (_what, answers: Answers, title) => {
    installFakeProxy('Admin', answers);
    const user = userEvent.setup();
    renderConfig(saved);
    await user.click(screen.getByRole('button', { name: 'Test' }));
    expect(await screen.findByText(title)).toBeInTheDocument();
    expect(screen.queryByText('virtmedic answers')).not.toBeInTheDocument();
  });

  it('waits until what was entered is saved', async () => {
    const user = userEvent.setup();
    renderConfig(saved);
    await user.type(screen.getByLabelText(/Control URL/), '9');
    expect(screen.getByRole('button', { name: 'Test' })).toBeDisabled();
  });
});
