import React from 'react';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FieldType, type Field } from '@grafana/data';
import type { RecoveryDetail } from '../../api/types';
import type { RecoveryItem } from '../model/types';
import { RecoveryDetails } from './RecoveryDetails';
import { detailOf, itemOf, modelOf, START_MS } from './testItems';

type Load = (id: string) => Promise<RecoveryDetail>;

/** A question whose answer the test gives when it wants. */
function deferred(): {
  promise: Promise<RecoveryDetail>;
  resolve(detail: RecoveryDetail): void;
  reject(error: unknown): void;
} {
  let resolve: (detail: RecoveryDetail) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<RecoveryDetail>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function details(item: RecoveryItem, loadDetail: Load | null, onZoom: jest.Mock = jest.fn()): React.ReactElement {
  return (
    <RecoveryDetails
      item={item}
      model={modelOf([item])}
      nowMs={START_MS + 60_000}
      width={1000}
      timeZone="utc"
      onZoom={onZoom}
      loadDetail={loadDetail}
    />
  );
}

const fact = (name: string): string | null | undefined => screen.queryByText(name)?.nextElementSibling?.textContent;

describe('RecoveryDetails', () => {
  it('tells facts and course once they are there', async () => {
    const item = itemOf({
      fromHost: 'host-a',
      toHost: 'host-b',
      probability: 0.834,
      phases: [{ name: 'detect', startMs: 0, endMs: 200 }],
    });
    render(details(item, async (id) => detailOf(id)));
    expect(screen.getByText('Loading details…')).toBeInTheDocument();
    expect(await screen.findByText('Attempt 1: start on host-a, ordered by policy')).toBeInTheDocument();
    expect(screen.queryByText('Loading details…')).not.toBeInTheDocument();
    expect(fact('Alert')).toBe('DomainCrashed, firing since 2026-11-22 03:00:01');
    expect(fact('Forecast at detection')).toBe('failure probability 83%');
    expect(fact('Host')).toBe('host-a → host-b');
    expect(fact('Acknowledged by')).toBe('ada, 2026-11-22 03:00:05');
    expect(fact('Fault')).toBe('Killed or crashed (domain_crashed)');
    expect(fact('Time was spent on')).toBe('detecting 200 ms');
    expect(screen.getByText('create').closest('li')).toHaveTextContent(
      '+1.7 screatefailed: internal error: no disktook 200 ms'
    );
  });

  it('says why it waits, and until when', async () => {
    const hold = { reason: 'blast_radius', why: 'many at once', retryAtMs: START_MS + 60_000 };
    render(
      details(itemOf({ status: 'in_progress', endMs: null, state: 'open' }), async (id) =>
        detailOf(id, { hold, closedAtMs: null })
      )
    );
    expect(await screen.findByText('Waits because of')).toBeInTheDocument();
    expect(fact('Waits because of')).toBe('blast radius, until 2026-11-22 03:01:00');
    expect(fact('Over')).toBe('not yet');
    expect(fact('State')).toBe('open');
  });

  it('says what is missing where the source has no details, and how to get them', () => {
    render(details(itemOf(), null));
    expect(screen.getByText(/add the virtmedic data source to Grafana/)).toBeInTheDocument();
    expect(fact('Fault')).toBe('Killed or crashed (domain_crashed)');
  });

  it('says what went wrong and asks again when told to', async () => {
    const load = jest
      .fn<Promise<RecoveryDetail>, [string]>()
      .mockRejectedValueOnce({ status: 502 })
      .mockImplementation(async (id) => detailOf(id));
    render(details(itemOf(), load));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The details could not be loaded.Grafana cannot reach the data source (502)'
    );
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Ended: recovered')).toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(load).toHaveBeenCalledTimes(2);
  });

  it.each([null, undefined, {}, 'html'])('takes %p for no answer', async (answer) => {
    render(details(itemOf(), async () => answer as unknown as RecoveryDetail));
    expect(await screen.findByRole('alert')).toHaveTextContent('The answer holds no recovery.');
  });

  it('takes a loader that throws for one that failed', async () => {
    render(
      details(itemOf(), () => {
        throw new Error('not ready');
      })
    );
    expect(await screen.findByRole('alert')).toHaveTextContent('not ready');
  });

  it('moves the dashboard to the incident', async () => {
    const onZoom = jest.fn();
    render(details(itemOf(), null, onZoom));
    await userEvent.click(screen.getByRole('button', { name: 'Show this time' }));
    expect(onZoom).toHaveBeenCalledWith(START_MS - 30_000, START_MS + 34_200);
  });

  it('offers the links that are configured on the fields', () => {
    const host: Field = { name: 'host', type: FieldType.string, config: {}, values: ['host-a'] };
    host.getLinks = () => [{ href: '/d/host', title: '<b>Host</b>', target: '_blank', origin: host }];
    render(details(itemOf({ fields: { host } }), null));
    expect(screen.getByRole('link', { name: '<b>Host</b>' })).toHaveAttribute('href', '/d/host');
  });
});

