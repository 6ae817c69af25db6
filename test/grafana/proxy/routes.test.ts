import { expect, test } from 'vitest';
import { encodePath, fillTemplate, joinPaths, matchAppRoute, matchDataSourceRoute } from './routes.ts';
import type { Route } from './routes.ts';

const ROUTES: Route[] = [
  { path: 'read', method: 'GET', url: 'http://a' },
  { path: 'orders/*', method: 'POST', reqRole: 'Admin', url: 'http://b' },
  { path: 'orders', method: 'POST', reqRole: 'Editor', url: 'http://c' },
  { path: 'free/:id/end', url: 'http://d' },
];

test('a data source route is a prefix of the cleaned path', () => {
  expect(matchDataSourceRoute(ROUTES, 'GET', 'read/x', 'Viewer')).toMatchObject({ kind: 'route', rest: '/x' });
  expect(matchDataSourceRoute(ROUTES, 'GET', 'reading', 'Viewer')).toMatchObject({ kind: 'route', rest: 'ing' });
  expect(matchDataSourceRoute(ROUTES, 'GET', './/read', 'Viewer')).toMatchObject({ kind: 'route' });
  expect(matchDataSourceRoute(ROUTES, 'DELETE', 'read', 'Admin')).toEqual({ kind: 'none' });
});

test('an app route matches whole segments; a star is one segment or more', () => {
  expect(matchAppRoute(ROUTES, 'GET', 'read', 'Viewer')).toMatchObject({ kind: 'route', rest: '' });
  expect(matchAppRoute(ROUTES, 'GET', 'read/x', 'Viewer')).toEqual({ kind: 'none' });
  expect(matchAppRoute(ROUTES, 'POST', 'orders/1/close', 'Admin')).toMatchObject({ kind: 'route', rest: '1/close' });
  expect(matchAppRoute(ROUTES, 'POST', 'orders/', 'Editor')).toMatchObject({ kind: 'route', route: { url: 'http://c' } });
  expect(matchAppRoute(ROUTES, 'PATCH', 'free/7/end', 'Viewer')).toMatchObject({ kind: 'route', rest: '' });
});

test('a role below the one asked for ends the search, although a later route would fit', () => {
  expect(matchAppRoute(ROUTES, 'POST', 'orders/1', 'Editor')).toEqual({ kind: 'denied' });
  expect(matchAppRoute(ROUTES, 'POST', 'orders', 'Viewer')).toEqual({ kind: 'denied' });
  expect(matchDataSourceRoute(ROUTES, 'POST', 'orders/1', 'Viewer')).toEqual({ kind: 'denied' });
});

test('what a star stood for is decoded, after the path was cleaned as it was sent', () => {
  const acknowledge: Route[] = [{ path: 'acknowledge/*', method: 'POST', url: 'http://i' }];
  const restOf = (path: string): unknown => matchAppRoute(acknowledge, 'POST', path, 'Viewer');
  expect(restOf('acknowledge/x%2F..%2F..%2Fpause')).toMatchObject({ rest: 'x/../../pause' });
  expect(restOf('acknowledge/%2e%2e/pause')).toMatchObject({ rest: '../pause' });
  expect(restOf('%61cknowledge/a%20b%C3%A4')).toMatchObject({ rest: 'a b\u00c3\u00a4' });
  expect(restOf('acknowledge/x/../../pause')).toEqual({ kind: 'none' });
  expect(restOf('acknowledge%2Fx')).toEqual({ kind: 'none' });
  expect(restOf('acknowledge/%zz')).toEqual({ kind: 'none' });
});

test('a decoded path is encoded again as Go does it', () => {
  expect(encodePath('/a/x/../../pause')).toBe('/a/x/../../pause');
  expect(encodePath('/a b?c#d%e/\u00c3\u00a4/(f)$&+,:;=@~')).toBe('/a%20b%3Fc%23d%25e/%C3%A4/%28f%29$&+,:;=@~');
});

test('templates are filled as Go fills them', () => {
  const data = { url: 'http://u', jsonData: { x: 'http://j' }, secureJsonData: { token: 's' } };
  expect(fillTemplate('{{ .URL }} {{.JsonData.x}} Bearer {{ .SecureJsonData.token }}', data)).toBe('http://u http://j Bearer s');
  expect(fillTemplate('{{ .SecureJsonData.none }}', data)).toBe('<no value>');
});

test('paths are joined with one slash', () => {
  expect(joinPaths('/a/', '/b')).toBe('/a/b');
  expect(joinPaths('/', 'b')).toBe('/b');
  expect(joinPaths('/a', '')).toBe('/a');
});
