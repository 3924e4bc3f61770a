/** Changes messages as somebody would who knows their form: a part lost, doubled, of another kind, far too large, or lying about its length. */
import type { Chance } from './chance.ts';

type Mutate<T> = (message: T, chance: Chance) => T;

/** Without any knowledge of the form. */
export const mutateBytes: Mutate<Buffer> = (message, chance) => {
  const at = chance.below(message.length + 1);
  const length = 1 + chance.below(16);
  switch (chance.below(6)) {
    case 0:
      return flipped(message, chance);
    case 1:
      return message.subarray(0, at);
    case 2:
      return Buffer.concat([message.subarray(0, at), chance.bytes(length), message.subarray(at)]);
    case 3:
      return Buffer.concat([message.subarray(0, at), message.subarray(at + length)]);
    case 4:
      return Buffer.concat([message, message.subarray(at)]);
    default:
      return Buffer.concat([message.subarray(0, at), Buffer.alloc(length, chance.pick([0, 0xff, 0x80, 0x30]))]);
  }
};

function flipped(message: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(message);
  if (copy.length > 0) copy[chance.below(copy.length)]! ^= 1 << chance.below(8);
  return copy;
}

/** One element of DER: its children where it can be read as such, else its bytes. */
interface Element {
  tag: number;
  children: Element[] | null;
  value: Buffer;
  /** In front of the children, as in a BIT STRING that holds a structure. */
  before: Buffer;
  /** Instead of the length that it has. */
  length: Buffer | null;
}
const CONSTRUCTED = 0x20;
const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;
const DEPTH_MAX = 30;

function readElements(bytes: Buffer, depth: number): Element[] | null {
  const found: Element[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at + 1];
    if (first === undefined || depth > DEPTH_MAX) return null;
    const long = first < 0x80 ? 0 : first - 0x80;
    if (first === 0x80 || long > 3 || at + 2 + long > bytes.length) return null;
    const length = long === 0 ? first : bytes.readUIntBE(at + 2, long);
    const from = at + 2 + long;
    if (from + length > bytes.length) return null;
    found.push(elementOf(bytes[at]!, bytes.subarray(from, from + length), depth));
    at = from + length;
  }
  return found;
}

function elementOf(tag: number, value: Buffer, depth: number): Element {
  const holds = (tag & CONSTRUCTED) !== 0 || tag === OCTET_STRING;
  const isBits = tag === BIT_STRING && value[0] === 0;
  const before = isBits ? value.subarray(0, 1) : Buffer.alloc(0);
  const inner = holds || isBits ? readElements(value.subarray(before.length), depth + 1) : null;
  const children = inner && inner.length > 0 ? inner : null;
  return { tag, children, value, before, length: null };
}

