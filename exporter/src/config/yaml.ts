import { Composer, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, Parser, visit } from 'yaml';
import type { Alias, CST, Document, Node, Scalar, YAMLError } from 'yaml';
import { ConfigError, formatPath } from './errors.ts';
import type { ConfigProblem, Path } from './errors.ts';

export const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_DEPTH = 32;
/** Nodes that all aliases together may stand for. */
const MAX_ALIASED_NODES = 10_000;
const MAX_PROBLEMS = 100;

/** A YAML file as plain values, with the place of every one of them. */
export interface YamlFile {
  file: string;
  value: unknown;
  /** A problem at `path`; at the option's own name instead of its value if `at` is `key`. What is missing is placed where it should have been. */
  problem(path: Path, message: string, at?: 'key' | 'value'): ConfigProblem;
}

/**
 * Parses one YAML 1.2 document (at most 4 MB, 32 levels deep, few aliases). Throws ConfigError with every syntax error;
 * duplicate keys, unknown tags and a second document are errors too.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const whole = (message: string): ConfigError => new ConfigError([{ file, line: null, column: null, path: '', message }]);
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) throw whole(`larger than ${MAX_FILE_BYTES} bytes`);

  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some(nestsTooDeep)) throw whole(`nested deeper than ${MAX_DEPTH} levels`);
  const [document, second] = new Composer({ uniqueKeys: false, strict: true }).compose(tokens, true, text.length);
  if (document === undefined) throw whole('cannot be read as YAML');
  const place = (offset: number): Pick<ConfigProblem, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const at = (offset: number, message: string): ConfigProblem => ({ file, ...place(offset), path: '', message });
  const complaints = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], explain(error)));
  if (second !== undefined) complaints.push(at(second.range[0], 'a second document begins here (`---`); one file holds one configuration'));
  if (complaints.length > 0) throw new ConfigError(complaints.slice(0, MAX_PROBLEMS));
  const { duplicates, dangling, bomb } = examine(document);
  if (bomb !== null) throw whole(bomb);
  const mistakes = [
    ...duplicates.map((key) => at(key.range?.[0] ?? 0, `\`${String(key.value).slice(0, 64)}\` is given twice at the same level; keep one`)),
    ...dangling.map((alias) => at(alias.range?.[0] ?? 0, `\`*${alias.source.slice(0, 64)}\` stands for nothing: there is no \`&${alias.source.slice(0, 64)}\` before it`)),
  ];
  if (mistakes.length > 0) throw new ConfigError(mistakes.slice(0, MAX_PROBLEMS));
  return {
    file,
    value: document.toJS({ maxAliasCount: MAX_ALIASED_NODES }) as unknown,
    problem: (path, message, at = 'value') => ({ file, ...place(offsetOf(document, path, at)), path: formatPath(path), message }),
  };
}

/** The parser keeps a stack of its own, but everything after it recurses; so depth is looked at in between, without recursion. */
function nestsTooDeep(root: CST.Token): boolean {
  const waiting: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return true;
    if (token.type === 'document' && token.value) waiting.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const item of token.items) {
      if (item.key) waiting.push({ token: item.key, depth: depth + 1 });
      if (item.value) waiting.push({ token: item.value, depth: depth + 1 });
    }
  }
  return false;
}

/** What the library leaves unchecked or checks too slowly, in document order: duplicate keys, aliases of nothing, aliases that multiply. */
function examine(document: Document.Parsed): { duplicates: Scalar[]; dangling: Alias[]; bomb: string | null } {
  const anchors = new Map<string, Node>();
  const sizes = new Map<Node, number>();
  const duplicates: Scalar[] = [];
  const dangling: Alias[] = [];
  let bomb: string | null = null;
  let aliased = 0;
  visit(document, (_key, node) => {
    if (isMap(node)) duplicates.push(...repeatedKeys(node.items.map((pair) => pair.key)));
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) dangling.push(node);
      else aliased += sizeOf(target, anchors, sizes);
      if (aliased > MAX_ALIASED_NODES) bomb = `its aliases stand for more than ${MAX_ALIASED_NODES} values; write them out or use fewer`;
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    return bomb === null ? undefined : visit.BREAK;
  });
  return { duplicates, dangling, bomb };
}

function repeatedKeys(keys: unknown[]): Scalar[] {
  const seen = new Set<string>();
  return keys.filter((key): key is Scalar => {
    if (!isScalar(key)) return false;
    const text = String(key.value);
    if (seen.has(text)) return true;
    seen.add(text);
    return false;
  });
}

/** Values that a node stands for once the aliases inside it are written out. An alias of something around itself counts without end. */
function sizeOf(node: Node, anchors: ReadonlyMap<string, Node>, sizes: Map<Node, number>): number {
  const known = sizes.get(node);
  if (known !== undefined) return known;
  sizes.set(node, Number.POSITIVE_INFINITY);
  let size = 1;
  visit(node, (_key, inner) => {
    size += 1;
    const target = isAlias(inner) ? anchors.get(inner.source) : undefined;
    if (target !== undefined) size += sizeOf(target, anchors, sizes);
  });
  sizes.set(node, size);
  return size;
}

const EXPLANATIONS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'a tab is used for indentation; YAML allows only spaces',
};

function explain(error: YAMLError): string {
  return EXPLANATIONS[error.code] ?? `not valid YAML: ${error.message}`;
}

/** Offset of what is at `path`, or of the nearest thing around it that exists. */
function offsetOf(document: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    const collection = isAlias(node) ? node.resolve(document) : node;
    if (isMap(collection)) {
      const pair = collection.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) return offset;
      const keyOffset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
      offset = at === 'key' && index === path.length - 1 ? keyOffset : ((pair.value as Node | null)?.range?.[0] ?? keyOffset);
    } else if (isSeq(collection) && typeof part === 'number') {
      node = collection.items[part];
      offset = (node as Node | null | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
