/** The stored form of an observation, made from the bytes that were checked: nothing is written anew, so nothing can change on the way. */
import { isAscii, isUtf8 } from 'node:buffer';
import { refuse, type Json, type Refusal, type Result } from '@cityward/kernel';

/** What the gateway knows of where an observation came from; the same for all that one reporter says. */
export interface EnvelopeSource {
  readonly reporter: string;
  readonly gateway: string;
  readonly authenticated: boolean;
  readonly replay: boolean;
  readonly simulated: boolean;
}

export interface ReadJson {
  readonly value: Json;
  /** The text of `value` as UTF-8, for `seal`. */
  readonly bytes: Uint8Array;
}

/**
 * Strict UTF-8 and JSON of one message. A byte order mark is refused like any other byte that is no JSON.
 * Refusals: PAYLOAD_NOT_UTF8, PAYLOAD_NOT_JSON; the message says how long the payload was and what the parser found.
 */
export function readJsonPayload(bytes: Uint8Array): Result<ReadJson, Refusal<'PAYLOAD_NOT_UTF8' | 'PAYLOAD_NOT_JSON'>> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Latin-1 of ASCII is the same text for a third of the time.
  const isPlain = isAscii(buffer);
  if (!isPlain && !isUtf8(buffer))
    return refuse('invalid', 'PAYLOAD_NOT_UTF8', `read ${bytes.length} bytes: they are not UTF-8, wanted JSON`);
  try {
    return { ok: true, value: { value: JSON.parse(buffer.toString(isPlain ? 'latin1' : 'utf8')) as Json, bytes } };
  } catch (error) {
    const reason = (error as Error).message;
    return refuse('invalid', 'PAYLOAD_NOT_JSON', `read ${bytes.length} bytes: ${reason}, wanted one JSON value`);
  }
}

const RECEIVED = Buffer.from(',"received":');
const BODY = Buffer.from(',"body":');
const END = 0x7d;

/** Puts observations of one source into their stored form; make it once per reporter. */
export function createEnvelope(source: EnvelopeSource): (received: number, body: Uint8Array) => Buffer {
  const { reporter, gateway, authenticated, replay, simulated } = source;
  const head = Buffer.from(JSON.stringify({ reporter, gateway, authenticated, replay, simulated }).slice(0, -1));
  const start = Buffer.concat([head, RECEIVED]);
  return (received, body) => {
    const time = String(received);
    const sealed = Buffer.allocUnsafe(start.length + time.length + BODY.length + body.length + 1);
    sealed.set(start);
    let at = start.length + sealed.write(time, start.length, 'latin1');
    sealed.set(BODY, at);
    at += BODY.length;
    sealed.set(body, at);
    sealed[at + body.length] = END;
    return sealed;
  };
}
