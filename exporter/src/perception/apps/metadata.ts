/**
 * Apps that a domain declares itself, in the metadata of its libvirt definition:
 *
 * ```xml
 * <metadata>
 *   <virtmedic:apps xmlns:virtmedic="urn:virtmedic:apps:1">
 *     <virtmedic:app name="web" port="80">
 *       <virtmedic:match unit="nginx.service"/>
 *       <virtmedic:probe type="http" url="http://{domain}/" status="200 204"/>
 *     </virtmedic:app>
 *   </virtmedic:apps>
 * </metadata>
 * ```
 *
 * The names are those of the option `apps`. A value is an attribute, or an element with text; values of a list are separated by
 * blanks; each of several `probes` is an element `probe`.
 */
import type { z } from 'zod';
import { appDeclaration, MOST_APPS_OF_A_DOMAIN, type AppDeclaration } from '../../config/apps.ts';
import { formatPath, type Path } from '../../config/errors.ts';
import { alternatives, explainIssues, schemaNode, type SchemaNode } from '../../config/expected.ts';
import { configSchema } from '../../config/schema.ts';
import { elementOf, XmlError, type XmlElement } from './xml.ts';

export const APPS_NAMESPACE = 'urn:virtmedic:apps:1';

export interface MetadataProblem {
  /** Name of the domain. */
  domain: string;
  /** `apps.app[0].port`; `metadata` for all of it. */
  path: string;
  /** What is wrong and what is allowed. */
  message: string;
}

export interface MetadataApps {
  apps: AppDeclaration[];
  /** An app with a problem is left out, the others hold. */
  problems: MetadataProblem[];
}

const MOST_PROBLEMS = 100;
/** Members that are lists of groups: what one of them is called. */
const SINGULAR: ReadonlyMap<string, string> = new Map([['probe', 'probes']]);

const probe = configSchema.shape.domains.unwrap().element.shape.probes.unwrap().element;
const schema = appDeclaration(probe) satisfies z.ZodType<AppDeclaration>;
const root = schemaNode(schema);

/**
 * Reads the apps out of a domain's definition, or out of the element alone as virDomainGetMetadata gives it. Never throws: what is
 * wrong is told, with the domain, the path in the element and the allowed values.
 */
export function appsFromMetadata(domain: string, xml: string): MetadataApps {
  const problems: MetadataProblem[] = [];
  const tell = (path: Path, message: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push({ domain, path: path.length === 0 ? 'metadata' : formatPath(path), message });
  };
  let element: XmlElement | null;
  try {
    element = elementOf(xml, APPS_NAMESPACE, 'apps');
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    tell([], error.message);
    return { apps: [], problems };
  }
  if (element === null) return { apps: [], problems };
  if (element.name !== 'apps') {
    tell([], `\`${quotable(element.name)}\` is not known in the namespace ${APPS_NAMESPACE}; expected \`apps\``);
    return { apps: [], problems };
  }
  return { apps: readApps(element, tell), problems };
}

/** `domain web-1: apps.app[0].port: \`x\` is not allowed; expected …` */
export function formatMetadataProblem({ domain, path, message }: MetadataProblem): string {
  return `domain ${quotable(domain)}: ${path}: ${message}`;
}

type Tell = (path: Path, message: string) => void;

function readApps(element: XmlElement, tell: Tell): AppDeclaration[] {
  for (const [name] of element.attributes) tell(['apps', name], 'there is no such option here. Allowed: elements `app`');
  if (element.text !== '') tell(['apps'], 'text is not allowed here; expected elements `app`');
  const apps = new Map<string, AppDeclaration>();
  let index = 0;
  for (const child of element.children) {
    if (child.name !== 'app') {
      tell(['apps', child.name], 'there is no such element here. Allowed: `app`');
      continue;
    }
    const path: Path = ['apps', 'app', index++];
    if (index > MOST_APPS_OF_A_DOMAIN) {
      tell(path, `one domain has at most ${MOST_APPS_OF_A_DOMAIN} apps; this one and those after it are left out`);
      break;
    }
    const app = readApp(child, path, tell);
    if (app !== null && apps.has(app.name)) tell([...path, 'name'], `\`${app.name}\` is declared before already; names are unique in a domain`);
    else if (app !== null) apps.set(app.name, app);
  }
  return [...apps.values()];
}

function readApp(element: XmlElement, path: Path, tell: Tell): AppDeclaration | null {
  let isWhole = true;
  const complain: Tell = (inner, message) => {
    isWhole = false;
    tell([...path, ...inner], message);
  };
  const value = groupOf(element, [root], [], complain);
  const result = schema.safeParse(value);
  if (!result.success) for (const complaint of explainIssues(schema, value, result.error.issues)) complain(complaint.path, complaint.message);
  return result.success && isWhole ? result.data : null;
}

/** The members of an element by name, as YAML would give them. What the schema does not know stays, so that the schema complains. */
function groupOf(element: XmlElement, shapes: readonly SchemaNode[], path: Path, complain: Tell): Record<string, unknown> {
  const members = new Map<string, unknown>();
  const add = (name: string, value: unknown): void => {
    if (members.has(name)) complain([...path, name], 'is given twice; keep one');
    members.set(name, value);
  };
  if (element.text !== '') complain(path, 'text is not allowed here; expected a group of options');
  for (const [name, text] of element.attributes) add(name, scalarOf(text, shapesOf(shapes, name)));
  for (const child of element.children) {
    const list = SINGULAR.get(child.name) ?? child.name;
    const inner = shapesOf(shapes, list);
    const items = inner.find(({ items }) => items !== undefined && alternatives(items).some(({ type }) => type === 'object'))?.items;
    if (items !== undefined) {
      const before = (members.get(list) ?? []) as unknown[];
      members.set(list, [...before, groupOf(child, alternatives(items), [...path, list, before.length], complain)]);
    } else if (inner.some(({ type }) => type === 'object')) add(child.name, groupOf(child, inner, [...path, child.name], complain));
    else add(child.name, textOf(child, inner, [...path, child.name], complain));
  }
  return Object.fromEntries(members);
}

function textOf(element: XmlElement, shapes: readonly SchemaNode[], path: Path, complain: Tell): unknown {
  const extra = element.attributes[0]?.[0] ?? element.children[0]?.name;
  if (extra !== undefined && shapes.length > 0) complain([...path, extra], 'there is no such option here; expected text alone');
  return scalarOf(element.text, shapes);
}

function shapesOf(shapes: readonly SchemaNode[], name: string): SchemaNode[] {
  return shapes.flatMap(({ properties }) => (properties !== undefined && Object.hasOwn(properties, name) ? alternatives(properties[name] as SchemaNode) : []));
}

/** Text as the schema wants it; where it cannot be that, the text itself, so that the schema says what it wants. */
function scalarOf(text: string, shapes: readonly SchemaNode[]): unknown {
  const list = shapes.find(({ type }) => type === 'array');
  if (list !== undefined) {
    const parts = text.split(/\s+/).filter((part) => part !== '');
    return parts.map((part) => scalarOf(part, alternatives(list.items ?? {})));
  }
  const types = new Set(shapes.map(({ type }) => type));
  if ((types.has('number') || types.has('integer')) && /^-?[0-9]{1,15}(?:\.[0-9]{1,9})?$/.test(text)) return Number(text);
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function quotable(text: string): string {
  return /^[\w.:@-]{1,128}$/.test(text) ? text : JSON.stringify(text.slice(0, 128));
}
