/** Who may sign: an officers' document follows another only by the will of enough officers of both. */
import { SignedOfficers, Officers, OfficerKey, type JobAction } from '@cityward/contracts';
import { ok, type Result } from '@cityward/kernel';
import { officersBytes } from './bytes.ts';
import { keyObject, verifyEd25519 } from './keys.ts';
import { distrust, quoted, type TrustRefusal } from './refusals.ts';
import { fits } from './shape.ts';

/** Acts that need one signature at least by `cityward sign`, on another machine than the console's: the mass ones. */
const OFFLINE_ACTS: ReadonlySet<JobAction['do']> = new Set(['install', 'set', 'wipe']);
export const needsOffline = (action: JobAction): boolean => OFFLINE_ACTS.has(action.do);

/**
 * Takes version n+1 after the pinned version n: signed by `thresholds.officers` distinct officers of n, and as many as n+1 asks
 * for of n+1. A pinned document may have expired, or nobody could ever follow it; the next may not.
 */
export function verifyOfficers(pinned: Officers, next: SignedOfficers, now: number): Result<Officers, TrustRefusal> {
  if (!fits(Officers, pinned))
    return distrust('OFFICERS_SHAPE', 'read the pinned officers: wanted an officers document');
  if (!fits(SignedOfficers, next))
    return distrust(
      'OFFICERS_SHAPE',
      'read the new officers: wanted an officers document with its signatures, and no more',
    );
  const { officers } = next;
  for (const step of [
    () => follows(pinned, officers, now),
    () => checkOfficers(officers),
    () => checkOfficers(pinned),
  ]) {
    const passed = step();
    if (!passed.ok) return passed;
  }
  const reused = officers.keys.find((key) => pinned.keys.some((old) => old.id === key.id && !sameKey(old, key)));
  if (reused) return distrust('OFFICERS_KEY_TWICE', `read the new officers: "${reused.id}" is another key than before`);
  const signers = checkSignatures(next, [...pinned.keys, ...officers.keys]);
  if (!signers.ok) return signers;
  for (const one of [pinned, officers]) {
    const reached = reaches(one, signers.value);
    if (!reached.ok) return reached;
  }
  return ok(officers);
}

/** Takes a first document, signed by as many of its own officers as it asks for. Pin it by its hash, told by another way. */
export function verifyFirstOfficers(first: SignedOfficers, now: number): Result<Officers, TrustRefusal> {
  if (!fits(SignedOfficers, first))
    return distrust(
      'OFFICERS_SHAPE',
      'read the first officers: wanted an officers document with its signatures, and no more',
    );
  const { officers } = first;
  if (officers.version !== 1)
    return distrust('OFFICERS_VERSION', `read the first officers: this is version ${officers.version}, wanted 1`);
  const sound = [checkClock(now), checkOfficers(officers), lives(officers, now)].find((one) => !one.ok);
  if (sound && !sound.ok) return sound;
  const signers = checkSignatures(first, officers.keys);
  if (!signers.ok) return signers;
  const reached = reaches(officers, signers.value);
  return reached.ok ? ok(officers) : reached;
}

export const checkClock = (now: number): Result<void, TrustRefusal> =>
  Number.isFinite(now) && now >= 0
    ? ok(undefined)
    : distrust('CLOCK_UNKNOWN', `check a time: the clock says "${now}", wanted milliseconds since 1970`);

/** True while the document is valid. */
export function lives(officers: Officers, now: number): Result<void, TrustRefusal> {
  if (now < officers.expires) return ok(undefined);
  return distrust('OFFICERS_EXPIRED', `trust officers version ${officers.version}: it expired, wanted a newer version`);
}

function follows(pinned: Officers, next: Officers, now: number): Result<void, TrustRefusal> {
  const clock = checkClock(now);
  if (!clock.ok) return clock;
  if (next.city !== pinned.city)
    return distrust(
      'OFFICERS_OTHER_CITY',
      `read the new officers: they are of ${quoted(next.city)}, wanted ${quoted(pinned.city)}`,
    );
  if (next.version !== pinned.version + 1)
    return distrust(
      'OFFICERS_VERSION',
      `read the new officers: this is version ${next.version}, wanted ${pinned.version + 1}`,
    );
  return lives(next, now);
}

