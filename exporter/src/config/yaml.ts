import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Scalar, YAMLError } from 'yaml';
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
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, strict: true, prettyErrors: false });
  const place = (offset: number): Pick<ConfigProblem, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const at = (offset: number, message: string): ConfigProblem => ({ file, ...place(offset), path: '', message });
  const complaints = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], explain(error)));
  if (complaints.length > 0) throw new ConfigError(complaints.slice(0, MAX_PROBLEMS));
  const { duplicates, bomb } = examine(document);
  if (bomb !== null) throw whole(bomb);
  if (duplicates.length > 0) {
    throw new ConfigError(
      duplicates
        .slice(0, MAX_PROBLEMS)
        .map((key) => at(key.range?.[0] ?? 0, `\`${String(key.value).slice(0, 64)}\` is given twice at the same level; keep one`)),
    );
  }
  return {
    file,
    value: document.toJS({ maxAliasCount: MAX_ALIASED_NODES }) as unknown,
    problem: (path, message, at = 'value') => ({ file, ...place(offsetOf(document, path, at)), path: formatPath(path), message }),
  };
}

/** What the library leaves unchecked or checks too slowly, in document order: duplicate keys, nesting, aliases that multiply. */
function examine(document: Document.Parsed): { duplicates: Scalar[]; bomb: string | null } {
  const anchors = new Map<string, Node>();
  const sizes = new Map<Node, number>();
  const duplicates: Scalar[] = [];
  let bomb: string | null = null;
  let aliased = 0;
  visit(document, (_key, node, ancestors) => {
    if (ancestors.length > MAX_DEPTH * 2) bomb = `nested deeper than ${MAX_DEPTH} levels`;
    if (isMap(node)) duplicates.push(...repeatedKeys(node.items.map((pair) => pair.key)));
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) aliased += sizeOf(target, anchors, sizes);
      if (aliased > MAX_ALIASED_NODES) bomb = `its aliases stand for more than ${MAX_ALIASED_NODES} values; write them out or use fewer`;
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    return bomb === null ? undefined : visit.BREAK;
  });
  return { duplicates, bomb };
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
  MULTIPLE_DOCS: 'a second document begins here (`---`); one file holds one configuration',
  TAB_AS_INDENT: 'a tab is used for indentation; YAML allows only spaces',
  RESOURCE_EXHAUSTION: `nested deeper than ${MAX_DEPTH} levels`,
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
