/** The OpenAPI 3.1 document of both listeners, generated from the schemas that check requests and describe answers. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { named } from './answers.ts';
import { OPERATIONS } from './operations.ts';
import type { Answer, Operation } from './operations.ts';

type Json = Record<string, unknown>;

const ABOUT = `Times are milliseconds since the epoch, unless a name says otherwise. Errors are problem details (RFC 9457).

Two listeners: \`web.listen\` (metrics, health, and this API for reading) and \`control.listen\` (the same reading, and all orders). Each operation says
in \`x-virtmedic-listeners\` where it is served and in \`x-virtmedic-scope\` which scope its bearer token needs; \`operate\` and \`webhook\` include \`read\`, \`admin\` includes
all. Without a token, reading is possible from the same machine; where no token is configured at all, so are orders.`;

let known: { version: string; document: Json } | null = null;

/** The same object for the same version: not to be changed. */
export function openApiDocument(version: string): Json {
  if (known?.version !== version) known = { version, document: generated(version) };
  return known.document;
}

function generated(version: string): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'virtmedic', version, description: ABOUT, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [
      { url: 'http://127.0.0.1:9177', description: '`web.listen`, by default' },
      { url: 'http://127.0.0.1:9178', description: '`control.listen`, by default' },
    ],
    paths: Object.fromEntries(
      Object.entries(OPERATIONS).map(([path, methods]) => [
        path.replaceAll(/:(\w+)/g, '{$1}'),
        Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method.toLowerCase(), describeOperation(path, operation)])),
      ]),
    ),
    components: { schemas: components(), securitySchemes: { token: { type: 'http', scheme: 'bearer', description: '`control.tokens` of the configuration.' } } },
  };
}

function describeOperation(path: string, operation: Operation): Json {
  const { id, summary, description, scope, listeners, query, body } = operation;
  const parameters = [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))];
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: ofRequest(body) } } } }),
    responses: responses(path, operation),
    // An empty requirement: also without a token, where the listener lets in who is on the same machine.
    security: scope === null ? [] : [{ token: [] }, {}],
    'x-virtmedic-listeners': listeners,
    'x-virtmedic-scope': scope,
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: 64 } }));
}

function queryParameters(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = ofRequest(query) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function responses(path: string, operation: Operation): Json {
  const { scope, query, body, answers, problems } = operation;
  const isOrder = scope !== null && scope !== 'read';
  const common: Record<number, string> = {
    ...(query !== undefined || body !== undefined ? { 400: 'Something about the request is not clear; `errors` names it.' } : {}),
    ...(scope === null ? {} : { 401: 'A token is needed, or it is not known.', 403: 'The token lacks the scope, or the request comes from a page of another site.' }),
    ...(isOrder ? { 413: 'The body is too large.', 415: 'The body is not JSON.', 503: 'The store cannot write, so nothing was done.' } : {}),
    ...(scope !== null && path.includes(':') ? { 404: 'There is nothing with this id.' } : {}),
    ...problems,
  };
  return {
    ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)])),
    ...Object.fromEntries(Object.entries(common).map(([status, description]) => [status, describeProblem(description)])),
    default: describeProblem(`Another error, such as ${STATUS_CODES[500] ?? ''}.`),
  };
}

function describeAnswer({ description, schema, type }: Answer): Json {
  const content = {
    ...(schema === undefined ? {} : { 'application/json': { schema: referenceTo(schema) } }),
    ...(type === undefined ? {} : { [type]: { schema: { type: 'string' } } }),
  };
  return { description, ...(Object.keys(content).length === 0 ? {} : { content }) };
}

function describeProblem(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: { $ref: uriOf('Problem') } } } };
}

function uriOf(id: string): string {
  return `#/components/schemas/${id}`;
}

function referenceTo(schema: z.ZodType): Json {
  const id = named.get(schema)?.id;
  return id === undefined ? withoutIds(z.toJSONSchema(schema)) : { $ref: uriOf(id) };
}

function components(): Json {
  const { schemas } = z.toJSONSchema(named, { uri: uriOf });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)]));
}

/** What a request may hold, before defaults and conversions. */
function ofRequest(schema: z.ZodType): Json {
  return withoutIds(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

/** The dialect and the place are those of the document. */
function withoutIds(schema: object): Json {
  const { $schema: _dialect, $id: _place, ...rest } = schema as Json;
  return rest;
}
