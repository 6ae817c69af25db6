import { CoreApp, FieldType, LoadingState, type DataQueryResponse } from '@grafana/data';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import {
  openIncident,
  sampleApp,
  sampleDomain,
  sampleForecast,
  sampleHost,
  sampleRecovery,
  sentProcess,
  T0,
} from '../api/samples';
import type { Recovery } from '../api/types';
import { APP_FIELD, FIELD, PROCESS_FIELD } from '../frames/names';
import { fakeVirtmedic, ok } from './testing/fakeVirtmedic';
import { column, datasource, frameOf, HOUR_MS, request } from './testing/request';
import type { VirtmedicQuery } from './types';

const ONCE = { app: CoreApp.Explore };
const ask = (
  targets: Array<Partial<VirtmedicQuery>>,
  variables?: Record<string, string | string[]>
): Promise<DataQueryResponse> => lastValueFrom(datasource(variables).query(request(targets, ONCE)));

const target = (name: string, host = 'h1') => ({ kind: 'domain' as const, uuid: `uuid-of-${name}`, name, host });
const many = (count: number): Recovery[] =>
  Array.from({ length: count }, (_, index) =>
    sampleRecovery({ id: `r${index}`, openedAtMs: T0 - index, faultAtMs: T0 - index })
  );

describe('recoveries', () => {
  it('come as the frame that panels read', async () => {
    fakeVirtmedic({
      recoveries: [sampleRecovery(), openIncident({ id: 'r2', openedAtMs: T0 + 9000, faultAtMs: T0 + 9000 })],
    });
    const answer = await ask([{}]);
    const frame = frameOf(answer);
    expect(answer.state).toBe(LoadingState.Done);
    expect(frame.name).toBe('recoveries');
    expect(frame.refId).toBe('A');
    expect(frame.fields.map(({ name }) => name)).toEqual(Object.values(FIELD));
    expect(frame.meta).toMatchObject({ preferredVisualisationType: 'table', notices: [] });
    expect(frame.meta?.custom).toEqual({
      virtmedic: {
        kind: 'recoveries',
        truncated: false,
        last: {
          id: 'r1',
          host: 'h1',
          domain: 'web-1',
          app: '',
          fault: 'domain_crashed',
          outcome: 'recovered',
          startMs: T0,
          endMs: T0 + 8000,
        },
      },
    });
    expect(column(frame, 'id')).toEqual(['r2', 'r1']);
    expect(column(frame, 'time')).toEqual([T0 + 9000, T0]);
    expect(column(frame, 'timeEnd')).toEqual([null, T0 + 8000]);
    expect(column(frame, 'outcome')).toEqual([null, 'recovered']);
    expect(column(frame, 'text')).toEqual(['waits for its alert', 'started again']);
    expect(column(frame, 'actions')).toEqual([null, 'start, restart']);
    expect(column(frame, 'durationMs')).toEqual([null, 8000]);
  });

  it('have types, units and names for people', async () => {
    fakeVirtmedic({ recoveries: [sampleRecovery()] });
    const { fields } = frameOf(await ask([{}]));
    const field = (name: string) => fields.find((one) => one.name === name);
    expect(field('time')?.type).toBe(FieldType.time);
    expect(field('timeEnd')?.type).toBe(FieldType.time);
    expect(fields.filter(({ name }) => name.endsWith('Ms')).map(({ type, config }) => [type, config.unit])).toEqual(
      Array.from({ length: 5 }, () => [FieldType.number, 'ms'])
    );
    expect(field('probability')?.config).toMatchObject({ unit: 'percentunit', min: 0, max: 1 });
    expect(new Set(fields.map(({ config }) => config.displayNameFromDS)).size).toBe(fields.length);
  });

  it('are asked for with the range, also what began before it', async () => {
    const { requests } = fakeVirtmedic();
    await ask([{}]);
    const ended = request([{}], { ...ONCE, raw: { from: 'now-2h', to: 'now-1h' } });
    await lastValueFrom(datasource().query(ended));
    const [upToNow, inPast] = requests.filter(({ searchParams }) => searchParams.has('from'));
    const from = { from: String(T0 + 60_000 - HOUR_MS), overlapping: 'true', limit: '1000' };
    expect(Object.fromEntries(upToNow?.searchParams ?? [])).toEqual(from);
    expect(Object.fromEntries(inPast?.searchParams ?? [])).toEqual({ ...from, to: String(T0 + 60_000) });
  });

  it('come page by page up to the limit, and it is said that there are more', async () => {
    const fake = fakeVirtmedic({ recoveries: many(2500) });
    const whole = frameOf(await ask([{ limit: 20_000 }]));
    expect(column(whole, 'id')).toEqual(many(2500).map(({ id }) => id));
    expect(whole.meta?.custom?.virtmedic.truncated).toBe(false);
    fake.requests.length = 0;
    const cut = frameOf(await ask([{ limit: 1500 }]));
    expect(cut.length).toBe(1500);
    expect(cut.meta?.custom?.virtmedic.truncated).toBe(true);
    expect(cut.meta?.notices?.[0]?.text).toContain('1500');
    expect(fake.requests.filter(({ searchParams }) => searchParams.has('from'))).toHaveLength(2);
  });

  it.each([undefined, 0, -1, NaN, 'many', null])('come in a thousand where the limit is %p', async (limit) => {
    fakeVirtmedic({ recoveries: many(1001) });
    expect(frameOf(await ask([{ limit: limit as number }])).length).toBe(1000);
  });

  it('never are more than 20,000', async () => {
    fakeVirtmedic({ recoveries: many(20_100) });
    expect(frameOf(await ask([{ limit: 1e9 }])).length).toBe(20_000);
  });

  it('are filtered by each value of a variable', async () => {
    const fake = fakeVirtmedic({
      recoveries: ['a', 'b', 'c'].map((name) => sampleRecovery({ id: name, target: target(name) })),
    });
    const frame = frameOf(
      await ask([{ domain: '$vm', host: 'h1', outcome: '{recovered,failed}' }], { vm: ['a', 'c'] })
    );
    expect(column(frame, 'domain')).toEqual(['c', 'a']);
    const { searchParams } = fake.requests[0] ?? new URL('about:blank');
    expect(searchParams.getAll('domain')).toEqual(['a', 'c']);
    expect(searchParams.getAll('outcome')).toEqual(['recovered', 'failed']);
    expect(searchParams.getAll('host')).toEqual(['h1']);
  });

  it.each(['', '.*', '$__all', '*'])('are all there for the value %j', async (value) => {
    const fake = fakeVirtmedic({ recoveries: [sampleRecovery()] });
    expect(frameOf(await ask([{ domain: '$vm' }], { vm: [value] })).length).toBe(1);
    expect(fake.requests[0]?.searchParams.has('domain')).toBe(false);
  });

  it('are filtered here where there are more values than virtmedic takes', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `vm-${index}`);
    fakeVirtmedic({
      recoveries: [...names, 'other'].map((name) => sampleRecovery({ id: name, target: target(name) })),
    });
    const { data, errors } = await ask([{ domain: '$vm' }], { vm: names });
    expect(errors).toBeUndefined();
    expect(new Set(column(data[0], 'domain'))).toEqual(new Set(names));
  });

  it('tell the last one where the range has none, whatever its age', async () => {
    const old = sampleRecovery({
      id: 'old',
      openedAtMs: T0 - 90 * 24 * HOUR_MS,
      faultAtMs: T0 - 90 * 24 * HOUR_MS,
      closedAtMs: T0 - 90 * 24 * HOUR_MS + 4000,
    });
    const fake = fakeVirtmedic({ recoveries: [old] });
    const frame = frameOf(await ask([{}]));
    expect(frame.length).toBe(0);
    expect(frame.meta?.custom?.virtmedic.last).toMatchObject({ id: 'old', endMs: old.closedAtMs });
    expect(fake.requests[1]?.searchParams.get('limit')).toBe('1');
    expect(fake.requests[1]?.searchParams.has('from')).toBe(false);
  });

  it('end at a server that gives the same cursor for ever', async () => {
    const fake = fakeVirtmedic();
    fake.override.set('/api/v1/recoveries', () => ok({ items: [], nextCursor: 'again' }));
    expect(frameOf(await ask([{}])).length).toBe(0);
    let page = 0;
    fake.override.set('/api/v1/recoveries', () => ok({ items: [], nextCursor: `page ${page++}` }));
    expect(frameOf(await ask([{}])).meta?.custom?.virtmedic.truncated).toBe(true);
  });

  it('are left out where nothing can be made of them, and that is said', async () => {
    const fake = fakeVirtmedic();
    fake.override.set('/api/v1/recoveries', () => ok({ items: [null, 'x', sampleRecovery()], nextCursor: null }));
    const frame = frameOf(await ask([{}]));
    expect(frame.length).toBe(1);
    expect(frame.meta?.notices).toEqual([{ severity: 'warning', text: expect.stringContaining('2') }]);
  });
});

