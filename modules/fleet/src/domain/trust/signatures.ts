/** Signatures of officers on a job: each checked by its own kind, distinct officers counted, mass acts held to one made offline. */
import { ChangeJob, JobSignature, type OfficerKey, type Officers } from '@cityward/contracts';
import { ok, type Result } from '@cityward/kernel';
import { jobBytes } from './bytes.ts';
import { keyObject, verifyEd25519 } from './keys.ts';
import { needsOffline } from './officers.ts';
import { verifyPasskey } from './passkey.ts';
import { distrust, type TrustRefusal } from './refusals.ts';
import { fits } from './shape.ts';

/** How many distinct officers the job's act needs. */
export const officersNeeded = (job: ChangeJob, officers: Officers): number => officers.thresholds[job.action.do];

/**
 * A window that is one, and a way back of the same kind as the act. Without the second rule a restart, which needs few officers,
 * could carry a "way back" that installs firmware.
 */
export function checkWays({ id, action, revert, notBefore, notAfter }: ChangeJob): Result<void, TrustRefusal> {
  if (notAfter < notBefore || (revert && revert.until < notBefore))
    return distrust('WINDOW_WRONG', `read job "${id}": it ends before it begins`);
  if (!revert) return ok(undefined);
  const kind = 'document' in revert.to ? 'configure' : 'install';
  if (action.do === kind) return ok(undefined);
  return distrust('REVERT_OTHER_KIND', `read job "${id}": its way back would "${kind}", wanted "${action.do}"`);
}

/** A job's form, window and way back; whoever asks for signatures or gives one looks at this first. */
export function checkJob(job: ChangeJob): Result<ChangeJob, TrustRefusal> {
  if (!fits(ChangeJob, job))
    return distrust('JOB_SHAPE', 'read the job: wanted exactly the fields of a job, version 1');
  const ways = checkWays(job);
  return ways.ok ? ok(job) : ways;
}

/** One signature over this job; answers whose key made it. */
export function checkSignature(
  job: ChangeJob,
  signature: JobSignature,
  officers: Officers,
): Result<OfficerKey, TrustRefusal> {
  if (!fits(JobSignature, signature))
    return distrust('SIGNATURE_WRONG', 'read a signature: wanted exactly the fields of one');
  return checkOver(jobBytes(job), signature, officers);
}

/** Any bytes that officers sign. */
export function checkOver(
  bytes: Buffer,
  signature: JobSignature,
  officers: Officers,
): Result<OfficerKey, TrustRefusal> {
  const key = officers.keys.find((one) => one.id === signature.key);
  if (!key) return distrust('KEY_UNKNOWN', `check the signature by "${signature.key}": it is no officer's key`);
  if (signature.alg === 'webauthn' && key.alg === 'webauthn') {
    const checked = verifyPasskey(bytes, key, signature);
    return checked.ok ? ok(key) : checked;
  }
  if (signature.alg !== 'ed25519' || key.alg !== 'ed25519')
    return distrust(
      'SIGNATURE_KIND',
      `check the signature by "${key.id}": it is called ${signature.alg}, the key is ${key.alg}`,
    );
  const object = keyObject(key);
  if (object && verifyEd25519(bytes, object, signature.signature)) return ok(key);
  return distrust('SIGNATURE_WRONG', `check the signature by "${key.id}": it is not over this job`);
}

/** All signatures of an order: none wrong, none unknown, nobody twice, enough of them, one made offline where the act asks for it. */
export function checkThreshold(
  job: ChangeJob,
  signatures: readonly JobSignature[],
  officers: Officers,
): Result<readonly OfficerKey[], TrustRefusal> {
  const bytes = jobBytes(job);
  const signers: OfficerKey[] = [];
  for (const signature of signatures) {
    const key = checkOver(bytes, signature, officers);
    if (!key.ok) return key;
    if (signers.some(({ officer }) => officer === key.value.officer))
      return distrust('OFFICER_TWICE', `take job "${job.id}": officer "${key.value.officer}" signed it twice`);
    signers.push(key.value);
  }
  const needed = officersNeeded(job, officers);
  if (signers.length < needed)
    return distrust('TOO_FEW_OFFICERS', `take job "${job.id}": ${signers.length} officers signed it, wanted ${needed}`);
  if (needsOffline(job.action) && !signers.some(({ alg }) => alg === 'ed25519'))
    return distrust(
      'NO_OFFLINE_SIGNATURE',
      `take job "${job.id}": nobody signed it by "cityward sign" on another machine, wanted one who did`,
    );
  return ok(signers);
}