const sameKey = (a: OfficerKey, b: OfficerKey): boolean =>
  a.alg === b.alg && a.publicKey === b.publicKey && a.officer === b.officer;

/** A public key that an officers document may name, in the form of the file that is shared. */
export const isOfficerKey = (given: unknown): given is OfficerKey =>
  fits(OfficerKey, given) && keyObject(given) !== null;

/** What must hold of any document by itself: real and different keys, thresholds that its officers can reach. */
export function checkOfficers({ keys, thresholds, version }: Officers): Result<void, TrustRefusal> {
  const ids = new Set<string>();
  const publicKeys = new Set<string>();
  for (const key of keys) {
    if (ids.has(key.id))
      return distrust('OFFICERS_KEY_TWICE', `read officers version ${version}: key "${key.id}" stands twice`);
    const object = keyObject(key);
    if (!object)
      return distrust('OFFICERS_KEY_WEAK', `read officers version ${version}: "${key.id}" is no good ${key.alg} key`);
    const spki = object.export({ format: 'der', type: 'spki' }).toString('hex');
    if (publicKeys.has(spki))
      return distrust(
        'OFFICERS_KEY_TWICE',
        `read officers version ${version}: "${key.id}" is a key of another entry too`,
      );
    ids.add(key.id);
    publicKeys.add(spki);
  }
  const everybody = new Set(keys.map(({ officer }) => officer)).size;
  const offline = new Set(keys.filter(({ alg }) => alg === 'ed25519').map(({ officer }) => officer)).size;
  const able = (what: string): number => (what === 'officers' ? offline : everybody);
  const beyond = Object.entries(thresholds).find(([what, needed]) => needed > able(what));
  if (beyond)
    return distrust(
      'OFFICERS_UNREACHABLE',
      `read officers version ${version}: "${beyond[0]}" needs ${beyond[1]} officers and ${able(beyond[0])} could sign`,
    );
  if (offline === 0)
    return distrust('OFFICERS_UNREACHABLE', `read officers version ${version}: nobody has a key for "cityward sign"`);
  return ok(undefined);
}

/** Every signature by a named key, each key once, each right; answers the keys that signed. */
function checkSignatures(
  { officers, signatures }: SignedOfficers,
  keys: readonly OfficerKey[],
): Result<readonly OfficerKey[], TrustRefusal> {
  const bytes = officersBytes(officers);
  const signers: OfficerKey[] = [];
  for (const { key: id, signature } of signatures) {
    const key = keys.find((one) => one.id === id);
    if (!key) return distrust('KEY_UNKNOWN', `read the new officers: "${id}" signed them and is no officer's key`);
    if (signers.includes(key)) return distrust('OFFICER_TWICE', `read the new officers: "${id}" signed them twice`);
    if (key.alg !== 'ed25519')
      return distrust(
        'SIGNATURE_KIND',
        `read the new officers: "${id}" is a passkey, wanted a key for "cityward sign"`,
      );
    const object = keyObject(key);
    if (!object || !verifyEd25519(bytes, object, signature))
      return distrust('SIGNATURE_WRONG', `read the new officers: the signature by "${id}" is not over this document`);
    signers.push(key);
  }
  return ok(signers);
}

/** Counts officers, not keys: one person with two keys is one. */
function reaches(officers: Officers, signers: readonly OfficerKey[]): Result<void, TrustRefusal> {
  const signed = new Set(
    officers.keys.filter((key) => signers.some((one) => one.id === key.id)).map(({ officer }) => officer),
  );
  const needed = officers.thresholds.officers;
  if (signed.size >= needed) return ok(undefined);
  return distrust(
    'OFFICERS_NOT_SIGNED',
    `read the new officers: ${signed.size} officers of version ${officers.version} signed them, wanted ${needed}`,
  );
}
