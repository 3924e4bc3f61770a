/** A log written in Go asks our witness over HTTP, and Go's own packages verify what it signs. */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Millis } from '@cityward/kernel';
import { createCosigner, formatCosignerKey } from '@cityward/tlog-tiles/cosignature';
import { createSigner } from '@cityward/tlog-tiles/note';
import { openWitness, serveWitness } from '@cityward/witness';
import { buildGo, go } from './go-kit.ts';

const NOW = Date.UTC(2027, 0, 15) as Millis;
/** PKCS #8 ends with the seed (RFC 8410). */
const SEED_BYTES = 32;

describe.skipIf(!go)(
  `a log in Go (sumdb/note and sumdb/tlog)${go ? '' : ': SKIPPED, install golang-go and golang-golang-x-mod-dev'}`,
  () => {
    it('gets what it verifies while it grows, and nothing for a fork', async () => {
      const program = buildGo(fileURLToPath(new URL('./go/witness/main.go', import.meta.url)));
      const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-witness-'));
      const { privateKey } = generateKeyPairSync('ed25519');
      const signer = createCosigner('witness.example/w1', generateKeyPairSync('ed25519').privateKey);
      const logs = [createSigner('go.example/log', privateKey)];
      const witness = await openWitness({ path: join(folder, 'state'), signer, logs, clock: () => NOW });
      const listener = await serveWitness(witness, { host: '127.0.0.1', port: 0, onFault: () => undefined });
      const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-SEED_BYTES).toString('hex');
      const child = spawn(program, [listener.url, formatCosignerKey(signer), seed]);
      let said = '';
      for await (const chunk of child.stdout as AsyncIterable<Buffer>) said += chunk.toString();
      const cosigned = [1, 3, 256, 700].map((size) => `cosigned ${size} by 2 keys at ${NOW / 1_000}`);
      const refused = [
        `a fork from 700 to 900: 422 "the proof does not show that the log only grew\\n"`,
        `a fork from 700 to 700: 409 "700\\n"`,
        `a fork from 256 to 300: 409 "700\\n"`,
      ];
      expect(said.trim().split('\n')).toEqual([...cosigned, ...refused]);
      await listener.stop();
      await witness.close();
      rmSync(folder, { recursive: true, force: true });
    }, 120_000);
  },
);