describe('other kinds', () => {
  it('incidents are those in progress, whenever they began', async () => {
    const old = T0 - 48 * HOUR_MS;
    fakeVirtmedic({
      recoveries: [
        sampleRecovery(),
        openIncident({ id: 'r2', faultAtMs: old, openedAtMs: old }),
        openIncident({ id: 'r3', target: target('db-1', 'h2') }),
      ],
    });
    const all = frameOf(await ask([{ kind: 'incidents' }]));
    expect(all.name).toBe('recoveries');
    expect(column(all, 'id')).toEqual(['r3', 'r2']);
    expect(column(frameOf(await ask([{ kind: 'incidents', host: 'h2' }])), 'id')).toEqual(['r3']);
  });

  it('hosts are a table with times', async () => {
    fakeVirtmedic({
      hosts: [sampleHost(), sampleHost({ name: 'h2', state: 'unreachable', error: 'refused', heardAtMs: null })],
    });
    const frame = frameOf(await ask([{ kind: 'hosts' }]));
    expect(column(frame, 'host')).toEqual(['h1', 'h2']);
    expect(column(frame, 'heardAt')).toEqual([T0, null]);
    expect(frame.fields.find(({ name }) => name === 'heardAt')?.type).toBe(FieldType.time);
    expect(frame.meta?.preferredVisualisationType).toBe('table');
    expect(column(frameOf(await ask([{ kind: 'hosts', host: '$h' }], { h: ['h2'] })), 'error')).toEqual(['refused']);
  });

  it('domains are a table with times, of one host or several', async () => {
    const fake = fakeVirtmedic({
      domains: ['h1', 'h2', 'h3'].map((host) => sampleDomain({ name: `web-${host}`, host })),
    });
    const frame = frameOf(await ask([{ kind: 'domains' }]));
    expect(column(frame, 'domain')).toEqual(['web-h1', 'web-h2', 'web-h3']);
    expect(column(frame, 'managed')).toEqual([true, true, true]);
    expect(frame.fields.find(({ name }) => name === 'since')?.type).toBe(FieldType.time);
    expect(frameOf(await ask([{ kind: 'domains', host: '$h' }], { h: ['h1', 'h3'] })).length).toBe(2);
    expect(frameOf(await ask([{ kind: 'domains', host: 'h2' }])).length).toBe(1);
    expect(fake.requests.at(-1)?.search).toBe('?host=h2');
  });
});

