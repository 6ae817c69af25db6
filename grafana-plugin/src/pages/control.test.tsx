import '@testing-library/jest-dom';
import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import '../control/testing/patience';
import { installFakeProxy, problem, type Answer, type FakeProxy } from '../control/testing/fakeProxy';
import { calmAnswers, INCIDENT, sampleDomain, sampleIncident, UUID } from '../control/testing/samples';
import overview from '../dashboards/overview.json';
import { renderApp } from './testing';

const EXPLANATION = 'stop on h1';

function admin(answer: (body: unknown) => Answer | Promise<Answer>): FakeProxy {
  return installFakeProxy('Admin', calmAnswers({ 'POST actions': answer }));
}

/** As virtmedic answers an order that it takes. */
function taken(body: unknown): Answer {
  const { dryRun } = body as { dryRun: boolean };
  return { body: { accepted: true, dryRun, incidentId: dryRun ? null : INCIDENT, explanation: EXPLANATION } };
}

async function openStop() {
  const user = userEvent.setup();
  renderApp('control');
  await user.click(await screen.findByRole('button', { name: 'Stop web-3' }));
  const dialog = await screen.findByRole('dialog');
  return { user, dialog, confirm: () => within(dialog).getByRole('button', { name: 'Stop web-3' }) };
}

