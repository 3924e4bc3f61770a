/** Signing a certificate of destruction: its hash worked out here from what is shown, and the officer's passkey asked over just that. */
import { DESTRUCTION_DOMAIN, type Destruction, type DestructionDraft } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { client } from '../../live/live.ts';
import { toHex } from '../../ui/bytes.ts';
import { hashOver, inWords, signHash } from '../identity/passkey.ts';

/** Throws where the city would have something else signed than what it shows. */
export async function signCertificate(id: string, draft: DestructionDraft): Promise<Destruction> {
  const hash = await hashOver(DESTRUCTION_DOMAIN, draft.record);
  if (toHex(hash) !== draft.hash || draft.record.id !== id) throw new Error(words.destroying.differs);
  const signature = await signHash(hash).catch((error: unknown) => {
    throw inWords(error);
  });
  return client.call('signCertificate', { params: { id }, body: { hash: draft.hash, signature } });
}
