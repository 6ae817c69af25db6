/** For tests: holds an answer of the running server against the document. */
import { expect } from 'vitest';
import { z } from 'zod';
import { VERSION } from '../../version.ts';
import { openApiDocument } from '../openapi/document.ts';

export interface SchemaObject {
  $ref?: string;
  [keyword: string]: unknown;
}
export interface ResponseObject {
  description: string;
  content?: Record<string, { schema: SchemaObject }>;
}
export interface ParameterObject {
  name: string;
  in: string;
  required: boolean;
  schema: SchemaObject;
}
export interface OperationObject {
  operationId: string;
  summary: string;
  parameters?: ParameterObject[];
  requestBody?: { required: boolean; content: Record<string, { schema: SchemaObject }> };
  responses: Record<string, ResponseObject>;
  security: Record<string, unknown>[];
  'x-virtmedic-listeners': string[];
  'x-virtmedic-scope': string | null;
}
export interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, SchemaObject>; securitySchemes: Record<string, unknown> };
}

export const document = JSON.parse(JSON.stringify(openApiDocument(VERSION))) as Document;

/** The operation of a request; undefined: the document has none. */
export function operationOf(method: string, path: string): OperationObject | undefined {
  const template = Object.keys(document.paths).find((one) => new RegExp(`^${one.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path));
  return template === undefined ? undefined : document.paths[template]?.[method.toLowerCase()];
}

/** Fails where status, media type or body are not what the document says. */
export function expectDocumented(request: { method: string; path: string }, answer: { status: number; type: string | null; body: unknown }): void {
  const { method, path } = request;
  const what = `${method} ${path} ${answer.status}`;
  const operation = operationOf(method, path);
  const mediaType = answer.type?.split(';')[0] ?? '';
  if (operation === undefined) {
    expect([what, [404, 405].includes(answer.status), mediaType]).toEqual([what, true, 'application/problem+json']);
    return expectValid(what, { $ref: '#/components/schemas/Problem' }, answer.body);
  }
  const response = operation.responses[answer.status] ?? operation.responses.default;
  const content = response?.content ?? {};
  expect([what, Object.keys(content)]).toEqual([what, mediaType === '' ? [] : expect.arrayContaining([mediaType])]);
  const schema = content[mediaType]?.schema;
  if (schema !== undefined && mediaType.endsWith('json')) expectValid(what, schema, answer.body);
}

const compiled = new Map<string, z.ZodType>();

function expectValid(what: string, schema: SchemaObject, value: unknown): void {
  const key = JSON.stringify(schema);
  const checker = compiled.get(key) ?? compile(schema);
  compiled.set(key, checker);
  const { success, error } = checker.safeParse(value);
  expect(success, `${what}: ${error === undefined ? '' : z.prettifyError(error)}\n${JSON.stringify(value).slice(0, 2000)}`).toBe(true);
}

/** From the document alone, so that it is the document that is tested. */
function compile(schema: SchemaObject): z.ZodType {
  const whole = { ...schema, $defs: document.components.schemas };
  return z.fromJSONSchema(JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/')) as Parameters<typeof z.fromJSONSchema>[0]);
}
