/** A receipt and a certificate as a stranger gets them: signatures by OpenSSL, the ledger's proofs and the list's by Go. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DestructionCertificate, ReceiptFile } from '@cityward/contracts';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import {
  AROHA,
  BEN,
  consentTo,
  destructionRecord,
  receiptOf,
  testCity,
  VERSIONS,
  type TestCity,
} from '@cityward/vault/testing';
import { receiptSignedBytes, signedBytes } from '@cityward/vault/verify';
import { buildGo, go } from './go-kit.ts';

const hasOpenssl = spawnSync('openssl', ['version']).stdout?.toString().startsWith('OpenSSL 3') ?? false;
const folder = mkdtempSync(join(tmpdir(), 'cityward-foreign-receipt-'));
const at = Date.now() - 60_000;

let sql: TestSql;
let city: TestCity;
let receipt: ReceiptFile;
let certificate: DestructionCertificate;
beforeAll(async () => {
  mkdirSync(join(folder, 'city'));
  sql = await openTestSql();
  city = await testCity(sql, join(folder, 'city'));
  const grantee = { person: BEN, organisation: null, role: null };
  const grant = { ...consentTo(BEN), id: 'con-7k2m9c0q4x1ab3d5', grantee, used: 0, depth: 0, parent: null };
  receipt = await city.receipt(
    receiptOf({
      ...{
        grant: { ...grant, state: { is: 'standing' } },
        given: { at, by: AROHA },
        event: 'given',
        notice: ['Ben may look.'],
      },
      ...{ city: { name: 'Port Test', contact: 'records@port.test', address: 'City Hall' } },
      ...{ nameOf: () => null, retention: ['Ten years.'] },
    }),
  );
  certificate = await city.certify(destructionRecord());
});
afterAll(async () => {
  await city.stop();
  await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!go)(
  `Go (sumdb/note and sumdb/tlog)${go ? '' : ': SKIPPED, install golang-go and golang-golang-x-mod-dev'}`,
  () => {
    it("accepts the proof of a receipt, of a certificate and of each version in its list; nothing changed, and no other log's", async () => {
      const program = buildGo(fileURLToPath(new URL('./go/exhibit/main.go', import.meta.url)));
      const ask = (questions: readonly object[], key = city.verifierKey): string[] =>
        spawnSync(program, [key], { input: questions.map((one) => `${JSON.stringify(one)}\n`).join('') })
          .stdout.toString()
          .trim()
          .split('\n')
          .map((line) => line.split(' ')[0]!);
      const { root, count: size } = certificate.signed.record.versions;
      const listed = await Promise.all(
        VERSIONS.map(async ({ record, version, key }, index) => {
          const { hashes } = await city.proofOf(index);
          return {
            Leaf: JSON.stringify({ key, record, version }),
            Root: root,
            Index: index,
            Size: size,
            Hashes: hashes,
          };
        }),
      );
      const good = [
        { Exhibit: receipt.ledger },
        { Exhibit: certificate.ledger },
        ...listed.map((Listed) => ({ Listed })),
      ];
      expect(ask(good)).toEqual(good.map(() => 'accepted'));
      const { ledger } = receipt;
      const bad = [
        { Exhibit: { ...ledger, body: ledger.body.replace(AROHA, 'per-other') } },
        { Exhibit: { ...ledger, salt: '0'.repeat(64) } },
        { Exhibit: { ...ledger, entry: ledger.entry.replace(/"at":\d/, '"at":9') } },
        { Exhibit: { ...ledger, proof: certificate.ledger.proof } },
        ...listed.map((one, index) => ({ Listed: { ...one, Index: (index + 1) % VERSIONS.length } })),
        ...listed.map((one) => ({ Listed: { ...one, Leaf: one.Leaf.replace('"version":1', '"version":2') } })),
      ];
      expect(ask(bad)).toEqual(bad.map(() => 'rejected'));
      expect(ask(good, city.verifierKey.replace('port', 'elsewhere'))).toEqual(['rejected']);
    });
  },
);

describe.skipIf(!hasOpenssl)(`OpenSSL 3${hasOpenssl ? '' : ': SKIPPED, it is not installed'}`, () => {
  it("accepts the city's signature on a receipt and on a certificate, and on nothing else", () => {
    writeFileSync(join(folder, 'root.pem'), city.ca);
    const takes = (bytes: Uint8Array, signature: string): boolean => {
      writeFileSync(join(folder, 'signed'), bytes);
      writeFileSync(join(folder, 'p7s'), Buffer.from(signature, 'base64'));
      const args = 'cms -verify -binary -purpose any -inform DER -in p7s -content signed -CAfile root.pem -out out';
      return spawnSync('openssl', args.split(' '), { cwd: folder }).status === 0;
    };
    const [one, other] = [receiptSignedBytes(receipt.signed), signedBytes(certificate.signed)];
    expect([takes(one, receipt.city), takes(other, certificate.city)]).toEqual([true, true]);
    expect([takes(one, certificate.city), takes(Buffer.concat([one, Buffer.of(32)]), receipt.city)]).toEqual([
      false,
      false,
    ]);
  });
});
