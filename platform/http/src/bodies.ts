/** Turns request bodies into values: JSON of bounded depth, or raw UTF-8 text; a wrong encoding is refused with its byte offset. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Refusal, Result } from '@cityward/kernel';
import { ok, refuse } from '@cityward/kernel';
import { JSON_DEPTH_MAX } from './options.ts';
import { RefusedRequest } from './problems.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Decodes UTF-8 (a leading byte order mark is dropped); refuses with the offset of the first byte that is not. */
export function decodeText(bytes: Uint8Array): Result<string, Refusal> {
  try {
    return ok(strict.decode(bytes));
  } catch {
    const at = firstBadByte(bytes);
    const value = bytes[at] === undefined ? 'the end' : `0x${bytes[at].toString(16).padStart(2, '0')}`;
    return refuse('invalid', 'BODY_NOT_UTF8', `read the body as UTF-8: byte ${at} is ${value}, send UTF-8 text`);
  }
}

/** Offset of the first byte that cannot be part of UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
function firstBadByte(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceLength(bytes, at);
    if (size === 0) return at;
    at += size;
  }
  return at;
}

function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const size =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  const second = bytes[at + 1]!;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return size;
}

/** Refuses nesting deeper than `JSON_DEPTH_MAX`, before anything recursive sees it. */
export function checkDepth(text: string): Result<string, Refusal> {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > JSON_DEPTH_MAX)
        return refuse(
          'invalid',
          'BODY_TOO_DEEP',
          `read the JSON body: character ${i} nests deeper than ${JSON_DEPTH_MAX}`,
        );
    } else if (char === 0x5d || char === 0x7d) depth--;
  }
  return ok(text);
}

type Done = (error: Error | null, value?: unknown) => void;
const finish = (result: Result<unknown, Refusal>, done: Done): void =>
  result.ok ? done(null, result.value) : done(new RefusedRequest(result.error));

/** Bodies of JSON commands: only `application/json`; `__proto__` and `constructor.prototype` are refused as keys. */
export function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    const text = decodeText(body);
    const checked = text.ok ? checkDepth(text.value) : text;
    if (!checked.ok) return finish(checked, done);
    void parse(request, checked.value, (error, value) => {
      if (!error) return done(null, value);
      finish(refuse('invalid', 'BODY_NOT_JSON', `read the JSON body: ${error.message}`), done);
    });
  });
}

/** Bodies that are a whole file: every content type is taken as UTF-8 text. */
export function takeText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request: FastifyRequest, body: Buffer, done) =>
    finish(decodeText(body), done),
  );
}

/** Bodies left as the bytes they are. */
export function takeBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request: FastifyRequest, body: Buffer, done) =>
    done(null, body),
  );
}

/** Bodies left as they arrive: read by the handler, or never. */
export function takeStream(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request: FastifyRequest, payload, done) => done(null, payload));
}
