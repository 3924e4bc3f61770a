/** Signing a handover: its hash worked out here from what is handed over, and the installer's passkey asked over just that. */
import { startAuthentication } from '@simplewebauthn/browser';
import { HANDOVER_DOMAIN, type HandoverDraft } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { words } from '../../words/en-GB.ts';
import { client } from '../../live/live.ts';
import { toBase64Url, toHex } from '../../ui/bytes.ts';
import { inWords } from './passkey.ts';

async function hashOf({ handover }: HandoverDraft): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(HANDOVER_DOMAIN + canonicalJson(handover as unknown as Json));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Throws where the city would have something else signed, a job of an officer for example, than what it shows. */
export async function signAndHandOver(device: string, draft: HandoverDraft): Promise<void> {
  const hash = await hashOf(draft);
  if (toHex(hash) !== draft.hash || draft.handover.device.id !== device) throw new Error(words.gate.differs);
  const { id, response } = await startAuthentication({
    optionsJSON: { challenge: toBase64Url(hash), rpId: window.location.hostname, userVerification: 'required' },
  }).catch((error: unknown) => {
    throw inWords(error);
  });
  const signature = {
    alg: 'webauthn' as const,
    key: id,
    authenticatorData: response.authenticatorData,
    clientDataJson: response.clientDataJSON,
    signature: response.signature,
  };
  await client.call('handOver', { params: { id: device }, body: { hash: draft.hash, signature } });
}
