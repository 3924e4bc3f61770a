/** Signing a certificate of destruction: its hash worked out here from what is shown, and the officer's passkey asked over just that. */
import { startAuthentication } from '@simplewebauthn/browser';
import { DESTRUCTION_DOMAIN, type Destruction, type DestructionDraft } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { words } from '../../words/en-GB.ts';
import { client } from '../../live/live.ts';
import { toBase64Url, toHex } from '../../ui/bytes.ts';
import { inWords } from '../identity/passkey.ts';

export async function hashOf({ record }: Pick<DestructionDraft, 'record'>): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(DESTRUCTION_DOMAIN + canonicalJson(record as unknown as Json));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Throws where the city would have something else signed than what it shows. */
export async function signCertificate(id: string, draft: DestructionDraft): Promise<Destruction> {
  const hash = await hashOf(draft);
  if (toHex(hash) !== draft.hash || draft.record.id !== id) throw new Error(words.destroying.differs);
  const { id: key, response } = await startAuthentication({
    optionsJSON: { challenge: toBase64Url(hash), rpId: window.location.hostname, userVerification: 'required' },
  }).catch((error: unknown) => {
    throw inWords(error);
  });
  const signature = {
    alg: 'webauthn' as const,
    key,
    authenticatorData: response.authenticatorData,
    clientDataJson: response.clientDataJSON,
    signature: response.signature,
  };
  return client.call('signCertificate', { params: { id }, body: { hash: draft.hash, signature } });
}
