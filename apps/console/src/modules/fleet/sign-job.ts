/** Signing a job: its hash worked out here from what is shown, the passkey's dialog over that hash, and files. */
import { JOB_DOMAIN, type ChangeJob, type ChangeToSign, type JobSignature } from '@cityward/contracts';
import { jsonFile, saveFile } from '../../ui/save-file.ts';
import { hashOver, signHash } from '../identity/passkey.ts';

/** SHA-256 over exactly what devices verify. Worked out here, so that what is signed is what the page shows. */
export const hashOf = (job: ChangeJob): Promise<Uint8Array> => hashOver(JOB_DOMAIN, job);

export type Passkey = ChangeToSign['passkeys'][number];

/** Asks the officer's passkey to sign the job's hash. Throws what the browser throws when the person leaves. */
export const signByPasskey = async (hash: Uint8Array, { rpId, key }: Passkey): Promise<JobSignature> => ({
  ...(await signHash(hash, rpId)),
  key,
});

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
