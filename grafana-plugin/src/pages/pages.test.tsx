import '@testing-library/jest-dom';
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import '../control/testing/patience';
import { installFakeProxy, problem, type Answer } from '../control/testing/fakeProxy';
import { calmAnswers, INCIDENT, sampleIncident, UUID } from '../control/testing/samples';
import { renderApp } from './testing';

const HOUR_MS = 3_600_000;

/** As virtmedic answers maintenance, pause and settings. */
const taken = (body: unknown): Answer => ({ body: { accepted: true, dryRun: (body as { dryRun: boolean }).dryRun, explanation: 'what follows' } });

const openIncidents = (...items: unknown[]) => ({ 'GET incidents': () => ({ body: { items } }) });

describe('incidents', () => {
  it('are acknowledged by an Editor, once, and by nothing more', async () => {
    const proxy = installFakeProxy('Editor', calmAnswers(openIncidents(sampleIncident())));
    proxy.answers[`POST incidents/${INCIDENT}/acknowledge`] = () => {
      proxy.answers['GET incidents'] = () => ({ body: { items: [sampleIncident({ acknowledgedBy: 'eve' })] } });
      return { body: {} };
    };
    renderApp('incidents');
    const button = await screen.findByRole('button', { name: 'Acknowledge the incident of web-3 (h1)' });
    expect(screen.queryByRole('button', { name: /Close/ })).not.toBeInTheDocument();
    act(() => {
      button.click();
      button.click();
    });
    expect(await screen.findByText('By eve')).toBeInTheDocument();
    expect(proxy.orders()).toEqual([{ method: 'POST', path: `incidents/${INCIDENT}/acknowledge`, body: {} }]);
  });

  it('stay as they are when acknowledging fails, and it is said', async () => {
    installFakeProxy('Editor', calmAnswers({ ...openIncidents(sampleIncident()), [`POST incidents/${INCIDENT}/acknowledge`]: () => problem(404, 'no open incident') }));
    const user = userEvent.setup();
    renderApp('incidents');
    await user.click(await screen.findByRole('button', { name: /^Acknowledge/ }));
    expect(await screen.findByText('no open incident')).toBeInTheDocument();
    expect(screen.queryByText(/^By /)).not.toBeInTheDocument();
  });

  it('are closed by an Admin, with a reason', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ ...openIncidents(sampleIncident()), [`POST incidents/${INCIDENT}/close`]: () => ({ body: {} }) }));
    const user = userEvent.setup();
    renderApp('incidents');
    await user.click(await screen.findByRole('button', { name: 'Close the incident of web-3 (h1)' }));
    const dialog = await screen.findByRole('dialog');
    const confirm = within(dialog).getByRole('button', { name: /Close the incident of web-3/ });
    expect(confirm).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Reason/), 'repaired by hand');
    await user.dblClick(confirm);
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(proxy.orders()).toEqual([{ method: 'POST', path: `incidents/${INCIDENT}/close`, body: { reason: 'repaired by hand' } }]);
  });

  it('whose closing is refused stay open, and the dialog says why', async () => {
    installFakeProxy('Admin', calmAnswers({ ...openIncidents(sampleIncident()), [`POST incidents/${INCIDENT}/close`]: () => problem(409, 'domain web-3 is being worked on') }));
    const user = userEvent.setup();
    renderApp('incidents');
    await user.click(await screen.findByRole('button', { name: /^Close the incident/ }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    await user.click(within(dialog).getByRole('button', { name: /Close the incident of web-3/ }));
    expect(await within(dialog).findByText('domain web-3 is being worked on')).toBeInTheDocument();
    expect(within(dialog).getByText('Nothing was done.')).toBeInTheDocument();
  });

  it('that one followed a link to are marked, also when they have ended', async () => {
    const ended = sampleIncident({ state: 'closed', closedAtMs: 1_004_000, outcome: 'recovered', outcomeText: 'start: done and verified' });
    installFakeProxy('Editor', calmAnswers({ 'GET recoveries': () => ({ body: { items: [ended], nextCursor: null } }) }));
    renderApp(`incidents?incident=${INCIDENT}`);
    const row = (await screen.findByText('start: done and verified')).closest('tr');
    expect(row).toHaveAttribute('aria-current', 'true');
    expect(row).toHaveTextContent('Done and verified');
    expect(row).toHaveTextContent('4 s');
  });

  it('with reversed times and hostile texts are shown', async () => {
    const hostile = { ...sampleIncident({ acknowledgedBy: '<script>x</script>' }), faultAtMs: 'soon', openedAtMs: 9e99, closedAtMs: -1, fault: '<b>f</b>' };
    const odd = sampleIncident({ id: 'odd', faultAtMs: 5_000_000, closedAtMs: 4_000_000, outcome: 'recovered', outcomeText: '<b>t</b>' });
    installFakeProxy('Editor', calmAnswers({ ...openIncidents(hostile, null, sampleIncident({ fault: '<b>f</b>' })), 'GET recoveries': () => ({ body: { items: [odd] } }) }));
    const { container } = renderApp('incidents');
    expect(await screen.findByText('<b>f</b>')).toBeInTheDocument();
    expect(await screen.findByText('<b>t</b>')).toBeInTheDocument();
    expect(container.querySelector('b, script')).toBeNull();
  });
});

