import '@testing-library/jest-dom';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import '../control/testing/patience';
import type { App, Domain } from '../api/types';
import { installFakeProxy, problem, type Answer, type FakeProxy } from '../control/testing/fakeProxy';
import { sampleApp } from '../api/samples';
import { calmAnswers, INCIDENT, sampleDomain, sampleIncident, UUID } from '../control/testing/samples';
import { renderApp } from './testing';

const EXPLANATION = 'restart_app of nginx in web-3 on h1';

/** One domain with these applications; orders are answered like this. */
function seen(role: 'Admin' | 'Editor', apps: unknown[], orders: (body: unknown) => Answer = taken, domain: Partial<Domain> = {}): FakeProxy {
  return installFakeProxy(role, calmAnswers({ 'GET domains': () => ({ body: { items: [sampleDomain({ ...domain, apps: apps as App[] })] } }), 'POST actions': orders }));
}

/** As virtmedic answers an order that it takes. */
function taken(body: unknown): Answer {
  const { dryRun } = body as { dryRun: boolean };
  return { body: { accepted: true, dryRun, incidentId: dryRun ? null : INCIDENT, explanation: EXPLANATION } };
}

const row = (name: string) => within(screen.getByRole('rowheader', { name }).closest('tr') as HTMLElement);
const buttons = (name: string) =>
  row(name)
    .getAllByRole('button')
    .map((button) => button.textContent);

describe('an order for an application', () => {
  it('is tried first, shown with what it means, and given once it is confirmed with a reason', async () => {
    const proxy = seen('Admin', [sampleApp()]);
    const user = userEvent.setup();
    renderApp('apps');
    await user.click(await screen.findByRole('button', { name: 'Restart nginx in web-3' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByText('nginx in web-3 on host h1, now: Up')).toBeInTheDocument();
    expect(within(dialog).getByText(/Connections to it break/)).toBeInTheDocument();
    expect(await within(dialog).findByText(EXPLANATION)).toBeInTheDocument();
    const order = { domain: UUID, app: 'nginx', action: 'restart_app' };
    expect(proxy.orders()).toEqual([{ method: 'POST', path: 'actions', body: { ...order, dryRun: true } }]);
    const confirm = within(dialog).getByRole('button', { name: 'Restart nginx in web-3' });
    expect(confirm).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Reason/), 'it leaks');
    await user.click(confirm);
    expect(await within(dialog).findByText('Accepted')).toBeInTheDocument();
    expect(proxy.orders().map(({ body }) => body)).toEqual([
      { ...order, dryRun: true },
      { ...order, dryRun: false, reason: 'it leaks' },
    ]);
    expect(within(dialog).getByRole('link', { name: 'Show its incident' })).toHaveAttribute('href', expect.stringContaining(INCIDENT));
  });

  it.each([
    ['Kill', 'kill_process', /SIGKILL/],
    ['Start', 'start_process', /Refused where a process of it is there/],
  ])('may be to %s it, under more', async (label, action, meaning) => {
    const proxy = seen('Admin', [sampleApp()]);
    const user = userEvent.setup();
    renderApp('apps');
    await user.click(await screen.findByRole('button', { name: 'More for nginx in web-3' }));
    await user.click(await screen.findByRole('menuitem', { name: label }));
    expect(within(await screen.findByRole('dialog')).getByText(meaning)).toBeInTheDocument();
    await waitFor(() => expect(proxy.orders().map(({ body }) => body)).toEqual([{ domain: UUID, app: 'nginx', action, dryRun: true }]));
  });

  it('that would be refused cannot be confirmed', async () => {
    const proxy = seen('Admin', [sampleApp()], () => problem(409, 'restart_app refused: no guest helper that may act is configured'));
    const user = userEvent.setup();
    renderApp('apps');
    await user.click(await screen.findByRole('button', { name: 'Restart nginx in web-3' }));
    const dialog = await screen.findByRole('dialog');
    expect(await within(dialog).findByText(/no guest helper that may act/)).toBeInTheDocument();
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    expect(within(dialog).getByRole('button', { name: 'Restart nginx in web-3' })).toBeDisabled();
    expect(proxy.orders()).toHaveLength(1);
  });

  it('stands in the row where it is likely', async () => {
    const proxy = seen('Admin', [
      sampleApp({ name: 'hangs', state: 'faulty', fault: 'app_hung', incidentId: INCIDENT }),
      sampleApp({ name: 'is down', state: 'faulty', fault: 'app_down', incidentId: INCIDENT }),
      sampleApp({ name: 'is off', state: 'off' }),
      sampleApp({ name: 'is unknown', state: 'unknown' }),
    ]);
    proxy.answers['GET incidents'] = () => ({ body: { items: [sampleIncident()] } });
    renderApp('apps');
    await screen.findByText('hangs');
    const shown = Object.fromEntries(['hangs', 'is down', 'is off', 'is unknown'].map((name) => [name, buttons(name)]));
    expect(shown).toEqual({
      hangs: ['Recover now', 'Restart', 'More'],
      'is down': ['Recover now', 'Start', 'More'],
      'is off': ['Start', 'More'],
      'is unknown': ['Restart', 'More'],
    });
    expect(proxy.orders()).toEqual([]);
  });
});