describe('an order', () => {
  it('is tried first, shown, and given once it is confirmed with a reason', async () => {
    const proxy = admin(taken);
    const { user, dialog, confirm } = await openStop();
    expect(await within(dialog).findByText(EXPLANATION)).toBeInTheDocument();
    expect(proxy.orders()).toEqual([{ method: 'POST', path: 'actions', body: { domain: UUID, action: 'stop', dryRun: true } }]);
    expect(confirm()).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Reason/), 'disk is full');
    await user.click(confirm());
    expect(await within(dialog).findByText('Accepted')).toBeInTheDocument();
    expect(proxy.orders().at(-1)?.body).toEqual({ domain: UUID, action: 'stop', dryRun: false, reason: 'disk is full' });
    expect(proxy.orders()).toHaveLength(2);
    expect(within(dialog).getByRole('link', { name: 'Show its incident' })).toHaveAttribute('href', expect.stringContaining(INCIDENT));
  });

  it('is sent once, however often the button is pressed', async () => {
    let let_go: (answer: Answer) => void = () => {};
    const proxy = admin((body) => ((body as { dryRun: boolean }).dryRun ? taken(body) : new Promise((resolve) => (let_go = resolve))));
    const { user, dialog, confirm } = await openStop();
    await within(dialog).findByText(EXPLANATION);
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    const button = confirm();
    // In one go: before React can disable the button.
    act(() => {
      button.click();
      button.click();
    });
    await user.dblClick(button);
    await act(async () => let_go(taken({ dryRun: false })));
    await within(dialog).findByText('Accepted');
    expect(proxy.orders().filter(({ body }) => !(body as { dryRun: boolean }).dryRun)).toHaveLength(1);
  });

  it('may be to migrate, under more, with what that means', async () => {
    const proxy = admin(taken);
    const user = userEvent.setup();
    renderApp('control');
    await user.click(await screen.findByRole('button', { name: 'More for web-3' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Migrate live' }));
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByText(/Moves the running machine to another host/)).toBeInTheDocument();
    await within(dialog).findByText(EXPLANATION);
    expect(proxy.orders().map(({ body }) => body)).toEqual([{ domain: UUID, action: 'migrate', dryRun: true }]);
  });

  it('that would be refused cannot be confirmed', async () => {
    const proxy = admin(() => problem(409, 'domain web-3 is being worked on'));
    const { user, dialog, confirm } = await openStop();
    expect(await within(dialog).findByText('domain web-3 is being worked on')).toBeInTheDocument();
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    expect(confirm()).toBeDisabled();
    expect(proxy.orders()).toHaveLength(1);
  });

  it('that is refused after its check says that nothing was done', async () => {
    admin((body) => ((body as { dryRun: boolean }).dryRun ? taken(body) : problem(409, 'stop refused: it is being recovered')));
    const { user, dialog, confirm } = await openStop();
    await within(dialog).findByText(EXPLANATION);
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    await user.click(confirm());
    expect(await within(dialog).findByText('Refused. Nothing was done.')).toBeInTheDocument();
    expect(within(dialog).getByText('stop refused: it is being recovered')).toBeInTheDocument();
    expect(within(dialog).queryByText('Accepted')).not.toBeInTheDocument();
    expect(confirm()).toBeDisabled();
  });

  it('whose answer is lost is not said to have failed, nor sent again', async () => {
    const proxy = admin((body) => ((body as { dryRun: boolean }).dryRun ? taken(body) : { status: 502, body: '' }));
    const { user, dialog, confirm } = await openStop();
    await within(dialog).findByText(EXPLANATION);
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    await user.click(confirm());
    expect(await within(dialog).findByText(/It is not known whether the order was carried out/)).toBeInTheDocument();
    expect(confirm()).toBeDisabled();
    expect(proxy.orders()).toHaveLength(2);
  });

  it('that was a dry run by configuration is not called done', async () => {
    admin((body) => ({ body: { ...(taken(body).body as object), dryRun: true } }));
    const { user, dialog, confirm } = await openStop();
    await within(dialog).findByText(EXPLANATION);
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    await user.click(confirm());
    expect(await within(dialog).findByText('Nothing was done: dry run')).toBeInTheDocument();
    expect(within(dialog).queryByText('Accepted')).not.toBeInTheDocument();
  });

  it('is not offered for confirmation when the answer to the check does not say that it was one', async () => {
    admin((body) => ({ body: { ...(taken(body).body as object), dryRun: false } }));
    const { user, dialog, confirm } = await openStop();
    expect(await within(dialog).findByText('The answer cannot be read')).toBeInTheDocument();
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    expect(confirm()).toBeDisabled();
  });

  it('carries a reason of at most 1000 characters', async () => {
    const proxy = admin(taken);
    const { user, dialog, confirm } = await openStop();
    await within(dialog).findByText(EXPLANATION);
    const field = within(dialog).getByLabelText(/Reason/);
    await user.click(field);
    await user.paste('y'.repeat(1_000_000));
    await user.click(confirm());
    await within(dialog).findByText('Accepted');
    expect((proxy.orders().at(-1)?.body as { reason: string }).reason).toBe('y'.repeat(1000));
  });

  it('shows how it ended', async () => {
    const proxy = admin(taken);
    proxy.answers['GET recoveries'] = () => ({
      body: { items: [sampleIncident({ state: 'closed', closedAtMs: 1_004_000, outcome: 'failed', outcomeText: 'the guest did not power off' })], nextCursor: null },
    });
    const { user, dialog, confirm } = await openStop();
    await within(dialog).findByText(EXPLANATION);
    await user.type(within(dialog).getByLabelText(/Reason/), 'x');
    await user.click(confirm());
    expect(await within(dialog).findByText('the guest did not power off')).toBeInTheDocument();
  });

  it('can be any of the others, under "more"', async () => {
    const proxy = admin(taken);
    const user = userEvent.setup();
    renderApp('control');
    await user.click(await screen.findByRole('button', { name: 'More for web-3' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Destroy' }));
    await screen.findByRole('dialog');
    await waitFor(() => expect(proxy.orders()[0]?.body).toEqual({ domain: UUID, action: 'destroy', dryRun: true }));
  });
});

describe('the table of domains', () => {
  it.each([
    [401, problem(401, 'The token is not known.'), 'virtmedic does not know the operate token'],
    [403, problem(403, 'This needs the scope `operate`'), 'The token may not do this'],
    [502, { status: 502, body: '' }, 'Grafana cannot reach virtmedic'],
    [504, { status: 504, body: '' }, 'No answer in time'],
    [404, { status: 404, body: { message: 'plugin route match not found' } }, 'Control is not set up'],
    [404, { status: 404, body: { message: 'Plugin is not enabled' } }, 'The app is not enabled'],
    [403, { status: 403, body: { message: 'plugin proxy route access denied' } }, 'Your role does not allow this'],
    [200, { body: '<html>login</html>' }, 'The answer cannot be read'],
    [200, { body: { items: 'no' } }, 'The answer cannot be read'],
  ])('says what is wrong: %p', async (_status, answer, title) => {
    installFakeProxy('Admin', calmAnswers({ 'GET domains': () => answer }));
    renderApp('control');
    expect(await screen.findByText(title)).toBeInTheDocument();
  });

  it('shows hostile names as text, cut', async () => {
    const name = `<img src=x onerror="window.hacked = true">${'z'.repeat(1_000_000)}`;
    installFakeProxy('Admin', calmAnswers({ 'GET domains': () => ({ body: { items: [sampleDomain({ name, host: '<b>h</b>', state: '<i>x</i>' }), null, 7, {}] } }) }));
    const { container } = renderApp('control');
    expect(await screen.findByText('<b>h</b>')).toBeInTheDocument();
    expect(container.querySelector('img, b, i')).toBeNull();
    expect(screen.getByRole('rowheader').textContent?.length).toBeLessThanOrEqual(80);
    expect((container.textContent ?? '').length).toBeLessThan(20_000);
  });

  it('shows what needs attention first, and filters', async () => {
    const items = [
      sampleDomain({ uuid: 'a', name: 'db-1', host: 'h2' }),
      sampleDomain({ uuid: 'b', name: 'web-9', state: 'shutoff', incidentId: INCIDENT }),
      sampleDomain({ uuid: 'c', name: 'app-1', managed: false }),
    ];
    installFakeProxy('Admin', calmAnswers({ 'GET domains': () => ({ body: { items } }), 'GET incidents': () => ({ body: { items: [sampleIncident()] } }) }));
    const user = userEvent.setup();
    renderApp('control');
    await screen.findByText('db-1');
    const names = () => screen.getAllByRole('rowheader').map((cell) => cell.textContent);
    expect(names()).toEqual(['web-9', 'app-1', 'db-1']);
    expect(await screen.findByRole('link', { name: 'Killed or crashed' })).toHaveAttribute('href', expect.stringContaining(`incident=${INCIDENT}`));
    expect(screen.getByText('Escalated: needs a person')).toBeInTheDocument();
    expect(screen.getByText(/Not managed by virtmedic: nothing can be ordered/)).toBeInTheDocument();
    await user.type(screen.getByPlaceholderText('Name, host or UUID'), 'H2');
    expect(names()).toEqual(['db-1']);
  });

  it('keeps what was read, and says that it is old, when the next reading fails', async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const proxy = installFakeProxy('Admin', calmAnswers());
    renderApp('control');
    await screen.findByText('web-3');
    proxy.answers['GET domains'] = () => ({ status: 502, body: '' });
    await act(() => jest.advanceTimersByTimeAsync(6000));
    expect(await screen.findByText(/What is shown below is of/)).toBeInTheDocument();
    expect(screen.getByText('web-3')).toBeInTheDocument();
    jest.useRealTimers();
  });
});

describe('roles', () => {
  it.each(['control', 'incidents', 'maintenance', 'settings'])('a Viewer sees why there is nothing at %s, and nothing is asked', async (path) => {
    const proxy = installFakeProxy('Viewer', calmAnswers());
    renderApp(path);
    expect(await screen.findByText('Control is for editors and administrators')).toBeInTheDocument();
    expect(screen.queryByRole('button')).not.toBeInTheDocument();
    expect(screen.getByRole('link')).toHaveAttribute('href', `/d/${overview.uid}`);
    expect(proxy.received).toEqual([]);
  });

  it('an Editor sees domains without orders', async () => {
    installFakeProxy('Editor', calmAnswers());
    renderApp('control');
    expect(await screen.findByText('web-3')).toBeInTheDocument();
    expect(screen.getByText('You can read and acknowledge')).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Stop|Start|Restart|More|Pause/ })).not.toBeInTheDocument();
  });
});
