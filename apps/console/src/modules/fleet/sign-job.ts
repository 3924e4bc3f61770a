/** Signing a job: its hash worked out here from what is shown, the passkey's dialog over that hash, and files. */
import { startAuthentication } from '@simplewebauthn/browser';
import { JOB_DOMAIN, type ChangeJob, type ChangeToSign, type JobSignature } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { toBase64Url } from '../../ui/bytes.ts';
import { jsonFile, saveFile } from '../../ui/save-file.ts';

/** SHA-256 over exactly what devices verify. Worked out here, so that what is signed is what the page shows. */
export async function hashOf(job: ChangeJob): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(JOB_DOMAIN + canonicalJson(job as unknown as Json));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export type Passkey = ChangeToSign['passkeys'][number];

/** Asks the officer's passkey to sign the job's hash. Throws what the browser throws when the person leaves. */
export async function signByPasskey(hash: Uint8Array, passkey: Passkey): Promise<JobSignature> {
  const { response } = await startAuthentication({
    optionsJSON: { challenge: toBase64Url(hash), rpId: passkey.rpId, userVerification: 'required' },
  });
  return {
    key: passkey.key,
    alg: 'webauthn',
    authenticatorData: response.authenticatorData,
    clientDataJson: response.clientDataJSON,
    signature: response.signature,
  };
}

/** The signature in a file that `cityward sign` wrote; null where it holds none. The server checks what it says. */
export function signatureIn(text: string): JobSignature | null {
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const isOne =
      typeof value?.['key'] === 'string' && value['alg'] === 'ed25519' && typeof value['signature'] === 'string';
    return isOne ? (value as unknown as JobSignature) : null;
  } catch {
    return null;
  }
}

export const jobFileName = (job: ChangeJob): string => `${job.id}.job.json`;
/** Hands the job to the browser as a file. */
export const downloadJob = (job: ChangeJob): void => saveFile(jobFileName(job), jsonFile(job));