describe('applications', () => {
  const faulty = sampleApp({
    name: 'cache',
    state: 'faulty',
    fault: 'app_down',
    sinceMs: T0,
    evidence: ['absent: no process in 2 lists', 'x'],
  });
  const some = () =>
    fakeVirtmedic({
      domains: [
        sampleDomain({ apps: [sampleApp(), faulty] }),
        sampleDomain({
          name: 'db-1',
          uuid: 'u2',
          host: 'h2',
          apps: [sampleApp({ name: 'postgres', state: 'unknown', processes: null, backlogs: [] })],
        }),
      ],
    });

  it('are a table, those that need somebody first', async () => {
    some();
    const { data, state } = await ask([{ kind: 'apps' }]);
    expect(state).toBe(LoadingState.Done);
    const frame = frameOf({ data });
    expect(frame).toMatchObject({ name: 'apps', meta: { notices: [], custom: { virtmedic: { kind: 'apps' } } } });
    expect(frame.fields.map(({ name }) => name)).toEqual(Object.values(APP_FIELD));
    expect(new Set(frame.fields.map(({ config }) => config.displayNameFromDS)).size).toBe(frame.fields.length);
    expect(column(frame, 'app')).toEqual(['cache', 'postgres', 'nginx']);
    expect(column(frame, 'domain')).toEqual(['web-1', 'db-1', 'web-1']);
    expect(column(frame, 'state')).toEqual(['faulty', 'unknown', 'up']);
    expect(column(frame, 'fault')).toEqual(['app_down', null, null]);
    expect(column(frame, 'since')).toEqual([T0, null, null]);
    expect(column(frame, 'evidence')).toEqual(['absent: no process in 2 lists; x', null, null]);
    expect(column(frame, 'processes')).toEqual([3, null, 3]);
    expect(column(frame, 'backlog')).toEqual(['port 80: 0', null, 'port 80: 0']);
  });

  it('are filtered by host, domain and name', async () => {
    some();
    const found = async (query: Partial<VirtmedicQuery>) =>
      column(frameOf(await ask([{ kind: 'apps', ...query }], { a: ['cache', 'postgres'] })), 'app');
    expect(await found({ host: 'h2' })).toEqual(['postgres']);
    expect(await found({ domain: 'web-1' })).toEqual(['cache', 'nginx']);
    expect(await found({ app: '$a' })).toEqual(['cache', 'postgres']);
  });

  it('are none where none is declared, which is said', async () => {
    fakeVirtmedic({ domains: [sampleDomain()] });
    const frame = frameOf(await ask([{ kind: 'apps' }]));
    expect(frame.length).toBe(0);
    expect(frame.meta?.notices).toEqual([{ severity: 'info', text: expect.stringContaining('No application') }]);
  });

  it('are what recoveries and incidents can be asked for', async () => {
    const app = (name: string) => ({ ...target('web-1'), kind: 'app' as const, app: name });
    const recoveries = [
      sampleRecovery({ id: 'domain' }),
      sampleRecovery({ id: 'nginx', target: app('nginx'), fault: 'app_down' }),
      openIncident({ id: 'cache', target: app('cache'), fault: 'app_hung' }),
    ];
    const fake = fakeVirtmedic({ recoveries });
    const frame = frameOf(await ask([{ app: 'nginx' }]));
    expect([column(frame, 'id'), column(frame, 'app'), column(frame, 'domain')]).toEqual([
      ['nginx'],
      ['nginx'],
      ['web-1'],
    ]);
    expect(fake.requests[0]?.searchParams.getAll('app')).toEqual(['nginx']);
    expect(column(frameOf(await ask([{ kind: 'incidents', app: 'cache' }])), 'id')).toEqual(['cache']);
    expect(frameOf(await ask([{ kind: 'incidents', app: 'nginx' }])).length).toBe(0);
    expect(column(frameOf(await ask([{ domain: 'web-1' }])), 'id')).toHaveLength(3);
  });
});

