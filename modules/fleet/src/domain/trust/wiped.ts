/** The last word on an order to erase: signed by the device, or by the gateway that erased a camera, so that anybody can check it later. */
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { WIPE_DOMAIN, type JobReport } from '@cityward/contracts';
import { canonicalJson, ok, type Json, type Result } from '@cityward/kernel';
import { distrust, type TrustRefusal } from './refusals.ts';

/** What is signed: the device, and its report without the proof. */
export function wipeBytes(device: string, report: JobReport): Buffer {
  const { proof: _proof, ...rest } = report;
  return Buffer.from(`${WIPE_DOMAIN}${canonicalJson({ device, report: rest } as unknown as Json)}`);
}

/**
 * @param authorities PEMs of the city's own
 * @param signer whose certificate it must be: the device itself, or its gateway where that alone reaches it
 */
export function checkWiped(
  { device, signer }: { readonly device: string; readonly signer: string },
  report: JobReport,
  authorities: readonly string[],
): Result<void, TrustRefusal> {
  const what = `prove that "${device}" is wiped`;
  if (!report.proof) return distrust('WIPE_UNPROVEN', `${what}: "${signer}" did not sign the last report`);
  try {
    const certificate = new X509Certificate(report.proof.certificate);
    const isOurs = authorities.some((pem) => certificate.verify(createPublicKey(pem)));
    const isIts = certificate.subject.split('\n').includes(`CN=${signer}`);
    if (!isOurs || !isIts)
      return distrust('WIPE_UNPROVEN', `${what}: the certificate is not one of this city for "${signer}"`);
    const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const signature = Buffer.from(report.proof.signature, 'base64url');
    if (verify('sha256', wipeBytes(device, report), key, signature)) return ok(undefined);
  } catch {
    // A certificate that cannot be read proves nothing.
  }
  return distrust('WIPE_UNPROVEN', `${what}: the signature is not over this report`);
}
