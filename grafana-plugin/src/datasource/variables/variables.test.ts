import type { DataQueryRequest } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { FAULTS, OUTCOMES } from '../../api/vocabulary';
import { sampleApp, sampleDomain, sampleHost, sampleRecovery } from '../../api/samples';
import { fakeVirtmedic, type FakeVirtmedic } from '../testing/fakeVirtmedic';
import { datasource } from '../testing/request';
import type { VirtmedicVariableQuery } from '../types';
import { parseVariableQuery } from './values';

const query = (given: Partial<VirtmedicVariableQuery>) =>
  ({ refId: 'v', list: 'hosts', ...given }) as VirtmedicVariableQuery;
const values = async (
  given: Parameters<ReturnType<typeof datasource>['metricFindQuery']>[0],
  variables?: Record<string, string | string[]>
) => (await datasource(variables).metricFindQuery(given)).map(({ value }) => value);

let fake: FakeVirtmedic;
beforeEach(() => {
  fake = fakeVirtmedic({
    hosts: ['h10', 'h2', 'h1'].map((name) => sampleHost({ name })),
    domains: [
      sampleDomain({ name: 'web', apps: [sampleApp(), sampleApp({ name: 'cache' })] }),
      sampleDomain({ name: 'db', host: 'h2', apps: [sampleApp({ name: 'postgres' })] }),
      sampleDomain({ name: 'web', host: 'h10' }),
    ],
    recoveries: [sampleRecovery({ fault: 'rpc_missing' }), sampleRecovery({ id: 'r2' })],
  });
});

describe('values of variables', () => {
  it('are hosts and domains, each once, in order', async () => {
    expect(await values(query({}))).toEqual(['h1', 'h2', 'h10']);
    expect(await values(query({ list: 'domains' }))).toEqual(['db', 'web']);
  });

  it('are the domains of a host, of several, of all', async () => {
    expect(await values(query({ list: 'domains', host: 'h2' }))).toEqual(['db']);
    expect(await values(query({ list: 'domains', host: '$h' }), { h: ['h1', 'h2'] })).toEqual(['db', 'web']);
    expect(await values(query({ list: 'domains', host: '$h' }), { h: ['$__all'] })).toEqual(['db', 'web']);
    expect(fake.requests.map(({ search }) => search)).toEqual(['?host=h2', '', '']);
  });

  it('are the applications of a host, and of all', async () => {
    expect(await values('apps($h)', { h: 'h2' })).toEqual(['postgres']);
    expect(await values(query({ list: 'apps' }))).toEqual(['cache', 'nginx', 'postgres']);
  });

  it('are faults, also such as this version does not know, and outcomes', async () => {
    expect(await values(query({ list: 'faults' }))).toEqual([...FAULTS, 'rpc_missing']);
    expect(await values(query({ list: 'outcomes' }))).toEqual(OUTCOMES);
  });

  it.each([
    ['hosts', { list: 'hosts' }],
    [' domains( $h ) ', { list: 'domains', host: '$h' }],
    ['outcomes', { list: 'outcomes' }],
    ['label_values(up)', { list: 'hosts', host: 'up' }],
    ['', { list: 'hosts' }],
    [undefined, { list: 'hosts' }],
    [null, { list: 'hosts' }],
    [{ list: 'spells', host: 7 }, { list: 'hosts' }],
  ])('may be asked for as %j', (given, parsed) => {
    expect(parseVariableQuery(given)).toEqual(parsed);
  });

  it('come to Grafana through the variable support', async () => {
    const { variables } = datasource();
    const request = {
      targets: [query({ list: 'outcomes' })],
      scopedVars: {},
    } as unknown as DataQueryRequest<VirtmedicVariableQuery>;
    const { data } = await lastValueFrom(variables.query(request));
    expect(data[0]).toEqual({ text: 'recovered', value: 'recovered' });
  });

  it('fail with what is wrong', async () => {
    fake.override.set('/api/v1/hosts', () => ({ status: 502, body: '' }));
    await expect(values(query({}))).rejects.toMatchObject({ kind: 'unreachable' });
  });
});
