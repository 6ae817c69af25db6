/** Writes the configuration reference from the schema. */
import { readFileSync } from 'node:fs';
import { alternatives, describeAllowed, schemaNode } from '../src/config/expected.ts';
import type { SchemaNode } from '../src/config/expected.ts';
import { configSchema, CONFIGURABLE_LADDERS } from '../src/config/schema.ts';
import { DEFAULT_LADDERS } from '../src/policy/tables.ts';
import { table } from './markdown.ts';

export interface Option {
  path: string;
  allowed: string;
  /** `required`, or the default as JSON; empty where leaving it out means not using it. */
  fallback: string;
  help: string;
}

export function configurationReference(): string {
  const root = schemaNode(configSchema);
  const walked: Walked = new Map();
  const sections = Object.entries(root.properties ?? {}).map(([name, node]) => {
    const options = optionsOf(name, node, root.required?.includes(name) === true, walked);
    const isGroup = node.type === 'object';
    const intro = isGroup ? `${node.description ?? ''}\n\n` : '';
    const rows = options.slice(isGroup ? 1 : 0).map(({ path, allowed, fallback, help }) => [`\`${path}\``, allowed, fallback, help]);
    return `## ${name}\n\n${intro}${table(['Option', 'Value', 'Default', 'Meaning'], rows)}`;
  });
  const example = readFileSync(new URL('example.yaml', import.meta.url), 'utf8');
  return `# Configuration

virtmedic reads one YAML file, by default \`/etc/virtmedic/virtmedic.yaml\`. \`virtmedic check-config FILE\` checks it without starting
anything; \`virtmedic reload\` or SIGHUP puts a changed file in force, except for the addresses of the listeners and the path of the store. An option that
does not exist is an error, so that a misspelt one is not silently ignored. Relative paths start at the folder of the file.

## Example

\`\`\`yaml
${example.trimEnd()}
\`\`\`

${sections.join('\n')}
## Default ladders

What \`recovery.ladders\` replaces. A fault class that is not listed is only told of.

${table(['Fault', 'Attempts, each with its time limit', 'Budget', 'Cooldown'], defaultLadders())}`;
}

function defaultLadders(): string[][] {
  return CONFIGURABLE_LADDERS.map((fault) => {
    const { rungs, budget, cooldownSeconds } = DEFAULT_LADDERS[fault];
    const attempts = rungs.map(({ action, timeoutSeconds, delaySeconds }) => `\`${action}\` (${delaySeconds === undefined ? '' : `after ${delaySeconds} s, `}${timeoutSeconds} s)`);
    return [`\`${fault}\``, attempts.join(', '), budget === null ? 'none' : `${budget.recoveries} in ${budget.windowSeconds / 60} min`, `${cooldownSeconds} s`];
  });
}

/** Groups that were described already, by their schema: the second time they are only referred to. */
type Walked = Map<string, string>;

/** `node` and everything below it. */
export function optionsOf(path: string, node: SchemaNode, required: boolean, seen: Walked = new Map()): Option[] {
  const own: Option = { path, allowed: allowedOf(node), fallback: fallbackOf(node, required), help: node.description ?? '' };
  const below = node.type === 'array' && node.items !== undefined ? alternatives(node.items).filter((item) => item.type === 'object') : [];
  if (below.length > 0) {
    return [own, ...below.flatMap((item) => membersOf(below.length > 1 ? `${path}[type: ${String(item.properties?.type?.const)}]` : `${path}[]`, item, seen))];
  }
  const group = alternatives(node).find((part) => part.type === 'object');
  return group === undefined ? [own] : [own, ...membersOf(path, group, seen)];
}

function membersOf(path: string, group: SchemaNode, seen: Walked): Option[] {
  const members = Object.entries(group.properties ?? {});
  const shapes = new Set(members.map(([, node]) => JSON.stringify(node)));
  const [first] = members;
  if (members.length > 1 && shapes.size === 1 && first !== undefined) return sameMembers(path, members.map(([name]) => name), first[1], seen);
  return members.flatMap(([name, node]) => optionsOf(`${path}.${name}`, node, group.required?.includes(name) === true, seen));
}

/** Members that differ only in their name are described once. */
function sameMembers(path: string, names: readonly string[], node: SchemaNode, seen: Walked): Option[] {
  const shape = JSON.stringify(node);
  const before = seen.get(shape);
  const any = `${path}.NAME`;
  const allowed = `NAME is one of ${names.map((name) => `\`${name}\``).join(', ')}`;
  if (before !== undefined) return [{ path: any, allowed, fallback: '', help: `The same options as \`${before}\`.` }];
  seen.set(shape, any);
  const [own, ...rest] = optionsOf(any, node, false, seen);
  return own === undefined ? rest : [{ ...own, allowed }, ...rest];
}

function allowedOf(node: SchemaNode): string {
  const item = node.type === 'array' ? alternatives(node.items ?? {}) : [];
  const [first] = item;
  if (first !== undefined && first.type !== 'object') return `${describeAllowed(node)}, each ${describeAllowed(first)}`;
  return [...new Set(alternatives(node).map(describeAllowed))].join(' or ');
}

function fallbackOf(node: SchemaNode, required: boolean): string {
  if (required) return 'required';
  if (node.default === undefined || JSON.stringify(node.default) === '{}') return '';
  return `\`${JSON.stringify(node.default)}\``;
}