function written({ tag, children, value, before, length }: Element): Buffer {
  const content = children ? Buffer.concat([before, ...children.map(written)]) : value;
  return Buffer.concat([Buffer.from([tag]), length ?? lengthOf(content.length), content]);
}
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const made = Buffer.alloc(1 + bytes, 0x80 + bytes);
  made.writeUIntBE(length, 1, bytes);
  return made;
}
const allOf = (elements: readonly Element[]): Element[] =>
  elements.flatMap((one) => [one, ...(one.children ? allOf(one.children) : [])]);

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x30, 0x31, 0xa0, 0xa1, 0x80, 0x86, 0x1f, 0xff,
];
const LENGTHS = ['80', '00', '7f', '8100', '820000', '84ffffffff', '8400000001', 'ff'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const VALUES = [
  '',
  '00',
  'ff',
  '0080',
  '8000',
  '00'.repeat(40),
  'ff'.repeat(300),
  '2a8648ce3d0301',
  '80808080808001',
].map((hex) => Buffer.from(hex, 'hex'));

export const mutateDer: Mutate<Buffer> = (message, chance) => {
  const elements = readElements(message, 0);
  if (!elements || elements.length === 0 || chance.below(5) === 0) return mutateBytes(message, chance);
  for (let changes = 1 + chance.below(2); changes > 0; changes--) {
    const all = allOf(elements);
    const parents = all.filter((one) => one.children && one.children.length > 0);
    if (chance.below(2) === 0 && parents.length > 0) changeChildren(chance.pick(parents).children!, chance);
    else changeElement(chance.pick(all), chance);
  }
  return Buffer.concat(elements.map(written));
};

function changeChildren(children: Element[], chance: Chance): void {
  const at = chance.below(children.length);
  const one = children[at]!;
  switch (chance.below(4)) {
    case 0:
      return void children.splice(at, 1);
    case 1:
      return void children.splice(at, 0, one);
    case 2:
      return void children.splice(0, children.length, ...children.toReversed());
    default:
      return void children.push(...Array.from({ length: 1 + chance.below(40) }, () => one));
  }
}

function changeElement(one: Element, chance: Chance): void {
  switch (chance.below(6)) {
    case 0:
      return void (one.tag = chance.pick(TAGS));
    case 1:
      return void (one.length = chance.pick(LENGTHS));
    case 2:
      return void Object.assign(one, { children: null, value: chance.pick(VALUES) });
    case 3:
      return void Object.assign(one, { children: null, value: chance.bytes(chance.below(24)) });
    case 4:
      return void Object.assign(one, { children: null, value: Buffer.alloc(2 * chance.below(3_000), '3080', 'hex') });
    default:
      return void Object.assign(one, { value: flipped(one.value, chance), children: null });
  }
}

const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e308, '', ' ', '\u0000', '\ud800', '../../etc/passwd'],
  ...['x'.repeat(3_000), '__proto__', 'constructor', '-1', '1e999', 'NaN', [], {}, [[]], [null], { a: { b: {} } }],
  { length: -1 },
];
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'x'.repeat(500), 'length', '0'];
type Json = Record<string, unknown> | unknown[];

/** `null` for text that is no JSON object or list. */
export const mutateJson: Mutate<Buffer> = (message, chance) => {
  if (chance.below(5) === 0) return mutateBytes(message, chance);
  let value: unknown;
  try {
    value = JSON.parse(message.toString('utf8'));
  } catch {
    return mutateBytes(message, chance);
  }
  if (typeof value !== 'object' || value === null) return Buffer.from(JSON.stringify(chance.pick(ODD)) ?? '');
  const holders = holdersIn(value as Json);
  const holder = chance.pick(holders);
  const names = Object.keys(holder);
  const name = names.length > 0 ? chance.pick(names) : 'x';
  const fields = holder as Record<string, unknown>;
  switch (chance.below(6)) {
    case 0:
      delete fields[name];
      break;
    case 1:
      fields[name] = chance.pick(ODD);
      break;
    case 2:
      if (Array.isArray(holder)) holder.push(chance.pick(ODD));
      else
        Object.defineProperty(holder, chance.pick(NAMES), {
          value: fields[name],
          enumerable: true,
          configurable: true,
        });
      break;
    case 3:
      fields[name] = Array.from({ length: chance.below(300) }, () => fields[name]);
      break;
    case 4:
      return nested(JSON.stringify(value), chance);
    default:
      return doubled(JSON.stringify(value), name, chance);
  }
  return Buffer.from(JSON.stringify(value));
};

const holdersIn = (value: Json): Json[] => [
  value,
  ...Object.values(value)
    .filter((one): one is Json => typeof one === 'object' && one !== null)
    .flatMap(holdersIn),
];
function nested(text: string, chance: Chance): Buffer {
  const depth = chance.below(4_000);
  const [open, close] = chance.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return Buffer.from(`${open.repeat(depth)}${text}${chance.below(2) === 0 ? close.repeat(depth) : ''}`);
}
/** The same name twice: the reader takes one of them, whoever looked before may have taken the other. */
function doubled(text: string, name: string, chance: Chance): Buffer {
  const twice = `${JSON.stringify(name)}:${JSON.stringify(chance.pick(ODD))}`;
  return Buffer.from(text.replace('{', `{${twice},`));
}

