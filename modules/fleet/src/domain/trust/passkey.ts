/** A passkey's signature on a job or a certificate: a WebAuthn assertion (W3C Web Authentication section 7.2) over its hash. */
import { timingSafeEqual } from 'node:crypto';
import type { JobSignature, OfficerKey } from '@cityward/contracts';
import { ok, type Result } from '@cityward/kernel';
import { fromBase64Url, sha256 } from './bytes.ts';
import { keyObject, verifyPasskeyBytes } from './keys.ts';
import { distrust, quoted, type TrustRefusal } from './refusals.ts';

type Passkey = Extract<OfficerKey, { alg: 'webauthn' }> & {
  /** Officers' passkeys never leave their device; others may be copied to their owner's cloud. */
  readonly mayBeCopied?: boolean;
};
type PasskeySignature = Extract<JobSignature, { alg: 'webauthn' }>;

/** rpIdHash, flags, counter. Nothing else: no extension was asked for, and an assertion carries no new key. */
const AUTHENTICATOR_DATA_BYTES = 37;
const RP_ID_HASH_BYTES = 32;
const FLAG = { present: 0x01, verified: 0x04, backedUp: 0x10, attested: 0x40, extended: 0x80 } as const;

export function verifyPasskey(bytes: Uint8Array, key: Passkey, given: PasskeySignature): Result<void, TrustRefusal> {
  const data = fromBase64Url(given.authenticatorData);
  const clientData = fromBase64Url(given.clientDataJson);
  const signature = fromBase64Url(given.signature);
  const publicKey = keyObject(key);
  if (!publicKey || !signature || !clientData || data?.length !== AUTHENTICATOR_DATA_BYTES)
    return distrust('PASSKEY_DATA', `check passkey "${key.id}": its answer is not of the wanted form`);
  const said = checkClientData(clientData, key, sha256(bytes));
  if (!said.ok) return said;
  const shown = checkAuthenticator(data, key);
  if (!shown.ok) return shown;
  if (!verifyPasskeyBytes(Buffer.concat([data, sha256(clientData)]), publicKey, signature))
    return distrust('SIGNATURE_WRONG', `check passkey "${key.id}": its signature is not over this job`);
  return ok(undefined);
}

function checkClientData(clientData: Buffer, key: Passkey, challenge: Buffer): Result<void, TrustRefusal> {
  const said = readObject(clientData);
  if (!said) return distrust('PASSKEY_DATA', `check passkey "${key.id}": its client data is no JSON object`);
  const { type, origin } = said;
  if (type !== 'webauthn.get')
    return distrust('PASSKEY_TYPE', `check passkey "${key.id}": it answered ${shown(type)}, wanted "webauthn.get"`);
  const asked = typeof said['challenge'] === 'string' ? fromBase64Url(said['challenge']) : null;
  if (asked?.length !== challenge.length || !timingSafeEqual(asked, challenge))
    return distrust('PASSKEY_CHALLENGE', `check passkey "${key.id}": it was asked about something else than this job`);
  if (origin !== key.origin)
    return distrust(
      'PASSKEY_ORIGIN',
      `check passkey "${key.id}": it was used at ${shown(origin)}, wanted "${key.origin}"`,
    );
  if ((said['crossOrigin'] ?? false) !== false || said['topOrigin'] !== undefined)
    return distrust('PASSKEY_ORIGIN', `check passkey "${key.id}": it was used in a page within another page`);
  return ok(undefined);
}

function readObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const shown = (value: unknown): string => (typeof value === 'string' ? quoted(value) : 'no text');

function checkAuthenticator(data: Buffer, key: Passkey): Result<void, TrustRefusal> {
  if (!timingSafeEqual(data.subarray(0, RP_ID_HASH_BYTES), sha256(Buffer.from(key.rpId))))
    return distrust('PASSKEY_RP', `check passkey "${key.id}": it answered another site than "${key.rpId}"`);
  const flags = data[RP_ID_HASH_BYTES]!;
  if ((flags & FLAG.present) === 0)
    return distrust('PASSKEY_NOT_PRESENT', `check passkey "${key.id}": nobody touched it`);
  if ((flags & FLAG.verified) === 0)
    return distrust('PASSKEY_NOT_VERIFIED', `check passkey "${key.id}": it did not check its person (PIN or finger)`);
  if ((flags & FLAG.backedUp) !== 0 && key.mayBeCopied !== true)
    return distrust(
      'PASSKEY_BACKED_UP',
      `check passkey "${key.id}": it is copied to a cloud, wanted one that stays in its device`,
    );
  if ((flags & (FLAG.attested | FLAG.extended)) !== 0)
    return distrust('PASSKEY_DATA', `check passkey "${key.id}": its answer carries what was not asked for`);
  return ok(undefined);
}
