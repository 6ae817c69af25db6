import { expect, test } from 'vitest';
import { fillTemplate, joinPaths, matchAppRoute, matchDataSourceRoute } from './routes.ts';
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
