/** Reads the certs-only CMS (RFC 5652, RFC 7030 section 4.1.3) in which EST hands out certificates. */
import { X509Certificate } from 'node:crypto';
import { err, ok, type Result } from '@cityward/kernel';
import { readAll, readElement } from './der.ts';

const SEQUENCE = 0x30;
/** `[0]` constructed: the content of a ContentInfo, and the certificates of a SignedData. */
const CONTEXT_0 = 0xa0;
export const ANSWER_MAX_BYTES = 32_768;

/** The certificates in the base64 body of an EST answer, in their order; the error says what was wrong. Never throws on input. */
export function readCertsOnly(base64: string): Result<readonly X509Certificate[], string> {
  if (base64.length > ANSWER_MAX_BYTES)
    return err(`read certificates: answer of ${base64.length} characters is too long`);
  const der = Buffer.from(base64.replaceAll(/\s+/gu, ''), 'base64');
  const outer = readElement(der, 0);
  if (outer?.tag !== SEQUENCE) return err('read certificates: the answer is no CMS');
  const content = readAll(outer.body)?.find((element) => element.tag === CONTEXT_0);
  const signed = content ? readElement(content.body, 0) : null;
  const parts = signed?.tag === SEQUENCE ? readAll(signed.body) : null;
  const set = parts?.find((element) => element.tag === CONTEXT_0);
  const inside = set ? readAll(set.body) : null;
  if (!inside || inside.length === 0) return err('read certificates: the answer holds none');
  try {
    return ok(inside.map((element) => new X509Certificate(element.whole)));
  } catch (fault) {
    return err(`read certificates: ${(fault as Error).message}`);
  }
}

/** The one certificate that belongs to the key, from an answer that may hold its issuers too. */
export const certificateFor = (all: readonly X509Certificate[], spki: Buffer): X509Certificate | undefined =>
  all.find((one) => one.publicKey.export({ type: 'spki', format: 'der' }).equals(spki));