describe('the table of applications', () => {
  it('says what is wrong and what proves it, those that need somebody first', async () => {
    seen('Editor', [sampleApp({ name: 'a' }), sampleApp({ name: 'z', state: 'faulty', fault: 'app_down', sinceMs: Date.now() - 120_000, evidence: ['absent: no process in 2 lists in a row'] })]);
    renderApp('apps');
    await screen.findByText('z');
    expect(screen.getAllByRole('rowheader').map((cell) => cell.textContent)).toEqual(['z', 'a']);
    expect(row('z').getByText('Application down, 2 minutes ago')).toBeInTheDocument();
    expect(row('z').getByText('absent: no process in 2 lists in a row')).toBeInTheDocument();
    expect(row('z').getByText('Faulty')).toBeInTheDocument();
  });

  it('gives an Editor no orders, and nobody where the domain is not managed', async () => {
    seen('Editor', [sampleApp()]);
    const { unmount } = renderApp('apps');
    await screen.findByText('nginx');
    expect(screen.queryByRole('button', { name: /Restart|Start|Kill|More|Recover/ })).not.toBeInTheDocument();
    unmount();
    seen('Admin', [sampleApp()], taken, { managed: false });
    renderApp('apps');
    expect(await screen.findByText(/not managed by virtmedic: nothing can be ordered/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Restart|Start|Kill|More|Recover/ })).not.toBeInTheDocument();
  });

  it('filters by application and domain, and says where nothing is', async () => {
    seen('Admin', [sampleApp(), sampleApp({ name: 'redis' })]);
    const user = userEvent.setup();
    renderApp('apps');
    await screen.findByText('redis');
    const field = screen.getByPlaceholderText('Application, domain, host or UUID');
    await user.type(field, 'REDIS');
    expect(screen.getAllByRole('rowheader').map((cell) => cell.textContent)).toEqual(['redis']);
    await user.clear(field);
    await user.type(field, 'web-3');
    expect(screen.getAllByRole('rowheader')).toHaveLength(2);
    await user.type(field, 'nothing');
    expect(screen.getByText('No application matches this.')).toBeInTheDocument();
  });

  it('says that none is declared', async () => {
    seen('Admin', []);
    renderApp('apps');
    expect(await screen.findByText(/No application is declared/)).toBeInTheDocument();
  });

  it('shows hostile names as text, cut', async () => {
    const hostile = `<img src=x onerror="window.hacked = true">${'z'.repeat(1_000_000)}`;
    seen('Admin', [{ ...sampleApp(), name: hostile, state: '<b>x</b>', fault: hostile, evidence: Array.from({ length: 40 }, () => hostile) }, null, 7, { name: '' }]);
    const { container } = renderApp('apps');
    expect(await screen.findByText('<b>x</b>')).toBeInTheDocument();
    expect(container.querySelector('img, b')).toBeNull();
    expect(screen.getAllByRole('rowheader')).toHaveLength(1);
    expect((container.textContent ?? '').length).toBeLessThan(5000);
  });
});
