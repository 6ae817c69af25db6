import ts from 'typescript';

/** Texts by their keys; a plural's other forms stand under `key_one` and so on, as i18next looks for them. */
export type Texts = Map<string, string>;

/**
 * The texts for people in one source file: `t('key', 'English', options)` and `<Trans i18nKey="key">English</Trans>`.
 *
 * @throws Error naming file and line where a key or its English is not written out, or where one key has two texts
 */
export function textsOf(file: string, source: string): Texts {
  const texts: Texts = new Map();
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
      addCall(node);
    } else if (ts.isJsxElement(node) && node.openingElement.tagName.getText() === 'Trans') {
      addElement(node);
    }
    ts.forEachChild(node, visit);
  };
  const fail = (node: ts.Node, why: string): never => {
    throw new Error(`${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${why}`);
  };
  const put = (node: ts.Node, key: string, text: string): void => {
    const known = texts.get(key);
    if (known !== undefined && known !== text) {
      fail(node, `the key ${key} has two texts`);
    }
    texts.set(key, text);
  };
  const addCall = (node: ts.CallExpression): void => {
    const [key, text, options] = node.arguments;
    if (!key || !ts.isStringLiteralLike(key)) {
      return fail(node, 'the key of t() must be written out');
    }
    const english = text && joined(text);
    if (english === undefined) {
      return fail(node, `the English of ${key.text} must be written out`);
    }
    const members = options && ts.isObjectLiteralExpression(options) ? options.properties : [];
    const counted = members.some((member) => member.name?.getText() === 'count');
    put(node, counted ? `${key.text}_other` : key.text, english);
    if (counted) {
      put(node, `${key.text}_one`, english);
    }
    for (const member of members) {
      const form = /^defaultValue(_\w+)$/.exec(member.name?.getText() ?? '')?.[1];
      if (form !== undefined && ts.isPropertyAssignment(member)) {
        texts.set(`${key.text}${form}`, joined(member.initializer) ?? fail(member, `the English of ${key.text}${form} must be written out`));
      }
    }
  };
  const addElement = (node: ts.JsxElement): void => {
    const attribute = node.openingElement.attributes.properties.find((one) => one.name?.getText() === 'i18nKey');
    const key = attribute && ts.isJsxAttribute(attribute) && attribute.initializer && ts.isStringLiteral(attribute.initializer) ? attribute.initializer.text : undefined;
    if (key === undefined || node.children.some((child) => !ts.isJsxText(child))) {
      return fail(node, '<Trans> needs an i18nKey and plain text');
    }
    put(node, key, unescaped(node.children.map((child) => child.getText()).join('').replace(/\s+/g, ' ').trim()));
  };
  visit(tree);
  return texts;
}

/** A string, or strings joined by `+`. */
function joined(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [joined(node.left), joined(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  return undefined;
}

const ENTITIES: Record<string, string> = { '&apos;': "'", '&quot;': '"', '&lt;': '<', '&gt;': '>', '&amp;': '&' };

function unescaped(text: string): string {
  return text.replace(/&(?:apos|quot|lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
