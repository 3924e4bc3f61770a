/** Artifacts on their way to devices: whole or in ranges, from memory while many want the same one. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RawReply } from '@cityward/http';
import type { Desk } from './desk.ts';

const CACHE_MAX_BYTES = 268_435_456;
const KEPT_MAX = 64;

export interface Content {
  readonly bytes: Buffer;
  readonly sha1: string;
  readonly md5: string;
}
/** Bytes by hash; those asked for together are read once. */
export function createContents(desk: Pick<Desk, 'source'>): (hash: string) => Promise<Content | null> {
  const kept = new Map<string, Promise<Content | null>>();
  const sizes = new Map<string, number>();
  let total = 0;
  const read = async (hash: string): Promise<Content | null> => {
    const source = await desk.source(hash);
    if (!source) return null;
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
    return { bytes, sha1: digest('sha1'), md5: digest('md5') };
  };
  const makeRoom = (): void => {
    // The oldest first; whoever is being served goes on from its own reference.
    for (const hash of kept.keys()) {
      if (total <= CACHE_MAX_BYTES && kept.size <= KEPT_MAX) return;
      total -= sizes.get(hash) ?? 0;
      sizes.delete(hash);
      kept.delete(hash);
    }
  };
  return (hash) => {
    const held = kept.get(hash);
    if (held) return held;
    const reading = read(hash);
    kept.set(hash, reading);
    const drop = (): void => void kept.delete(hash);
    reading.then((content) => {
      // Not there yet may be there later.
      if (!content) return drop();
      sizes.set(hash, content.bytes.length);
      total += content.bytes.length;
      makeRoom();
    }, drop);
    return reading;
  };
}

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/u;

/** First and last byte; null for no such range, `whole` for none asked or one of a kind not served here. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | null | 'whole' {
  const match = header === undefined ? null : RANGE.exec(header.trim());
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  if (match[1] === '') {
    const count = Math.min(size, Number(match[2]));
    return count === 0 ? null : [size - count, size - 1];
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return first > last || first >= size ? null : [first, last];
}

const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\/|^"|"$/gu, ''));

/** RFC 9110: If-Match before Range; the tag is the SHA-1, as clients of hawkBit expect. */
export function serve({ bytes, sha1 }: Content, headers: IncomingHttpHeaders): RawReply {
  const common = { 'content-type': 'application/octet-stream', etag: `"${sha1}"`, 'accept-ranges': 'bytes' };
  const match = headers['if-match'];
  if (match !== undefined && match.trim() !== '*' && !tagsIn(match).includes(sha1))
    return { status: 412, headers: common, body: '' };
  const range = rangeOf(headers.range, bytes.length);
  if (range === 'whole') return { status: 200, headers: common, body: bytes };
  if (range === null)
    return { status: 416, headers: { ...common, 'content-range': `bytes */${bytes.length}` }, body: '' };
  const [first, last] = range;
  const part = { ...common, 'content-range': `bytes ${first}-${last}/${bytes.length}` };
  return { status: 206, headers: part, body: bytes.subarray(first, last + 1) };
}
