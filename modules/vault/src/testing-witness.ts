/** A real witness for tests, on a loopback port of its own. */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@cityward/kernel';
import type { WitnessSettings } from '@cityward/ledger';
import { createCosigner } from '@cityward/tlog-tiles/cosignature';
import { createSigner, type VerifierKey } from '@cityward/tlog-tiles/note';
import { createPrivateKey } from 'node:crypto';
import { openWitness, serveWitness } from '@cityward/witness';

export interface TestWitness {
  readonly settings: WitnessSettings;
  stop(): Promise<void>;
}
/** @param logKey the file with the key of the ledger that it knows */
export async function startWitness(folder: string, logKey: string): Promise<TestWitness> {
  const log: VerifierKey = createSigner('test.example/ledger', createPrivateKey(readFileSync(logKey)));
  const signer = createCosigner('witness.example', generateKeyPairSync('ed25519').privateKey);
  const witness = await openWitness({ path: join(folder, 'witness'), signer, logs: [log], clock: systemClock });
  const listener = await serveWitness(witness, { host: '127.0.0.1', port: 0, onFault: () => undefined });
  return {
    settings: { url: listener.url, key: signer },
    stop: async () => {
      await listener.stop();
      await witness.close();
    },
  };
}