/** Base64 with what clients and proxies do to it, and what nobody should. */
export const mutateBase64: Mutate<Buffer> = (message, chance) => {
  const text = message.toString('latin1');
  const at = chance.below(text.length + 1);
  switch (chance.below(7)) {
    case 0:
      return Buffer.from((text.match(/.{1,64}/gs) ?? []).join(chance.pick(['\r\n', '\n', ' ', '\t', '\0'])), 'latin1');
    case 1:
      return Buffer.from(
        `${text.slice(0, at)}${chance.pick(['=', '==', '-', '_', '%0A', 'é', '\u00a0'])}${text.slice(at)}`,
      );
    case 2:
      return Buffer.from(text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'), 'latin1');
    case 3: {
      const kind = chance.pick(['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST', 'CERTIFICATE', 'x'.repeat(200)]);
      return Buffer.from(`-----BEGIN ${kind}-----\n${text}\n-----END ${kind}-----\n`.repeat(1 + chance.below(3)));
    }
    case 4:
      return Buffer.from(text, 'utf16le');
    case 5:
      return Buffer.from(text.repeat(chance.below(60)), 'latin1');
    default:
      return mutateBytes(message, chance);
  }
};

/** A RADIUS packet (RFC 2865): code, id, length, authenticator, attributes. */
export const mutateRadius: Mutate<Buffer> = (message, chance) => {
  const copy = Buffer.from(message);
  if (copy.length < 20) return mutateBytes(copy, chance);
  const starts = [...attributeStarts(copy)];
  switch (chance.below(6)) {
    case 0:
      copy[chance.below(2)] = chance.below(256);
      return copy;
    case 1:
      copy.writeUInt16BE(chance.pick([0, 19, 20, copy.length - 1, copy.length + 1, 4_096, 4_097, 65_535]), 2);
      return copy;
    case 2:
      if (starts.length > 0) copy[chance.pick(starts) + 1] = chance.pick([0, 1, 2, 3, 255]);
      return copy;
    case 3:
      if (starts.length > 0) copy[chance.pick(starts)] = chance.below(256);
      return copy;
    case 4: {
      const more = Buffer.concat([copy, ...Array.from({ length: chance.below(300) }, () => copy.subarray(20))]);
      more.writeUInt16BE(Math.min(more.length, 65_535), 2);
      return more;
    }
    default:
      return mutateBytes(copy, chance);
  }
};
function* attributeStarts(packet: Buffer): Generator<number> {
  for (let at = 20; at + 1 < packet.length; at += Math.max(2, packet[at + 1]!)) yield at;
}

/** multipart/form-data: parts lost, doubled, without an end, with other names, or with the boundary within. */
export const mutateMultipart: Mutate<Buffer> = (message, chance) => {
  const text = message.toString('latin1');
  const boundary = /^--[^\r\n]+/.exec(text)?.[0] ?? '--x';
  const parts = text.split(boundary);
  const at = chance.below(parts.length);
  switch (chance.below(7)) {
    case 0:
      parts.splice(at, 1);
      break;
    case 1:
      parts.splice(at, 0, ...Array.from({ length: 1 + chance.below(40) }, () => parts[at]!));
      break;
    case 2:
      parts[at] = parts[at]!.replace(
        /name="[^"]*"/,
        chance.pick(['name=""', 'name="../x"', 'name=x', `name="${'x'.repeat(9_000)}"`]),
      );
      break;
    case 3:
      parts[at] = parts[at]!.replace(
        '\r\n\r\n',
        chance.pick(['\n\n', '\r\n', `\r\n${boundary}\r\n\r\n`, '\r\n\r\n\r\n']),
      );
      break;
    case 4:
      return Buffer.from(text.replace(/--\r?\n?$/, ''), 'latin1');
    case 5:
      parts[at] = `\r\n${'a: b\r\n'.repeat(chance.below(500))}\r\n`;
      break;
    default:
      return mutateBytes(message, chance);
  }
  return Buffer.from(parts.join(boundary), 'latin1');
};
