import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { servedRoutes } from '../app.ts';
import type { WebOptions } from '../options.ts';
import { configSchema } from '../../config/schema.ts';
import { bearer, call, start, stopAll, TOKENS, tokens } from '../testing/test-client.ts';
import { emptyRecord, UUID } from '../testing/fakes.ts';
import { document } from '../testing/conformance.ts';
import type { OperationObject, SchemaObject } from '../testing/conformance.ts';

afterEach(stopAll);

const operations = (): { path: string; method: string; operation: OperationObject }[] =>
  Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));

/** Every schema in the document, with those inside it. */
function schemas(node: unknown, at = ''): { at: string; schema: SchemaObject }[] {
  if (typeof node !== 'object' || node === null) return [];
  const isSchema = /\/schema$|\/(schemas|properties)\/[^/]+$|\/(items|additionalProperties|propertyNames)$|\/(anyOf|oneOf|allOf)\/\d+$/.test(at);
  const inner = Object.entries(node).flatMap(([key, value]) => schemas(value, `${at}/${key}`));
  return isSchema ? [{ at, schema: node as SchemaObject }, ...inner] : inner;
}

describe('the document of the API', () => {
  it('has every route of each listener, and no other', () => {
    const routes = servedRoutes({ config: configSchema.parse({ hosts: [{ name: 'h1', uri: 'test:///h1' }] }), log: pino({ level: 'silent' }) } as unknown as Required<WebOptions>);
    for (const listener of ['web', 'control'] as const) {
      const registered = Object.entries(routes[listener]).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`));
      const documented = operations().filter(({ operation }) => operation['x-virtmedic-listeners'].includes(listener)).map(({ path, method }) => `${method.toUpperCase()} ${path}`);
      expect(registered.length).toBeGreaterThan(10);
      expect(documented.sort()).toEqual(registered.sort());
    }
  });

  it('says which scope each operation needs', async () => {
    const { webUrl, controlUrl } = await start(emptyRecord(), { control: { tokens } });
    const included: Record<string, string[]> = { read: ['read'], webhook: ['webhook', 'read'], operate: ['operate', 'read'], admin: ['admin', 'operate', 'webhook', 'read'] };
    for (const { path, method, operation } of operations()) {
      const scope = operation['x-virtmedic-scope'];
      for (const listener of operation['x-virtmedic-listeners']) {
        const url = `${listener === 'web' ? webUrl : controlUrl}${path.replace(/\{\w+\}/, UUID)}`;
        for (const [name, token] of Object.entries(TOKENS)) {
          const { status } = await call(url, method.toUpperCase(), undefined, bearer(token));
          const isAllowed = scope === null || included[name]?.includes(scope) === true;
          expect([listener, method, path, name, status === 403]).toEqual([listener, method, path, name, !isAllowed]);
        }
      }
    }
  });

  it('is served on both listeners to whoever may read', async () => {
    const { webUrl, controlUrl } = await start(emptyRecord(), { control: { tokens } });
    for (const url of [webUrl, controlUrl]) {
      expect((await call(`${url}/api/v1/openapi.json`)).status).toBe(url === webUrl ? 200 : 401);
      const { body } = await call(`${url}/api/v1/openapi.json`, 'GET', undefined, bearer(TOKENS.read));
      expect({ ...body, info: null }).toEqual({ ...document, info: null });
    }
  });

  it('has the structure of OpenAPI 3.1', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document).filter((key) => !['openapi', 'info', 'servers', 'paths', 'components'].includes(key))).toEqual([]);
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations()) {
      const what = `${method} ${path}`;
      expect(['get', 'post', 'delete'], what).toContain(method);
      const parameters = operation.parameters ?? [];
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((one) => one.in === 'path').map(({ name, required }) => [name, required]), what).toEqual(inPath.map((name) => [name, true]));
      expect(new Set(parameters.map((one) => `${one.in} ${one.name}`)).size, what).toBe(parameters.length);
      expect(parameters.every((one) => ['path', 'query'].includes(one.in) && typeof one.schema === 'object'), what).toBe(true);
      if (method === 'get') expect(operation.requestBody, what).toBeUndefined();
      for (const [status, response] of Object.entries(operation.responses)) {
        expect([what, status, /^([1-5]\d\d|default)$/.test(status), response.description.length > 0]).toEqual([what, status, true, true]);
      }
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2')), what).toBe(true);
      for (const requirement of operation.security) expect(Object.keys(document.components.securitySchemes), what).toEqual(expect.arrayContaining(Object.keys(requirement)));
    }
    for (const name of Object.keys(document.components.schemas)) expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  it('has schemas that lead somewhere and say something', () => {
    const all = schemas(document);
    expect(all.length).toBeGreaterThan(200);
    const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
    for (const { at, schema } of all) {
      const { $ref, type } = schema;
      if ($ref !== undefined) expect([at, document.components.schemas[$ref.replace('#/components/schemas/', '')] !== undefined]).toEqual([at, true]);
      if (type !== undefined) expect([at, types]).toEqual([at, expect.arrayContaining([type].flat())]);
      for (const name of (schema.required ?? []) as string[]) expect([at, Object.keys(schema.properties ?? {})]).toEqual([at, expect.arrayContaining([name])]);
      for (const alternatives of [schema.anyOf, schema.oneOf, schema.enum]) expect([at, alternatives === undefined || (alternatives as unknown[]).length > 0]).toEqual([at, true]);
      expect([at, '$schema' in schema, '$id' in schema]).toEqual([at, false, false]);
    }
    const used = JSON.stringify(document);
    for (const name of Object.keys(document.components.schemas)) expect([name, used.includes(`"#/components/schemas/${name}"`)]).toEqual([name, true]);
  });
});