describe('processes', () => {
  const some = () =>
    fakeVirtmedic({
      domains: [sampleDomain({ uuid: 'u1' }), sampleDomain({ name: 'db-1', uuid: 'u2', host: 'h2' })],
      processes: new Map([
        [
          'u1',
          [
            sentProcess(),
            sentProcess({ pid: 2, name: 'kthreadd', kernelThread: true, residentBytes: 0 }),
            sentProcess({ pid: 1, name: 'systemd', residentBytes: 9e6 }),
          ],
        ],
      ]),
    });

  it('of a domain are a table, the largest first, without threads of the kernel', async () => {
    const fake = some();
    const frame = frameOf(await ask([{ kind: 'processes', domain: '$d' }], { d: 'web-1' }));
    expect(fake.requests.map(({ pathname }) => pathname.split('/api/v1/')[1])).toEqual([
      'domains',
      'domains/u1/processes',
    ]);
    expect(frame).toMatchObject({ name: 'processes', meta: { notices: [] } });
    expect(frame.fields.map(({ name }) => name)).toEqual(Object.values(PROCESS_FIELD));
    expect(new Set(frame.fields.map(({ config }) => config.displayNameFromDS)).size).toBe(frame.fields.length);
    expect(column(frame, 'name')).toEqual(['systemd', 'nginx']);
    expect(Object.fromEntries(frame.fields.map(({ name, values }) => [name, values[1]]))).toMatchObject({
      host: 'h1',
      domain: 'web-1',
      pid: 412,
      cpuSeconds: 1.5,
      started: T0,
      residentBytes: 4_000_000,
      unit: 'nginx.service',
      commandLine: 'nginx: master process /usr/sbin/nginx',
      uuid: 'u1',
    });
    const all = frameOf(await ask([{ kind: 'processes', domain: 'web-1', kernelThreads: true }]));
    expect(column(all, 'pid')).toEqual([1, 412, 2]);
  });

  it('are not read of all guests: a domain has to be named', async () => {
    const fake = some();
    const frame = frameOf(await ask([{ kind: 'processes', host: 'h1' }]));
    expect(frame.meta?.notices).toEqual([{ severity: 'info', text: expect.stringContaining('name a domain') }]);
    expect(fake.requests).toEqual([]);
  });

  it('of a guest that cannot be read are told of in words of virtmedic, beside those of others', async () => {
    some();
    const answer = await ask([{ kind: 'processes', domain: '{web-1,db-1}' }]);
    expect(answer.state).toBe(LoadingState.Done);
    expect(frameOf(answer).length).toBe(2);
    expect(frameOf(answer).meta?.notices).toEqual([
      { severity: 'warning', text: 'The processes of db-1 are not known. no guest helper is configured' },
    ]);
  });

  it('are read of ten guests at most', async () => {
    const domains = Array.from({ length: 12 }, (_, n) => sampleDomain({ name: `vm-${n}`, uuid: `u${n}` }));
    const fake = fakeVirtmedic({ domains, processes: new Map(domains.map(({ uuid }) => [uuid, [sentProcess()]])) });
    const frame = frameOf(await ask([{ kind: 'processes', domain: '$d' }], { d: domains.map(({ name }) => name) }));
    expect(frame.length).toBe(10);
    expect(fake.requests).toHaveLength(11);
    expect(frame.meta?.notices?.[0]?.text).toContain('first 10');
  });

  it.each([
    [502, 'cannot reach virtmedic'],
    [401, 'does not know the token'],
  ])('fail where virtmedic cannot be asked: %i', async (status, said) => {
    some().override.set('/api/v1/domains/u1/processes', () => ({ status, body: '' }));
    const { errors } = await ask([{ kind: 'processes', domain: 'web-1' }]);
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining(said) })]);
  });

  it('of a hostile guest are bounded and shown as they are', async () => {
    const long = 'x'.repeat(1_000_000);
    const evil = { pid: -1, name: { toString: 'x' } };
    const fake = some();
    fake.processes.set('u1', [null, evil, sentProcess({ commandLine: long, name: '<b>' }), { pid: 7 }]);
    const frame = frameOf(await ask([{ kind: 'processes', domain: 'web-1' }]));
    expect(column(frame, 'pid')).toEqual([412, 7]);
    expect(column(frame, 'name')).toEqual(['<b>', null]);
    expect(String(column(frame, 'commandLine')[0]).length).toBeLessThanOrEqual(2000);
    expect(frame.meta?.notices?.[0]?.text).toContain('2 entries');
  });
});

