/** The installer's signature on a handover: an Ed25519 key of their own, or their passkey, over the very bytes. Pure. */
import type { Handover, InstallerSignature } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { ed25519Key, verifyEd25519 } from '../trust/keys.ts';
import { verifyPasskey } from '../trust/passkey.ts';
import { handoverBytes } from './handover.ts';

export type InstallerRefusal = Refusal<'INSTALLER_SIGNATURE'>;

export function checkInstaller(handover: Handover, given: InstallerSignature): Result<void, InstallerRefusal> {
  const bytes = handoverBytes(handover);
  if (given.alg === 'ed25519') {
    const key = ed25519Key(given.publicKey);
    return key && verifyEd25519(bytes, key, given.signature) ? ok(undefined) : wrong(handover, 'it is not over this');
  }
  const { key: id, publicKey, cose, origin, rpId, ...answer } = given;
  const key = { id, officer: id, alg: 'webauthn', publicKey, cose, origin, rpId, mayBeCopied: true } as const;
  const checked = verifyPasskey(bytes, key, { ...answer, key: id });
  return checked.ok ? ok(undefined) : wrong(handover, checked.error.message);
}

const wrong = (handover: Handover, why: string) =>
  refuse('forbidden', 'INSTALLER_SIGNATURE', `check the installer's signature on "${handover.id}": ${why}`);