describe('maintenance', () => {
  const item = { id: 'm1', scope: { kind: 'host', host: 'h1' }, fromMs: 1, untilMs: Date.now() + HOUR_MS, reason: 'new disk', createdBy: 'ann' };

  it('is added for a host after its check', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST maintenance': taken }));
    const user = userEvent.setup();
    renderApp('maintenance');
    await user.click(await screen.findByRole('button', { name: /Add maintenance/ }));
    const dialog = await screen.findByRole('dialog');
    const check = within(dialog).getByRole('button', { name: 'Show what would happen' });
    const confirm = within(dialog).getByRole('button', { name: 'Begin maintenance' });
    await user.type(within(dialog).getByLabelText(/Reason/), 'new disk');
    expect(check).toBeDisabled();
    await user.click(within(dialog).getByLabelText('Host, with all its domains'));
    await user.keyboard('{ArrowDown}{Enter}');
    await user.click(within(dialog).getByRole('radio', { name: '4 h' }));
    expect(confirm).toBeDisabled();
    await user.click(check);
    expect(await within(dialog).findByText('what follows')).toBeInTheDocument();
    await user.click(confirm);
    expect(await within(dialog).findByText('Accepted')).toBeInTheDocument();
    const body = { host: 'h1', durationSeconds: 14_400, reason: 'new disk' };
    expect(proxy.orders().map((order) => order.body)).toEqual([
      { ...body, dryRun: true },
      { ...body, dryRun: false },
    ]);
  });

  it('needs a new check when something else is entered after it', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST maintenance': taken }));
    const user = userEvent.setup();
    renderApp('maintenance');
    await user.click(await screen.findByRole('button', { name: /Add maintenance/ }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('radio', { name: 'Everything' }));
    await user.type(within(dialog).getByLabelText(/Reason/), 'move');
    await user.click(within(dialog).getByRole('button', { name: 'Show what would happen' }));
    await within(dialog).findByText('what follows');
    await user.click(within(dialog).getByRole('radio', { name: '1 d' }));
    expect(within(dialog).queryByText('what follows')).not.toBeInTheDocument();
    expect(within(dialog).getByRole('button', { name: 'Begin maintenance' })).toBeDisabled();
    expect(proxy.orders()).toHaveLength(1);
  });

  it('may last until a time', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST maintenance': taken }));
    const user = userEvent.setup();
    const beforeMs = Date.now();
    renderApp('maintenance');
    await user.click(await screen.findByRole('button', { name: /Add maintenance/ }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('radio', { name: 'Everything' }));
    await user.click(within(dialog).getByRole('radio', { name: 'Until …' }));
    await user.type(within(dialog).getByLabelText(/Reason/), 'move');
    await user.click(within(dialog).getByRole('button', { name: 'Show what would happen' }));
    await within(dialog).findByText('what follows');
    const { until, ...body } = proxy.orders()[0]?.body as { until: string };
    expect(body).toEqual({ all: true, reason: 'move', dryRun: true });
    expect(Date.parse(until)).toBeGreaterThanOrEqual(beforeMs + HOUR_MS);
  });

  it('is ended by an Admin and only read by an Editor', async () => {
    const answers = calmAnswers({ 'GET maintenance': () => ({ body: { items: [item] } }), 'DELETE maintenance/m1': () => ({ status: 204, body: undefined }) });
    const proxy = installFakeProxy('Admin', answers);
    const user = userEvent.setup();
    const { unmount } = renderApp('maintenance');
    await user.click(await screen.findByRole('button', { name: 'End maintenance: Host h1' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'End maintenance: Host h1' }));
    await waitFor(() => expect(proxy.orders()).toEqual([{ method: 'DELETE', path: 'maintenance/m1', body: undefined }]));
    unmount();
    installFakeProxy('Editor', answers);
    renderApp('maintenance');
    expect(await screen.findByText('new disk')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /End|Add/ })).not.toBeInTheDocument();
  });
});

