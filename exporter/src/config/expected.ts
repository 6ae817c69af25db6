/** What a zod issue means to a person: what was found, what is allowed. The allowed values come from the schema's JSON Schema. */
import { z } from 'zod';
import type { Path } from './errors.ts';

/** The parts of JSON Schema that zod writes for the schemas of this project. */
export interface SchemaNode {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  oneOf?: SchemaNode[];
  anyOf?: SchemaNode[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
}

export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode;
}

/** Every schema that applies at `path`: several where alternatives are allowed. */
export function nodesAt(root: SchemaNode, path: Path): SchemaNode[] {
  return path.reduce<SchemaNode[]>((nodes, part) => nodes.flatMap((node) => step(node, part)), alternatives(root));
}

function step(node: SchemaNode, part: string | number): SchemaNode[] {
  const child = typeof part === 'number' ? node.items : node.properties?.[part];
  return child === undefined ? [] : alternatives(child);
}

export function alternatives(node: SchemaNode): SchemaNode[] {
  return (node.oneOf ?? node.anyOf)?.flatMap(alternatives) ?? [node];
}

/** `one of \`a\`, \`b\``, `a whole number from 1 to 100`, `a list of 1 to 20 items`. */
export function describeAllowed(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return `one of ${list(node.enum)}`;
  switch (node.type ?? '') {
    case 'integer':
    case 'number':
      return `a${node.type === 'integer' ? ' whole' : ''} number${range(node)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return `a list${count(node.minItems, node.maxItems, 'items')}`;
    case 'object':
      return 'a group of options';
    case 'string':
      if (node.format === 'guid' || node.format === 'uuid') return 'a UUID';
      if (node.format === 'uri') return 'a URL';
      return `text${count(node.minLength, node.maxLength, 'characters')}`;
    case 'null':
      return '`null`';
    default:
      return 'any value';
  }
}

function range({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const upper = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? null : maximum;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${upper === null ? '' : ` and at most ${upper}`}`;
  const lower = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? null : minimum;
  if (lower !== null) return upper === null ? ` of at least ${lower}` : ` from ${lower} to ${upper}`;
  return upper === null ? '' : ` of at most ${upper}`;
}

function count(least: number | undefined, most: number | undefined, what: string): string {
  if (least === 1 && most === undefined) return ' that is not empty';
  if (least !== undefined && most !== undefined) return ` of ${least} to ${most} ${what}`;
  if (least !== undefined) return ` of at least ${least} ${what}`;
  return most === undefined ? '' : ` of at most ${most} ${what}`;
}

function list(values: readonly unknown[]): string {
  return values.map((value) => `\`${String(value)}\``).join(', ');
}

/** One problem at one path; a zod issue about unknown keys becomes one for each key. */
export interface Complaint {
  path: Path;
  message: string;
  at: 'key' | 'value';
}

const MAX_COMPLAINTS = 100;

/**
 * Translates the issues of `schema.safeParse(value)`. A value is quoted only where the schema lists allowed values, so that a
 * secret is never repeated. At most 100, however many there are.
 */
export function explainIssues(schema: z.ZodType, value: unknown, issues: readonly z.core.$ZodIssue[]): Complaint[] {
  const root = schemaNode(schema);
  const complaints = issues.slice(0, MAX_COMPLAINTS).flatMap((issue): Complaint[] => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') return issue.keys.slice(0, MAX_COMPLAINTS).map((key) => unknownKey(root, value, [...path, key]));
    const found = valueAt(value, path);
    const nodes = nodesAt(root, path);
    const own = issue.code === 'custom' || (issue.code === 'invalid_format' && !issue.message.startsWith('Invalid'));
    const allowed = own ? issue.message : `expected ${[...new Set(nodes.map(describeAllowed))].join(', or ') || issue.message}`;
    const hint = quotingHint(found, nodes);
    return [{ path, at: 'value', message: `${describeFound(found, nodes)}${allowed}${hint}` }];
  });
  return complaints.slice(0, MAX_COMPLAINTS);
}

function unknownKey(root: SchemaNode, value: unknown, path: Path): Complaint {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const kind = (valueAt(value, parent) as { type?: unknown } | undefined)?.type;
  const nodes = nodesAt(root, parent);
  const chosen = nodes.filter((node) => node.properties?.type?.const !== undefined && node.properties.type.const === kind);
  const allowed = [...new Set((chosen.length > 0 ? chosen : nodes).flatMap((node) => Object.keys(node.properties ?? {})))];
  const near = allowed.find((name) => name.toLowerCase() === key.toLowerCase().replaceAll(/[-_]/g, '') || distance(name, key) <= 2);
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
  return { path, at: 'key', message: `there is no such option here${hint} Allowed: ${list(allowed)}`.replace(/here Allowed/, 'here. Allowed') };
}

function describeFound(found: unknown, nodes: readonly SchemaNode[]): string {
  if (found === undefined) return 'is missing; ';
  if (found === null) return 'is empty; ';
  const listed = nodes.some((node) => node.enum !== undefined || node.const !== undefined || node.type === 'number' || node.type === 'integer');
  if (listed && ['string', 'number', 'boolean'].includes(typeof found)) return `\`${String(found).slice(0, 64)}\` is not allowed; `;
  return '';
}

function quotingHint(found: unknown, nodes: readonly SchemaNode[]): string {
  const scalar = typeof found === 'number' || typeof found === 'boolean';
  return scalar && nodes.some((node) => node.type === 'string' && node.enum === undefined) ? ' (put it in quotes)' : '';
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, part)) return undefined;
    return (inner as Record<string | number, unknown>)[part];
  }, value);
}

/** Levenshtein's edit distance, of short words. */
function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