describe('answers', () => {
  const running = itemOf({ status: 'in_progress', endMs: null, state: 'executing' });
  const named = (text: string): RecoveryDetail => ({
    ...detailOf('r'),
    decisions: [{ atMs: START_MS, kind: 'act', reason: text, why: '' }],
  });

  it('are asked for anew when the item changes, keeping the old meanwhile; late ones are ignored', async () => {
    const first = deferred();
    const second = deferred();
    const load = jest
      .fn<Promise<RecoveryDetail>, [string]>()
      .mockReturnValueOnce(first.promise)
      .mockReturnValueOnce(second.promise);
    const { rerender } = render(details(running, load));
    rerender(details({ ...running, state: 'verifying' }, load));
    expect(load).toHaveBeenCalledTimes(2);
    await act(async () => second.resolve(named('new')));
    await act(async () => first.resolve(named('stale')));
    expect(screen.getByText('Decided to act: new')).toBeInTheDocument();

    const third = deferred();
    load.mockReturnValueOnce(third.promise);
    rerender(details({ ...running, status: 'recovered', endMs: START_MS + 9000, state: '' }, load));
    expect(screen.getByText('Decided to act: new')).toBeInTheDocument();
    await act(async () => third.reject(new Error('gone')));
    expect(screen.getByRole('alert')).toHaveTextContent('gone');
    expect(screen.getByText('Decided to act: new')).toBeInTheDocument();
  });

  it('are not asked for again by time alone, nor by a loader that is another function', async () => {
    const load = jest.fn<Promise<RecoveryDetail>, [string]>(async (id) => detailOf(id));
    const { rerender } = render(details(running, (id) => load(id)));
    await screen.findByText('Incident opened');
    rerender(details({ ...running }, (id) => load(id)));
    rerender(details({ ...running, row: 5 }, (id) => load(id)));
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('of another recovery never show', async () => {
    const first = deferred();
    const load = jest
      .fn<Promise<RecoveryDetail>, [string]>()
      .mockReturnValueOnce(first.promise)
      .mockReturnValueOnce(new Promise(() => undefined));
    const { rerender } = render(details(running, load));
    rerender(details(itemOf({}, 1), load));
    await act(async () => first.resolve(named('of the first')));
    expect(screen.queryByText('Decided to act: of the first')).not.toBeInTheDocument();
    expect(screen.getByText('Loading details…')).toBeInTheDocument();
  });

  it('of the recovery before are gone when another is shown', async () => {
    const { rerender } = render(details(running, async () => named('of the first')));
    await screen.findByText('Decided to act: of the first');
    rerender(details(itemOf({}, 1), () => new Promise(() => undefined)));
    expect(screen.queryByText('Decided to act: of the first')).not.toBeInTheDocument();
    expect(screen.getByText('Loading details…')).toBeInTheDocument();
  });

  it('are asked of the loader of now', async () => {
    const { rerender } = render(details(running, async () => named('of the old loader')));
    await screen.findByText('Decided to act: of the old loader');
    rerender(details({ ...running, state: 'verifying' }, async () => named('of the new loader')));
    expect(await screen.findByText('Decided to act: of the new loader')).toBeInTheDocument();
  });

  it('that come when the row is closed do no harm', async () => {
    const first = deferred();
    const error = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { unmount } = render(details(running, () => first.promise));
    unmount();
    await act(async () => first.reject(new Error('late')));
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });
});
