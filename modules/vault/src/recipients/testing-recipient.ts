/** A recipient with a key of its own, which answers what it is asked as a test says. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { RecipientReceipt, RecipientRequestFile, SignedReceipt } from '@cityward/contracts';
import { answerBytes, requestHash } from '../domain/recipient.ts';

export interface TestRecipient {
  readonly publicKey: string;
  receipt(file: RecipientRequestFile, change?: Partial<RecipientReceipt>): SignedReceipt;
}
export function testRecipient(kind: 'ed25519' | 'p256' = 'ed25519'): TestRecipient {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    receipt: ({ request }, change = {}) => {
      const receipt: RecipientReceipt = {
        ...({
          kind: 'cityward-recipient-receipt',
          version: 1,
          request: request.id,
          hash: requestHash(request),
        } as const),
        ...({ recipient: request.recipient, did: 'deleted', because: null, at: request.at } as const),
        ...change,
      };
      const signature = sign(kind === 'p256' ? 'sha256' : null, answerBytes(receipt), privateKey).toString('base64');
      return { receipt, signature };
    },
  };
}
