/** The body of an EST request: base64 as RFC 8951 wants it, and the other forms that real clients send. */
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { REQUEST_MAX_BYTES } from './signing-request.ts';

/** Base64 grows by a third; the rest is room for white space and PEM lines. */
export const REQUEST_BODY_MAX_BYTES = 2 * REQUEST_MAX_BYTES;

const DER_SEQUENCE = 0x30; // base64 of a request begins with "M", so this byte can only be DER itself
const PEM = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The DER of a request sent as base64 with any white space, as PEM, or plain. */
export function decodeRequestBody(
  body: Uint8Array,
): Result<Buffer, Refusal<'REQUEST_UNREADABLE' | 'REQUEST_TOO_LARGE'>> {
  if (body.length > REQUEST_BODY_MAX_BYTES)
    return refuse(
      'too-large',
      'REQUEST_TOO_LARGE',
      `read request of ${body.length} bytes: wanted at most ${REQUEST_BODY_MAX_BYTES}`,
    );
  if (body[0] === DER_SEQUENCE) return ok(Buffer.from(body));
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const base64 = (PEM.exec(text)?.[1] ?? text).replace(/\s+/g, '');
  if (base64.length % 4 !== 0 || !BASE64.test(base64))
    return refuse('invalid', 'REQUEST_UNREADABLE', 'read request: wanted a PKCS#10 request in base64 or PEM');
  return ok(Buffer.from(base64, 'base64'));
}
