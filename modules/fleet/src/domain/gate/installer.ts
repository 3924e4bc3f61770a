/** The installer's signature on a handover: an Ed25519 key of their own, or their passkey, over the very bytes. Pure. */
import type { Handover, InstallerSignature } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { ed25519Key, verifyEd25519 } from '../trust/keys.ts';
import { verifyPasskey } from '../trust/passkey.ts';
import { handoverBytes } from './handover.ts';

export type InstallerRefusal = Refusal<'INSTALLER_SIGNATURE'>;

export function checkInstaller(handover: Handover, given: InstallerSignature): Result<void, InstallerRefusal> {
  const why = signatureFault(handoverBytes(handover), given);
  return why === null
    ? ok(undefined)
    : refuse('forbidden', 'INSTALLER_SIGNATURE', `check the installer's signature on "${handover.id}": ${why}`);
}

/** Why a person's signature is not over these bytes; `null` where it is. Whose key it is the caller asks. */
export function signatureFault(bytes: Buffer, given: InstallerSignature): string | null {
  if (given.alg === 'ed25519') {
    const key = ed25519Key(given.publicKey);
    return key && verifyEd25519(bytes, key, given.signature) ? null : 'it is not over this';
  }
  const { key: id, publicKey, cose, origin, rpId, ...answer } = given;
  const key = { id, officer: id, alg: 'webauthn', publicKey, cose, origin, rpId, mayBeCopied: true } as const;
  const checked = verifyPasskey(bytes, key, { ...answer, key: id });
  return checked.ok ? null : checked.error.message;
}
