/** Whether a detached signature over a document is the city's: pure, for whoever holds the city's root and nothing else. */
import { verify, X509Certificate } from 'node:crypto';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { readDetached } from './cms.ts';
import { OID } from './oids.ts';

export type DocumentRefusal = Refusal<'SIGNATURE_FILE' | 'DOCUMENT_SIGNATURE' | 'DOCUMENT_SIGNER'>;
export interface CheckedDocument {
  /** As the city's authority names itself. */
  readonly signer: string;
  readonly serial: string;
}

/**
 * @param roots certificates that the reader trusts; only self-signed ones among them count
 * @param at when the document says that it was signed, in milliseconds: the signer's certificate must have been valid then
 */
export function checkDocument(
  content: Uint8Array,
  signatureFile: Uint8Array,
  { roots, at }: { readonly roots: readonly X509Certificate[]; readonly at: number },
): Result<CheckedDocument, DocumentRefusal> {
  const read = readDetached(signatureFile);
  if (!read.ok) return read;
  const [signer, issuing] = read.value.certificates.map(certificateOf);
  if (!signer || !issuing) return wrongSigner('its certificates cannot be read');
  const root = roots.find((one) => isRoot(one) && issuing.checkIssued(one) && issuing.verify(one.publicKey));
  if (!root || !issuing.ca) return wrongSigner('it does not chain to the root that you named');
  if (signer.ca || !signer.checkIssued(issuing) || !signer.verify(issuing.publicKey))
    return wrongSigner("it is not signed by the city's authority");
  const uses: readonly string[] = signer.keyUsage ?? [];
  if (uses.length !== 1 || uses[0] !== OID.documentSigning) return wrongSigner('it is no certificate for documents');
  const named = Buffer.from(read.value.serial).toString('hex').toUpperCase();
  if (named !== signer.serialNumber || !signer.raw.includes(Buffer.from(read.value.issuerName)))
    return wrongSigner('it names another certificate than it holds');
  for (const one of [signer, issuing, root])
    if (at < one.validFromDate.getTime() || at > one.validToDate.getTime())
      return wrongSigner('a certificate was not valid when the document says that it was signed');
  if (!isSigned(content, signer, read.value.signature))
    return refuse('forbidden', 'DOCUMENT_SIGNATURE', 'check document: it is not what the city signed');
  return ok({ signer: issuing.subject.replaceAll('\n', ', '), serial: signer.serialNumber });
}

const wrongSigner = (why: string) => refuse('forbidden', 'DOCUMENT_SIGNER', `check the signer of the document: ${why}`);

function certificateOf(der: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

const isRoot = (one: X509Certificate): boolean => one.ca && one.checkIssued(one) && one.verify(one.publicKey);

function isSigned(content: Uint8Array, signer: X509Certificate, signature: Uint8Array): boolean {
  try {
    return verify('sha256', content, signer.publicKey, signature);
  } catch {
    return false;
  }
}
