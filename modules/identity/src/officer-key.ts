/** A passkey as an officers document names it: only one whose signatures devices would take. */
import { createHash } from 'node:crypto';
import type { PasskeyOfficerKey } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { ES256, type Confirmed } from './passkeys.ts';
import { spkiOfPasskey } from './passkey-spki.ts';

const MARK_CHARS = 8;

export type OfficerKeyRefusal = Refusal<'PASSKEY_BACKED_UP' | 'PASSKEY_ALGORITHM'>;

/** What a challenge for this may be answered for: never for signing in, and by nobody else. */
export const officerKeyPurpose = (person: string): string => `officer-key ${person}`;

export const noPasskey = (): Result<never, Refusal> =>
  refuse('conflict', 'PASSKEY_NONE', 'use passkey to sign changes: you have none, wanted one made here before');

/** @param confirmed as it answered just now: whether it is copied to a cloud may have changed since it was made */
export function officerKeyOf(
  { passkey, origin, rpId }: Confirmed,
  officer: string,
): Result<PasskeyOfficerKey, OfficerKeyRefusal> {
  if (passkey.backedUp)
    return refuse(
      'conflict',
      'PASSKEY_BACKED_UP',
      'use passkey to sign changes: it is copied to a cloud, wanted one that stays in its device, such as a security key',
    );
  const publicKey = spkiOfPasskey(passkey.publicKey);
  if (publicKey === null)
    return refuse(
      'conflict',
      'PASSKEY_ALGORITHM',
      'use passkey to sign changes: its key is of another algorithm, wanted ES256',
    );
  // The same passkey has the same id every time, so that nobody adds it twice under two names.
  const mark = createHash('sha256').update(publicKey).digest('hex').slice(0, MARK_CHARS);
  return ok({ id: `${officer}-passkey-${mark}`, officer, alg: 'webauthn', publicKey, cose: ES256, origin, rpId });
}
