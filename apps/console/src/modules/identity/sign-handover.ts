/** Signing a handover: its hash worked out here from what is handed over, and the installer's passkey asked over just that. */
import { HANDOVER_DOMAIN, type HandoverDraft } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { client } from '../../live/live.ts';
import { toHex } from '../../ui/bytes.ts';
import { hashOver, inWords, signHash } from './passkey.ts';

/** Throws where the city would have something else signed, a job of an officer for example, than what it shows. */
export async function signAndHandOver(device: string, draft: HandoverDraft): Promise<void> {
  const hash = await hashOver(HANDOVER_DOMAIN, draft.handover);
  if (toHex(hash) !== draft.hash || draft.handover.device.id !== device) throw new Error(words.gate.differs);
  const signature = await signHash(hash).catch((error: unknown) => {
    throw inWords(error);
  });
  await client.call('handOver', { params: { id: device }, body: { hash: draft.hash, signature } });
}
