import { CoreApp, LoadingState, type DataQueryResponse } from '@grafana/data';
import type { Subscription } from 'rxjs';
import { openIncident, sampleRecovery, T0 } from '../../api/samples';
import { fakeVirtmedic, ok, type FakeVirtmedic } from '../testing/fakeVirtmedic';
import { column, datasource, frameOf, HOUR_MS, request } from '../testing/request';
import type { VirtmedicQuery } from '../types';

const EVENTS = '/api/v1/events';
const LIST = '/api/v1/recoveries';
const down = () => ({ status: 502, body: '' });

let fake: FakeVirtmedic;
let source: ReturnType<typeof datasource>;
const subscriptions: Subscription[] = [];

beforeEach(() => {
  jest.useFakeTimers({ now: T0 + 60_000 });
  fake = fakeVirtmedic({ recoveries: [sampleRecovery()] });
  source = datasource();
});

afterEach(() => {
  subscriptions.splice(0).forEach((subscription) => subscription.unsubscribe());
  hide(false);
  expect(jest.getTimerCount()).toBe(0);
  expect(fake.running).toBe(0);
  jest.useRealTimers();
});

/** What a panel is given, in order. */
function open(
  targets: Array<Partial<VirtmedicQuery>> = [{}],
  options: Parameters<typeof request>[1] = {}
): DataQueryResponse[] {
  const answers: DataQueryResponse[] = [];
  subscriptions.push(source.query(request(targets, options)).subscribe((answer) => answers.push(answer)));
  return answers;
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const asked = (path: string) => fake.requests.filter(({ pathname }) => pathname.endsWith(path)).length;
const newest = (answers: DataQueryResponse[]) => frameOf(answers.at(-1) ?? { data: [] });
const ids = (answers: DataQueryResponse[]) => column(newest(answers), 'id');
const live = (answers: DataQueryResponse[]): unknown => newest(answers).meta?.custom?.virtmedic.live;

function hide(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('a live query', () => {
  it('gives the list, then each change, by id', async () => {
    const answers = open();
    await pass(100);
    expect(answers).toHaveLength(1);
    expect(answers[0]?.state).toBe(LoadingState.Streaming);
    expect(live(answers)).toBe('following');
    const began = openIncident({ id: 'r2', openedAtMs: T0 + 61_000, faultAtMs: T0 + 60_900 });
    fake.change(began);
    await pass(1100);
    expect(ids(answers)).toEqual(['r2', 'r1']);
    expect(column(newest(answers), 'timeEnd')).toEqual([null, T0 + 8000]);
    fake.change({ ...began, state: 'closed', closedAtMs: T0 + 65_000, outcome: 'failed' });
    await pass(1100);
    expect(ids(answers)).toEqual(['r2', 'r1']);
    expect(column(newest(answers), 'outcome')).toEqual(['failed', 'recovered']);
    expect(newest(answers).meta?.custom?.virtmedic.last).toMatchObject({ id: 'r2', outcome: 'failed' });
    expect(asked(LIST)).toBe(1);
  });

  it('gives nothing anew while nothing changes', async () => {
    const answers = open();
    await pass(10_000);
    expect(answers).toHaveLength(1);
    expect(asked(EVENTS)).toBeGreaterThan(8);
  });

  it('misses nothing that changes while the list is on its way', async () => {
    const before = fake.recoveries;
    fake.override.set(LIST, () => ok({ items: before, nextCursor: null }));
    fake.delayMs.set(LIST, 2500);
    const answers = open();
    await pass(200);
    fake.change(openIncident({ id: 'between', openedAtMs: T0 + 60_500 }));
    await pass(5000);
    expect(answers).toHaveLength(1);
    expect(ids(answers)).toEqual(['between', 'r1']);
  });

  it('has what began between the request and the list', async () => {
    fake.recoveries.push(openIncident({ id: 'r2', openedAtMs: T0 + 60_003 }));
    const answers = open();
    await pass(100);
    expect(ids(answers)).toEqual(['r2', 'r1']);
  });

  it('drops what is no longer asked for', async () => {
    const answers = open([{ kind: 'incidents' }, { fault: 'domain_hung' }, { outcome: 'recovered' }]);
    const incident = openIncident({ id: 'r2', fault: 'domain_hung', openedAtMs: T0 + 60_000 });
    await pass(100);
    fake.change(incident);
    await pass(1100);
    const shown = () => (answers.at(-1)?.data ?? []).map((frame) => column(frame, 'id'));
    expect(shown()).toEqual([['r2'], ['r2'], ['r1']]);
    fake.change({
      ...incident,
      fault: 'domain_crashed',
      closedAtMs: T0 + 62_000,
      state: 'closed',
      outcome: 'recovered',
    });
    await pass(1100);
    expect(shown()).toEqual([[], [], ['r2', 'r1']]);
    fake.change({
      ...incident,
      id: 'r0',
      fault: 'domain_hung',
      openedAtMs: T0 - 9 * HOUR_MS,
      closedAtMs: T0 - 8 * HOUR_MS,
    });
    await pass(1100);
    expect(shown()).toEqual([[], [], ['r2', 'r1']]);
  });

  it('keeps to its limit', async () => {
    const answers = open([{ limit: 2 }]);
    await pass(100);
    for (const second of [61, 62, 63]) {
      fake.change(openIncident({ id: `r${second}`, openedAtMs: T0 + second * 1000 }));
    }
    await pass(1100);
    expect(ids(answers)).toEqual(['r63', 'r62']);
    expect(newest(answers).meta?.custom?.virtmedic.truncated).toBe(true);
  });

  it('lists anew when changes were lost', async () => {
    const answers = open();
    await pass(100);
    fake.recoveries = [sampleRecovery({ id: 'other' })];
    fake.forgetCursors();
    await pass(1100);
    expect(ids(answers)).toEqual(['other']);
    expect(asked(LIST)).toBe(2);
  });

  it('shares one poll with the other panels, of which each may come and go', async () => {
    open();
    await pass(500);
    const late = open();
    await pass(5000);
    expect(asked(EVENTS)).toBeLessThanOrEqual(6);
    expect(ids(late)).toEqual(['r1']);
    subscriptions[0]?.unsubscribe();
    fake.change(openIncident({ id: 'r2', openedAtMs: T0 + 60_500 }));
    await pass(1100);
    expect(ids(late)).toEqual(['r2', 'r1']);
  });

  it('stops when nobody looks any more, and begins anew', async () => {
    open();
    await pass(2500);
    subscriptions.splice(0).forEach((subscription) => subscription.unsubscribe());
    const before = fake.requests.length;
    await pass(60_000);
    expect(fake.requests.length).toBe(before);
    expect(jest.getTimerCount()).toBe(0);
    const answers = open();
    await pass(100);
    expect(fake.requests[before]?.searchParams.has('cursor')).toBe(false);
    expect(ids(answers)).toEqual(['r1']);
  });

  it('pauses while the page is hidden, and asks at once when it is seen', async () => {
    const answers = open();
    await pass(1100);
    hide(true);
    await pass(2000);
    const before = asked(EVENTS);
    fake.change(openIncident({ id: 'r2', openedAtMs: T0 + 60_500 }));
    await pass(60_000);
    expect(asked(EVENTS)).toBe(before);
    hide(false);
    await pass(10);
    expect(ids(answers)).toEqual(['r2', 'r1']);
    hide(false);
    await pass(10);
    expect(asked(EVENTS)).toBe(before + 1);
  });
});

describe('a live query of which virtmedic goes away', () => {
  it('keeps what it has, says so, tries less and less often, and goes on', async () => {
    const answers = open();
    await pass(100);
    fake.override.set(EVENTS, down);
    await pass(1100);
    expect(ids(answers)).toEqual(['r1']);
    expect(live(answers)).toBe('interrupted');
    expect(newest(answers).meta?.notices?.[0]).toMatchObject({
      severity: 'warning',
      text: expect.stringContaining('cannot reach virtmedic'),
    });
    expect(answers.at(-1)?.state).toBe(LoadingState.Streaming);

    const times: number[] = [];
    fake.override.set(EVENTS, () => {
      times.push(Date.now());
      return down();
    });
    await pass(200_000);
    const gaps = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 1000));
    expect(gaps.slice(0, 3)).toEqual([4, 8, 16]);
    expect(Math.max(...gaps)).toBe(30);

    fake.override.clear();
    fake.change(openIncident({ id: 'r2', openedAtMs: T0 + 60_500 }));
    await pass(31_000);
    expect(ids(answers)).toEqual(['r2', 'r1']);
    expect(live(answers)).toBe('following');
    expect(newest(answers).meta?.notices).toEqual([]);
  });

  it('says when it is back though nothing has changed', async () => {
    const answers = open();
    await pass(100);
    fake.override.set(EVENTS, down);
    await pass(1100);
    fake.override.clear();
    await pass(3000);
    expect(live(answers)).toBe('following');
    expect(asked(LIST)).toBe(1);
  });

  it('shows an error where there is nothing yet, and the list as soon as there is one', async () => {
    fake.override.set(EVENTS, down).set(LIST, down);
    const answers = open();
    await pass(100);
    expect(answers.at(-1)).toMatchObject({
      data: [],
      state: LoadingState.Error,
      errors: [{ refId: 'A', status: 502 }],
    });
    fake.override.clear();
    await pass(5000);
    expect(ids(answers)).toEqual(['r1']);
    expect(live(answers)).toBe('following');
    expect(answers.at(-1)?.state).toBe(LoadingState.Streaming);
  });

  it('still lists where only the changes fail', async () => {
    fake.override.set(EVENTS, () => ({
      status: 404,
      body: { title: 'Not Found', detail: 'There is nothing at /api/v1/events.' },
    }));
    const answers = open();
    await pass(100);
    expect(ids(answers)).toEqual(['r1']);
    expect(live(answers)).toBe('interrupted');
  });

  it('repeats a list that fails, less and less often', async () => {
    fake.override.set(LIST, down);
    const answers = open();
    await pass(60_000);
    expect(asked(LIST)).toBeGreaterThanOrEqual(4);
    expect(asked(LIST)).toBeLessThanOrEqual(7);
    fake.override.clear();
    await pass(31_000);
    expect(ids(answers)).toEqual(['r1']);
    expect(answers.at(-1)?.errors).toBeUndefined();
  });

  it('begins anew where its cursor is refused', async () => {
    const answers = open();
    await pass(100);
    fake.override.set(EVENTS, () => ({ status: 400, body: { detail: 'cursor' } }));
    await pass(1100);
    fake.override.clear();
    fake.recoveries = [sampleRecovery({ id: 'other' })];
    await pass(3000);
    expect(ids(answers)).toEqual(['other']);
  });

  it('survives answers that are none', async () => {
    const answers = open();
    await pass(100);
    fake.override.set(EVENTS, () => ok('<html>Login</html>'));
    await pass(1100);
    expect(live(answers)).toBe('interrupted');
    fake.override.set(EVENTS, () => ok({ items: [null, { id: 5 }, []], nextCursor: '7', reset: 'no' }));
    await pass(3000);
    expect(live(answers)).toBe('following');
    expect(ids(answers)).toEqual(['r1']);
  });
});

describe('a query is not live', () => {
  const inPast = { raw: { from: '2026-01-31', to: '2026-02-01' } };
  const endsBefore = { raw: { from: 'now-2h', to: 'now-1h' } };
  it.each([
    ['in Explore', {}, { app: CoreApp.Explore }],
    ['where it says so', { live: false }, {}],
    ['where the range has ended', { live: true }, inPast],
    ['where the range ends before now', { live: true }, endsBefore],
    ['for hosts', { kind: 'hosts' as const, live: true }, {}],
  ])('%s', async (_name, target, options) => {
    const answers = open([target], options);
    await pass(5000);
    expect(answers).toEqual([expect.objectContaining({ state: LoadingState.Done })]);
    expect(asked(EVENTS)).toBe(0);
    expect(subscriptions[0]?.closed).toBe(true);
  });

  it('but may be so in Explore too', async () => {
    const answers = open([{ live: true }], { app: CoreApp.Explore });
    await pass(100);
    expect(live(answers)).toBe('following');
  });
});