describe('forecasts', () => {
  const forecast = sampleForecast();
  const some = () =>
    fakeVirtmedic({
      hosts: [sampleHost({ forecast: sampleForecast({ failing: false }) }), sampleHost({ name: 'h2' })],
      domains: [
        sampleDomain({ forecast }),
        sampleDomain({ name: 'db-1', uuid: 'u2', host: 'h2', forecast }),
        sampleDomain({ name: 'off', uuid: 'u3' }),
      ],
    });

  it('are a table of hosts and domains that have one', async () => {
    some();
    const { data, state } = await ask([{ kind: 'forecast' }]);
    expect(state).toBe(LoadingState.Done);
    expect(column(data[0], 'domain')).toEqual([null, 'web-1', 'db-1']);
    expect(column(data[0], 'host')).toEqual(['h1', 'h1', 'h2']);
    expect(data[0]).toMatchObject({ name: 'forecasts', meta: { notices: [] } });
  });

  it('are filtered by variables; by a domain without hosts', async () => {
    const fake = some();
    const frame = frameOf(await ask([{ kind: 'forecast', host: '$h' }], { h: ['h2'] }));
    expect([column(frame, 'host'), column(frame, 'domain')]).toEqual([['h2'], ['db-1']]);
    fake.requests.length = 0;
    expect(column(frameOf(await ask([{ kind: 'forecast', domain: '$d' }], { d: ['web-1', 'u2'] })), 'domain')).toEqual([
      'web-1',
      'db-1',
    ]);
    expect(fake.requests.map(({ pathname }) => pathname.endsWith('/domains'))).toEqual([true]);
  });

  it('are none where nothing is forecast, which is said', async () => {
    fakeVirtmedic({ hosts: [sampleHost()] });
    const frame = frameOf(await ask([{ kind: 'forecast' }]));
    expect(frame.length).toBe(0);
    expect(frame.meta?.notices).toEqual([{ severity: 'info', text: expect.stringContaining('There is no forecast') }]);
    fakeVirtmedic();
    expect(frameOf(await ask([{ kind: 'forecast' }])).meta?.notices).toEqual([]);
  });

  it('fail with what is wrong', async () => {
    const fake = some();
    fake.override.set('/api/v1/hosts', () => ({ status: 503, body: { title: 'Service Unavailable', detail: 'busy' } }));
    expect((await ask([{ kind: 'forecast' }])).errors?.[0]).toMatchObject({ status: 503 });
  });

  it('of a hostile answer are left out', async () => {
    const fake = some();
    const hostile = { ...sampleDomain(), forecast: { ...forecast, failureProbability: 'NaN', health: [] } };
    fake.override.set('/api/v1/domains', () => ok({ items: [hostile, { ...hostile, forecast: 'high' }, null] }));
    const frame = frameOf(await ask([{ kind: 'forecast', domain: 'web-1' }]));
    expect(frame.length).toBe(0);
    expect(frame.meta?.notices).toHaveLength(2);
  });
});

