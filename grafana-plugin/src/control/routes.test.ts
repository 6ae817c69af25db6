import plugin from '../plugin.json';

interface Route {
  path: string;
  method: string;
  url: string;
  reqRole?: string;
  headers: Array<{ name: string; content: string }>;
  body?: unknown;
}

const ROUTES: Route[] = plugin.routes;
const keyOf = ({ method, path }: Route): string => `${method} ${path}`;

/** The whole list: a route that is added has to be added here, with the role that it is for. */
const WANTED: Record<string, [role: string, target: string]> = {
  'GET domains': ['Editor', 'domains'],
  'GET hosts': ['Editor', 'hosts'],
  'GET incidents': ['Editor', 'incidents'],
  'GET recoveries': ['Editor', 'recoveries'],
  'GET maintenance': ['Editor', 'maintenance'],
  'GET pause': ['Editor', 'pause'],
  'GET settings': ['Editor', 'settings'],
  'POST acknowledge/*': ['Editor', 'incidents'],
  'POST actions': ['Admin', 'actions'],
  'POST maintenance': ['Admin', 'maintenance'],
  'POST pause': ['Admin', 'pause'],
  'POST settings': ['Admin', 'settings'],
  'POST close/*': ['Admin', 'incidents'],
  'DELETE maintenance/*': ['Admin', 'maintenance'],
};

describe('routes of the app', () => {
  it('are these, each for this role', () => {
    const found = ROUTES.map((route) => [keyOf(route), [route.reqRole, route.url.replace('{{ .JsonData.controlUrl }}/api/v1/', '')]]);
    expect(Object.fromEntries(found)).toEqual(WANTED);
    expect(found).toHaveLength(Object.keys(WANTED).length);
  });

  it.each(ROUTES.map((route) => [keyOf(route), route] as const))('%s names method, role and headers', (_key, route) => {
    expect(route.method).toMatch(/^(GET|POST|DELETE)$/);
    expect(['Editor', 'Admin']).toContain(route.reqRole);
    expect(route.headers).toEqual(
      expect.arrayContaining([
        { name: 'Authorization', content: 'Bearer {{ .SecureJsonData.operateToken }}' },
        { name: 'X-Virtmedic-Client', content: 'grafana' },
      ])
    );
  });

  it('let an Editor change nothing but acknowledge', () => {
    const changing = ROUTES.filter(({ method, reqRole }) => method !== 'GET' && reqRole !== 'Admin');
    expect(changing.map(keyOf)).toEqual(['POST acknowledge/*']);
  });

  it('give what an Editor sends through a wildcard an empty order, whatever the path and body', () => {
    const open = ROUTES.filter(({ path, reqRole }) => path.includes('*') && reqRole !== 'Admin');
    for (const { body, headers } of open) {
      expect(body).toEqual({});
      expect(headers).toContainEqual({ name: 'Content-Type', content: 'application/json' });
    }
  });

  it('have no wildcard but at the end, after a segment of their own', () => {
    for (const { path } of ROUTES) {
      expect(path).toMatch(/^[a-z]+(\/\*)?$/);
    }
  });
});
