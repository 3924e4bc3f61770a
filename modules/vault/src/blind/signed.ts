/** What a person signs with a passkey of their own at the portal: a choice, or a new key. */
import type { BlindChoice, InstallerSignature } from '@cityward/contracts';
import { signatureFault } from '@cityward/fleet/verify';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { VaultOptions } from '../needs.ts';

type SignedText = Pick<BlindChoice, 'text' | 'signature'>;

export async function signedBy(
  passkeyAtPortal: VaultOptions['passkeyAtPortal'],
  { text, signature }: SignedText,
  { person, where }: { readonly person: string; readonly where: string },
): Promise<Result<void, Refusal>> {
  const passkey = await passkeyAtPortal(person, signature.key);
  const whole: InstallerSignature | null = passkey && { ...signature, ...passkey, alg: 'webauthn' };
  const fault = whole === null ? 'it is none of yours' : signatureFault(Buffer.from(text), whole);
  return fault === null
    ? ok(undefined)
    : refuse('forbidden', 'BLIND_SIGNATURE', `${where}: check the passkey: ${fault}`);
}
