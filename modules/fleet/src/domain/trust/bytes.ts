/** The exact bytes that officers sign, and the strict reading of what comes with them. */
import { createHash } from 'node:crypto';
import { JOB_DOMAIN, OFFICERS_DOMAIN, type ChangeJob, type Officers } from '@cityward/contracts';
import { canonicalJson } from '@cityward/kernel';

/** What a signature on a job is over: its domain and its canonical JSON (RFC 8785). */
export const jobBytes = (job: ChangeJob): Buffer => Buffer.from(JOB_DOMAIN + canonicalJson(job));
/** What a signature on an officers' document is over. */
export const officersBytes = (officers: Officers): Buffer => Buffer.from(OFFICERS_DOMAIN + canonicalJson(officers));

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
/** Hexadecimal SHA-256 of the signed bytes: what officers compare, and (as bytes) the challenge of a passkey. */
export const jobHash = (job: ChangeJob): string => sha256(jobBytes(job)).toString('hex');
export const officersHash = (officers: Officers): string => sha256(officersBytes(officers)).toString('hex');

/** base64url in its one canonical spelling; null otherwise. A lenient reader lets one signature have many texts. */
export function fromBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