describe('several queries', () => {
  it('are answered together, without the hidden ones', async () => {
    fakeVirtmedic({ recoveries: [sampleRecovery()], hosts: [sampleHost()] });
    const { data, state } = await ask([{}, { kind: 'hosts' }, { kind: 'domains', hide: true }]);
    expect(data.map(({ refId }) => refId)).toEqual(['A', 'B']);
    expect(state).toBe(LoadingState.Done);
  });

  it('leave the others whole when one fails', async () => {
    const fake = fakeVirtmedic({ recoveries: [sampleRecovery()] });
    fake.override.set('/api/v1/hosts', () => ({
      status: 503,
      body: { title: 'Service Unavailable', detail: 'The store cannot write.' },
    }));
    const { data, errors, state } = await ask([{}, { kind: 'hosts' }]);
    expect(data).toHaveLength(1);
    expect(state).toBe(LoadingState.Error);
    expect(errors).toEqual([{ refId: 'B', status: 503, message: expect.stringContaining('The store cannot write.') }]);
  });

  it('may be none', async () => {
    fakeVirtmedic();
    expect(await ask([{ hide: true }])).toEqual({ data: [] });
  });
});

describe('what answers in the place of virtmedic', () => {
  it.each([
    ['<!doctype html><script>steal()</script>', 'web page'],
    ['', 'empty'],
    [{ status: 'success', data: [] }, 'another service'],
  ])('%j is told from it', async (body, said) => {
    const fake = fakeVirtmedic();
    fake.override.set('/api/v1/recoveries', () => ok(body));
    const { errors, data } = await ask([{}]);
    expect(data).toEqual([]);
    expect(errors?.[0]?.message).toContain(said);
    expect(errors?.[0]?.message).not.toContain('steal');
  });
});