describe('pause', () => {
  it('is ordered with a reason, after its check', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST pause': taken }));
    const user = userEvent.setup();
    renderApp('control');
    await user.click(await screen.findByRole('button', { name: /Pause recovery/ }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/Reason/), 'storage move');
    await user.click(within(dialog).getByRole('button', { name: 'Show what would happen' }));
    await within(dialog).findByText('what follows');
    await user.click(within(dialog).getByRole('button', { name: 'Pause all recovery' }));
    await within(dialog).findByText('Accepted');
    expect(proxy.orders().at(-1)?.body).toEqual({ paused: true, reason: 'storage move', dryRun: false });
  });

  it('stands above every page, and is ended after its check', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST pause': taken, 'GET pause': () => ({ body: { paused: { by: 'ann', reason: '<b>r</b>', atMs: 1_000_000 } } }) }));
    const user = userEvent.setup();
    const { container } = renderApp('settings');
    expect(await screen.findByText(/RECOVERY IS PAUSED/)).toBeInTheDocument();
    expect(screen.getByText(/By ann since .* Reason: <b>r<\/b>/)).toBeInTheDocument();
    expect(container.querySelector('b')).toBeNull();
    await user.click(screen.getByRole('button', { name: /Resume recovery/ }));
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findByText('what follows');
    await user.click(within(dialog).getByRole('button', { name: 'Resume recovery' }));
    await within(dialog).findByText('Accepted');
    expect(proxy.orders().map(({ body }) => body)).toEqual([
      { paused: false, dryRun: true },
      { paused: false, dryRun: false },
    ]);
  });

  it('that virtmedic could not store is in its own words: it is in force', async () => {
    const said = 'Recovery is paused, but the store cannot write: a restart of virtmedic would end the pause.';
    installFakeProxy('Admin', calmAnswers({ 'POST pause': (body) => ((body as { dryRun: boolean }).dryRun ? taken(body) : problem(503, said)) }));
    const user = userEvent.setup();
    renderApp('control');
    await user.click(await screen.findByRole('button', { name: 'Pause recovery …' }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    await user.click(within(dialog).getByRole('button', { name: 'Show what would happen' }));
    await waitFor(() => expect(within(dialog).getByRole('button', { name: 'Pause all recovery' })).toBeEnabled());
    await user.click(within(dialog).getByRole('button', { name: 'Pause all recovery' }));
    expect(await within(dialog).findByText(said)).toBeInTheDocument();
    expect(within(dialog).queryByText(/Nothing was done|not known whether/)).not.toBeInTheDocument();
  });

  it.each([{}, { paused: 'no' }, null])('is not said to be off when the answer is %j', async (body) => {
    installFakeProxy('Editor', calmAnswers({ 'GET pause': () => ({ body }) }));
    renderApp('control');
    expect(await screen.findByText('The answer cannot be read')).toBeInTheDocument();
    expect(screen.queryByText('Recovery is on')).not.toBeInTheDocument();
  });
});

describe('settings', () => {
  it('change within their bounds, after a check', async () => {
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST settings': taken }));
    const user = userEvent.setup();
    renderApp('settings');
    const field = await screen.findByLabelText(/New value in seconds/);
    const change = screen.getByRole('button', { name: /^Change/ });
    await user.type(field, '9999');
    expect(change).toBeDisabled();
    await user.clear(field);
    await user.type(field, '5');
    await user.click(change);
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findByText('what follows');
    await user.click(within(dialog).getByRole('button', { name: 'Sample every 5 s' }));
    await within(dialog).findByText('Accepted');
    expect(proxy.orders().map(({ body }) => body)).toEqual([
      { samplingIntervalSeconds: 5, dryRun: true },
      { samplingIntervalSeconds: 5, dryRun: false },
    ]);
  });

  it('go back to the configuration file', async () => {
    const setting = { value: 5, default: 15, minimum: 1, maximum: 60 };
    const proxy = installFakeProxy('Admin', calmAnswers({ 'POST settings': taken, 'GET settings': () => ({ body: { samplingIntervalSeconds: setting } }) }));
    const user = userEvent.setup();
    renderApp('settings');
    await user.click(await screen.findByRole('button', { name: /^Reset/ }));
    const dialog = await screen.findByRole('dialog');
    await within(dialog).findByText('what follows');
    await user.click(within(dialog).getByRole('button', { name: 'Reset to 15 s' }));
    await within(dialog).findByText('Accepted');
    expect(proxy.orders().at(-1)?.body).toEqual({ samplingIntervalSeconds: null, dryRun: false });
  });

  it('are only read by an Editor', async () => {
    installFakeProxy('Editor', calmAnswers());
    renderApp('settings');
    expect(await screen.findByText('Now every 15 s')).toBeInTheDocument();
    expect(screen.queryByLabelText(/New value/)).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Change|Reset/ })).not.toBeInTheDocument();
  });

  it('that cannot be read are not made up', async () => {
    installFakeProxy('Admin', calmAnswers({ 'GET settings': () => ({ body: { samplingIntervalSeconds: { value: '5' } } }) }));
    renderApp('settings');
    expect(await screen.findByText('The answer cannot be read')).toBeInTheDocument();
    expect(screen.queryByLabelText(/New value/)).not.toBeInTheDocument();
  });
});

it('names that belong to a domain are those of its UUID', async () => {
  const scope = { kind: 'domain', uuid: UUID };
  installFakeProxy('Editor', calmAnswers({ 'GET maintenance': () => ({ body: { items: [{ id: 'm2', scope, fromMs: 1, untilMs: 2, reason: 'r', createdBy: 'c' }] } }) }));
  renderApp('maintenance');
  expect(await screen.findByText('Domain web-3')).toBeInTheDocument();
});
