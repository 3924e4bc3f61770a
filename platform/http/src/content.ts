/** Large bytes on their way out (RFC 9110): whole, in one range, or not at all, as their tag and the request say; never held. */
import { Readable } from 'node:stream';
import type { RawReply, RawRequest } from './raw.ts';

export interface Content {
  readonly size: number;
  /** Names these bytes and no others; the entity tag, without its quotes. */
  readonly tag: string;
  /** Both ends are among those that are read. */
  read(range?: { readonly first: number; readonly last: number }): Readable;
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/u;

type Range = { readonly first: number; readonly last: number };
/** Null for no such range, `whole` for none asked or one of a kind that is not served. */
function rangeOf(header: string | undefined, size: number): Range | null | 'whole' {
  const match = header === undefined ? null : RANGE.exec(header.trim());
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  if (match[1] === '') {
    const count = Math.min(size, Number(match[2]));
    return count === 0 ? null : { first: size - count, last: size - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return first > last || first >= size ? null : { first, last };
}

const untagged = (one: string): string => one.trim().replace(/^W\//u, '').replace(/^"|"$/gu, '');
const names = (header: string, tag: string): boolean =>
  header.trim() === '*' || header.split(',').some((one) => untagged(one) === tag);

/** The order of RFC 9110, section 13.2.2: If-Match, If-None-Match, then Range if If-Range agrees. */
export function contentReply(content: Content, { method, headers }: Pick<RawRequest, 'method' | 'headers'>): RawReply {
  const { size, tag } = content;
  const common = { 'content-type': 'application/octet-stream', etag: `"${tag}"`, 'accept-ranges': 'bytes' };
  const nothing = (status: number, more: Readonly<Record<string, string>> = {}): RawReply => ({
    status,
    headers: { ...common, ...more },
    body: '',
  });
  const { 'if-match': wanted, 'if-none-match': held } = headers;
  const since = headers['if-range']?.toString();
  if (wanted !== undefined && !names(wanted, tag)) return nothing(412);
  if (held !== undefined && names(held, tag)) return nothing(304);
  const agreed = since === undefined || since.trim() === `"${tag}"`;
  const range = agreed ? rangeOf(headers.range, size) : 'whole';
  if (range === null) return nothing(416, { 'content-range': `bytes */${size}` });
  // A HEAD takes the same way, and nothing is opened for it.
  const body = (part?: Range): Readable => (method === 'HEAD' ? Readable.from([]) : content.read(part));
  if (range === 'whole') return { status: 200, headers: { ...common, 'content-length': String(size) }, body: body() };
  const { first, last } = range;
  const part = { 'content-range': `bytes ${first}-${last}/${size}`, 'content-length': String(last - first + 1) };
  return { status: 206, headers: { ...common, ...part }, body: body(range) };
}