describe('the data source', () => {
  it('sends nothing but GET', async () => {
    const fake = fakeVirtmedic({ recoveries: [sampleRecovery()] });
    const source = datasource();
    await lastValueFrom(source.query(request([{}, { kind: 'hosts' }, { kind: 'domains' }], ONCE)));
    await firstValueFrom(source.query(request([{ live: true }])));
    await source.testDatasource();
    await source.metricFindQuery('domains');
    await source.recovery('r1').catch(() => null);
    expect([...fake.methods]).toEqual(['GET']);
    expect(fake.requests.length).toBeGreaterThan(8);
  });

  it('gives one recovery with everything', async () => {
    const fake = fakeVirtmedic();
    fake.override.set('/api/v1/recoveries/a%2F..%2Fb', () =>
      ok({ incident: sampleRecovery(), attempts: [], steps: [], decisions: [] })
    );
    await expect(datasource().recovery('a/../b')).resolves.toMatchObject({
      incident: { id: 'r1' },
      timings: { totalMs: 8000 },
    });
    await expect(datasource().recovery('none')).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('gives requests up when nobody waits for them', () => {
    const fake = fakeVirtmedic();
    const subscription = datasource()
      .query(request([{}, { kind: 'hosts' }], ONCE))
      .subscribe();
    expect(fake.running).toBe(2);
    subscription.unsubscribe();
    expect(fake).toMatchObject({ running: 0, givenUp: 2 });
  });

  it('has defaults by where it is used', () => {
    expect(datasource().getDefaultQuery(CoreApp.Dashboard)).toEqual({ kind: 'recoveries', limit: 1000, live: true });
    expect(datasource().getDefaultQuery(CoreApp.Explore)).toMatchObject({ live: false });
  });

  it('runs no query of a kind that it does not know', () => {
    expect(datasource().filterQuery({ refId: 'A', kind: 'spells' as 'hosts' })).toBe(false);
    expect(datasource().filterQuery({ refId: 'A', kind: 'hosts' })).toBe(true);
  });

  it('shows queries as text, and replaces variables in them', () => {
    const query: VirtmedicQuery = { refId: 'A', kind: 'recoveries', host: '$h', fault: '' };
    expect(datasource().getQueryDisplayText(query)).toBe('recoveries · $h');
    expect(datasource({ h: ['h1', 'h2'] }).interpolateVariablesInQueries([query], {})).toEqual([
      { ...query, host: '{h1,h2}' },
    ]);
  });
});
