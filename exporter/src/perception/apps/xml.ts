/**
 * Elements of one XML namespace out of a document that somebody else wrote: bounded in size, depth and number, without document
 * types and entities of its own.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';

export interface XmlElement {
  /** Without prefix where it is of the wanted namespace; otherwise as written. */
  name: string;
  /** As written, without declarations of namespaces. */
  attributes: readonly (readonly [name: string, value: string])[];
  children: readonly XmlElement[];
  /** All text directly inside, without white space at its ends. */
  text: string;
}

/** A document that is not read; the message tells why. */
export class XmlError extends Error {
  override name = 'XmlError';
}

const MOST_CHARACTERS = 1_048_576;
const MOST_ELEMENTS = 2_000;
const MOST_LEVELS = 8;
const MOST_VALUE_CHARACTERS = 4_096;

/** What is inside of these is not looked at: it may be large, and nothing in it belongs to anybody but libvirt. */
const LEFT_OUT = ['domain.devices', 'domain.description', 'domain.title', 'domain.qemu:commandline', 'domain.cpu'];

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  htmlEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: 64,
  stopNodes: LEFT_OUT,
});

/**
 * The first child of `domain.metadata` in `namespace`; or the document's own root, if that is an element named `root`, as libvirt's
 * virDomainGetMetadata gives it, which takes the namespace away (https://libvirt.org/formatdomain.html#general-metadata).
 *
 * @returns null where the document has none
 * @throws XmlError
 */
export function elementOf(xml: string, namespace: string, root: string): XmlElement | null {
  const document = parse(xml);
  const [top] = document;
  if (top === undefined) throw new XmlError('holds no element');
  const reader = createReader(namespace);
  if (top.tag === 'domain') {
    for (const metadata of top.children.filter(({ tag }) => tag === 'metadata')) {
      const scope = declared(metadata, declared(top, NOTHING));
      const found = metadata.children.find((child) => namespaceOf(child, declared(child, scope)) === namespace);
      if (found !== undefined) return reader.read(found, scope, 0);
    }
    return null;
  }
  const whole = reader.read(top, NOTHING, 0);
  if (whole.name !== root) throw new XmlError(`expected \`domain\` or \`${root}\` as its outermost element`);
  return whole;
}

/** A node as the parser has it. */
interface Node {
  tag: string;
  attributes: readonly (readonly [string, string])[];
  children: readonly Node[];
  text: string;
}

/** What each prefix stands for; the empty one is for names without prefix. */
type Scope = ReadonlyMap<string, string>;

const NOTHING: Scope = new Map();

function parse(xml: string): Node[] {
  if (xml.length > MOST_CHARACTERS) throw new XmlError(`longer than ${MOST_CHARACTERS} characters`);
  if (/<!DOCTYPE|<!ENTITY/i.test(xml)) throw new XmlError('has a document type, which is not read');
  try {
    const verdict = XMLValidator.validate(xml);
    if (verdict !== true) throw new XmlError(`not well-formed at line ${verdict.err.line}: ${verdict.err.msg.slice(0, 200)}`);
    return nodes(parser.parse(xml), 0).elements;
  } catch (error) {
    if (error instanceof XmlError) throw error;
    throw new XmlError(`cannot be read: ${(error as Error).message.slice(0, 200)}`, { cause: error });
  }
}

/** The parser's ordered form: one object per node, its only other key `:@` for the attributes. */
function nodes(raw: unknown, depth: number): { elements: Node[]; text: string } {
  const elements: Node[] = [];
  let text = '';
  if (depth > 64 || !Array.isArray(raw)) return { elements, text };
  for (const item of raw as unknown[]) {
    if (typeof item !== 'object' || item === null) continue;
    for (const [tag, inner] of Object.entries(item)) {
      if (tag === ':@') continue;
      if (tag === '#text') text += String(inner);
      else {
        const within = nodes(inner, depth + 1);
        elements.push({ tag, attributes: attributes((item as Record<string, unknown>)[':@']), children: within.elements, text: within.text });
      }
    }
  }
  return { elements, text };
}

function attributes(raw: unknown): [string, string][] {
  if (typeof raw !== 'object' || raw === null) return [];
  return Object.entries(raw).map(([name, value]) => [name, String(value)]);
}

/** Adds the namespaces that an element declares for itself and what is inside. */
function declared({ attributes: all }: Node, outer: Scope): Scope {
  const own = all.filter(([name]) => isDeclaration(name)).map(([name, value]) => [name.slice('xmlns:'.length), expand(value)] as const);
  return own.length === 0 ? outer : new Map([...outer, ...own]);
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

function namespaceOf({ tag }: Node, scope: Scope): string {
  const colon = tag.indexOf(':');
  return scope.get(colon < 0 ? '' : tag.slice(0, colon)) ?? '';
}

/** Turns nodes into elements, a bounded number of them in all. */
function createReader(namespace: string) {
  let left = MOST_ELEMENTS;
  function read(node: Node, outer: Scope, level: number): XmlElement {
    left -= 1;
    if (left < 0) throw new XmlError(`has more than ${MOST_ELEMENTS} elements`);
    if (level >= MOST_LEVELS) throw new XmlError(`nested deeper than ${MOST_LEVELS} levels`);
    const scope = declared(node, outer);
    const isOurs = namespaceOf(node, scope) === namespace;
    const longest = Math.max(node.text.length, ...node.attributes.map(([, value]) => value.length));
    if (longest > MOST_VALUE_CHARACTERS) throw new XmlError(`has a value longer than ${MOST_VALUE_CHARACTERS} characters`);
    return {
      name: isOurs ? node.tag.slice(node.tag.indexOf(':') + 1) : node.tag,
      attributes: node.attributes.filter(([name]) => !isDeclaration(name)).map(([name, value]) => [name, expand(value)]),
      children: node.children.map((child) => read(child, scope, level + 1)),
      text: expand(node.text).trim(),
    };
  }
  return { read };
}

const PREDEFINED: ReadonlyMap<string, string> = new Map([['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['apos', "'"]]);

/** The five entities that XML itself has, and numbers of characters; anything else stays as it is. */
function expand(text: string): string {
  return text.replace(/&(?:([a-z]{2,4})|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));/g, (whole, name?: string, decimal?: string, hexadecimal?: string) => {
    if (name !== undefined) return PREDEFINED.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
  });
}
