/** Authenticators of RFC 5176 requests and their answers. Message-Authenticator is always written and always wanted (RFC 3579, after Blast-RADIUS). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { refuse, type Refusal, type Result, type Secret } from '@cityward/kernel';
import { ATTRIBUTES, AUTHENTICATOR_BYTES, HEADER_BYTES, decodePacket, encodePacket, type Packet } from './packet.ts';

const ZEROS = Buffer.alloc(AUTHENTICATOR_BYTES);
export type SealRefusal = Refusal<'RADIUS_MALFORMED' | 'RADIUS_NOT_AUTHENTIC'>;

const md5 = (...parts: readonly Buffer[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest();

/** Where the value of the only Message-Authenticator stands; -1 where there is none, more than one, or one of another length. */
function placeOfSeal(bytes: Buffer): number {
  let found = -1;
  for (let at = HEADER_BYTES; at < bytes.length; at += bytes[at + 1]!) {
    if (bytes[at] !== ATTRIBUTES.messageAuthenticator) continue;
    if (found >= 0 || bytes[at + 1] !== AUTHENTICATOR_BYTES + 2) return -1;
    found = at + 2;
  }
  return found;
}

/** HMAC-MD5 over the packet with `authenticator` in its header and zeros in the seal (RFC 3579 section 3.2, RFC 5176 section 3.4). */
function sealOf(bytes: Buffer, { place, authenticator, key }: { place: number; authenticator: Buffer; key: Buffer }) {
  const copy = Buffer.from(bytes);
  authenticator.copy(copy, 4);
  ZEROS.copy(copy, place);
  return createHmac('md5', key).update(copy).digest();
}

export type Draft = Omit<Packet, 'authenticator'>;

/** The bytes of a Disconnect- or CoA-Request. */
export function sealRequest({ code, identifier, attributes }: Draft, secret: Secret): Buffer {
  const key = Buffer.from(secret.reveal());
  const sealed = [{ type: ATTRIBUTES.messageAuthenticator, value: ZEROS }, ...attributes];
  const bytes = encodePacket({ code, identifier, authenticator: ZEROS, attributes: sealed });
  const place = placeOfSeal(bytes);
  sealOf(bytes, { place, authenticator: ZEROS, key }).copy(bytes, place);
  md5(bytes, key).copy(bytes, 4);
  return bytes;
}

/** The bytes of an answer to `request`; for tests and for whoever plays the switch. */
export function sealAnswer({ code, identifier, attributes }: Draft, request: Buffer, secret: Secret): Buffer {
  const key = Buffer.from(secret.reveal());
  const authenticator = request.subarray(4, HEADER_BYTES);
  const sealed = [{ type: ATTRIBUTES.messageAuthenticator, value: ZEROS }, ...attributes];
  const bytes = encodePacket({ code, identifier, authenticator, attributes: sealed });
  const place = placeOfSeal(bytes);
  sealOf(bytes, { place, authenticator, key }).copy(bytes, place);
  md5(bytes, key).copy(bytes, 4);
  return bytes;
}

const notAuthentic = (what: string): Result<never, SealRefusal> =>
  refuse('forbidden', 'RADIUS_NOT_AUTHENTIC', `trust a RADIUS answer: ${what}`);

/** An answer counts only when both its authenticator and its seal are right for this request. */
export function openAnswer(answer: Buffer, request: Buffer, secret: Secret): Result<Packet, SealRefusal> {
  const read = decodePacket(answer);
  if (!read.ok) return read;
  const bytes = answer.subarray(0, answer.readUInt16BE(2));
  if (bytes[1] !== request[1]) return notAuthentic(`it answers request ${bytes[1]}, ${request[1]} was asked`);
  const key = Buffer.from(secret.reveal());
  const authenticator = request.subarray(4, HEADER_BYTES);
  const copy = Buffer.from(bytes);
  authenticator.copy(copy, 4);
  if (!timingSafeEqual(md5(copy, key), bytes.subarray(4, HEADER_BYTES)))
    return notAuthentic('its authenticator is wrong for this request and secret');
  const place = placeOfSeal(bytes);
  if (place < 0) return notAuthentic('exactly one Message-Authenticator is wanted');
  const seal = bytes.subarray(place, place + AUTHENTICATOR_BYTES);
  // FreeRADIUS 3 seals these answers with zeros where the request's authenticator belongs. The check above binds them to the request.
  return [authenticator, ZEROS].some((one) => timingSafeEqual(sealOf(bytes, { place, authenticator: one, key }), seal))
    ? read
    : notAuthentic('its Message-Authenticator is wrong');
}

/** What the switch checks of a request: for whoever plays the switch. */
export function openRequest(bytes: Buffer, secret: Secret): Result<Packet, SealRefusal> {
  const read = decodePacket(bytes);
  if (!read.ok) return read;
  const whole = bytes.subarray(0, bytes.readUInt16BE(2));
  const key = Buffer.from(secret.reveal());
  const copy = Buffer.from(whole);
  ZEROS.copy(copy, 4);
  if (!timingSafeEqual(md5(copy, key), whole.subarray(4, HEADER_BYTES)))
    return notAuthentic('its request authenticator is wrong');
  const place = placeOfSeal(whole);
  if (place < 0) return notAuthentic('exactly one Message-Authenticator is wanted');
  return timingSafeEqual(
    sealOf(whole, { place, authenticator: ZEROS, key }),
    whole.subarray(place, place + AUTHENTICATOR_BYTES),
  )
    ? read
    : notAuthentic('its Message-Authenticator is wrong');
}
