/** The little XML that cameras speak (SOAP, ONVIF, lists), read strictly: no DTD, no entities of its own, bounded in size and depth. */

export const XML_MAX_CHARS = 262_144;
export const XML_DEPTH_MAX = 24;
const NODES_MAX = 5_000;
const ATTRIBUTES_MAX = 32;

export interface XmlNode {
  /** Without its prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
export const escapeXml = (text: string): string =>
  text.replaceAll(/[<>&"']/gu, (sign) => `&${Object.keys(ENTITIES).find((name) => ENTITIES[name] === sign)};`);

class Unreadable extends Error {}

function unescape(text: string): string {
  return text.replaceAll(/&([^;]{0,12});?/gu, (whole, name: string) => {
    const code = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/iu.exec(name);
    const point = code ? Number.parseInt(code[1] ?? code[2]!, code[1] === undefined ? 10 : 16) : 0;
    const sign = code && point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : ENTITIES[name];
    if (sign === undefined || !whole.endsWith(';')) throw new Unreadable();
    return sign;
  });
}

const TAG = /^<(\/)?([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/)?>/u;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/gu;

interface Open {
  readonly name: string;
  readonly prefix: string;
  readonly attributes: Record<string, string>;
  readonly children: XmlNode[];
  text: string;
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  let count = 0;
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    if (++count > ATTRIBUTES_MAX || name! in found) throw new Unreadable();
    found[name!] = unescape(double ?? single ?? '');
  }
  return found;
}

/** What is no element: the length of a comment, a CDATA section or the declaration at the start; 0 for none of them. */
function skipped(text: string, at: number, open: Open | undefined): number {
  const end = (mark: string, from: number): number => {
    const found = text.indexOf(mark, from);
    if (found < 0) throw new Unreadable();
    return found + mark.length - at;
  };
  if (text.startsWith('<!--', at)) return end('-->', at + 4);
  if (text.startsWith('<?xml ', at) && at === 0) return end('?>', at);
  if (!text.startsWith('<![CDATA[', at) || !open) return 0;
  const length = end(']]>', at);
  open.text += text.slice(at + '<![CDATA['.length, at + length - ']]>'.length);
  return length;
}

function read(text: string): XmlNode {
  const stack: Open[] = [];
  let root: XmlNode | null = null;
  let nodes = 0;
  const close = ({ name, attributes, children, text: own }: Open): void => {
    const node: XmlNode = { name, attributes, children, text: own.trim() };
    const parent = stack.at(-1);
    if (parent) parent.children.push(node);
    else root = node;
  };
  for (let at = 0; at < text.length;) {
    const open = stack.at(-1);
    const next = text.indexOf('<', at);
    const words = text.slice(at, next < 0 ? text.length : next);
    if (open) open.text += unescape(words);
    else if (words.trim() !== '') throw new Unreadable();
    if (next < 0) break;
    at = next;
    const length = skipped(text, at, open);
    at += length;
    if (length > 0) continue;
    const match = TAG.exec(text.slice(at, at + XML_TAG_MAX_CHARS));
    if (!match || root || ++nodes > NODES_MAX) throw new Unreadable();
    const [whole, ends, prefix = '', name, attributes, isEmpty] = match;
    at += whole.length;
    if (ends) {
      const last = stack.pop();
      if (!last || last.name !== name || last.prefix !== prefix || attributes || isEmpty) throw new Unreadable();
      close(last);
      continue;
    }
    const began: Open = { name: name!, prefix, attributes: attributesOf(attributes!), children: [], text: '' };
    if (isEmpty) close(began);
    else if (stack.push(began) > XML_DEPTH_MAX) throw new Unreadable();
  }
  if (!root || stack.length > 0) throw new Unreadable();
  return root;
}
const XML_TAG_MAX_CHARS = 8_192;

/** The root of a well-formed document, or null. Never throws on input. */
export function parseXml(text: string): XmlNode | null {
  if (text.length > XML_MAX_CHARS) return null;
  try {
    return read(text.replace(/^\uFEFF/u, ''));
  } catch (fault) {
    if (fault instanceof Unreadable) return null;
    throw fault;
  }
}

/** The first element of that name in document order, the node itself among them. */
export function findXml(node: XmlNode, name: string): XmlNode | null {
  if (node.name === name) return node;
  for (const child of node.children) {
    const found = findXml(child, name);
    if (found) return found;
  }
  return null;
}

/** Every element of that name, outermost first. */
export const allXml = (node: XmlNode, name: string): XmlNode[] => [
  ...(node.name === name ? [node] : []),
  ...node.children.flatMap((child) => allXml(child, name)),
];
