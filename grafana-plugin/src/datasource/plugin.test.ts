import { lastValueFrom } from 'rxjs';
import { sampleDomain } from '../api/samples';
import { DATASOURCE_ID } from '../constants';
import { fakeVirtmedic, PROXY_URL } from './testing/fakeVirtmedic';
import { datasource, request } from './testing/request';
import { plugin } from './module';
import description from './plugin.json';

/** As Grafana's data proxy finds the route: the first whose method is the same and whose path the asked path begins with. */
const routeOf = (method: string, path: string) =>
  description.routes.find((route) => route.method === method && path.startsWith(route.path));

describe('plugin.json', () => {
  it('is of this plugin', () => {
    expect(description).toMatchObject({ id: DATASOURCE_ID, type: 'datasource', metrics: true, annotations: true });
    expect(plugin.components).toMatchObject({ QueryEditor: expect.anything(), ConfigEditor: expect.anything() });
  });

  it('adds the token to every path that is asked for', async () => {
    const fake = fakeVirtmedic({ domains: [sampleDomain()] });
    const source = datasource();
    await lastValueFrom(source.query(request([{ live: false }, { kind: 'hosts' }, { kind: 'domains' }])));
    await lastValueFrom(source.query(request([{ kind: 'forecast' }, { kind: 'apps' }])));
    await lastValueFrom(source.query(request([{ kind: 'processes', domain: 'web-1' }])));
    await lastValueFrom(source.query(request([{ kind: 'incidents', live: false }])));
    await Promise.all([source.client.changes(null), source.client.version(), source.recovery('r1').catch(() => null)]);
    const paths = fake.requests.map(({ pathname }) => pathname.slice(PROXY_URL.length + 1));
    expect(new Set(paths).size).toBe(8);
    expect(paths.filter((path) => routeOf('GET', path) === undefined)).toEqual([]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'])('adds it to no %s', (method) => {
    expect(description.routes.some((route) => routeOf(method, route.path) !== undefined)).toBe(false);
  });

  it.each([
    '',
    'metrics',
    'api/v1/actions',
    'api/v1/pause',
    'api/v1/maintenance',
    'api/v1/alerts',
    'api/v1/settings',
    '-/reload',
    'api/v2/hosts',
  ])('adds it not to /%s', (path) => {
    expect(routeOf('GET', path)).toBeUndefined();
  });

  it('has the token in one header and nowhere else, and sends no route elsewhere', () => {
    for (const route of description.routes) {
      expect(Object.keys(route).sort()).toEqual(['headers', 'method', 'path']);
      expect(route.headers).toEqual([{ name: 'Authorization', content: 'Bearer {{ .SecureJsonData.readToken }}' }]);
    }
  });
});
