/** A city that signs, with a real authority and a real ledger, for certificates of destruction and receipts, good and bad. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import type {
  ConsentReceipt,
  DestructionCertificate,
  DestructionRecord,
  NewFact,
  ReceiptFile,
} from '@cityward/contracts';
import { testIdentity } from '@cityward/identity/testing';
import { newId, systemClock } from '@cityward/kernel';
import { createLedger } from '@cityward/ledger';
import { silentLog } from '@cityward/log';
import type { Sql } from '@cityward/sql';
import { eventOf, receiptBytes, receiptHash, receiptSignedBytes } from '../domain/receipt.ts';
import { destructionBytes, keyCommitment, METHOD, sha256, signedBytes, versionTree } from '../domain/destruction.ts';

export const VERSIONS = ['rec-aaaa', 'rec-bbbb', 'rec-cccc'].map((record, i) => ({
  record,
  version: 1,
  key: String(i).repeat(32),
}));
const NOBODY = { location: 'City Hall', contact: 'records@port.test' };

/** A whole one; what a test wants otherwise it says. */
export function destructionRecord(change: Partial<DestructionRecord> = {}): DestructionRecord {
  const at = Date.now() - 60_000;
  return {
    kind: 'cityward-destruction',
    version: 1,
    id: newId<string>('dst'),
    city: 'Port Test',
    medium: { manufacturer: '', model: '', serial: '', property: '', type: 'test', source: '' },
    sanitisation: { description: 'purge', method: METHOD, tool: 'Cityward test', destination: 'stays' },
    confidentiality: { before: 'personal', after: 'none' },
    subject: 'per-aroha',
    trigger: 'erasure-asked',
    basis: { clause: '', reason: 'please' },
    versions: { records: VERSIONS.length, count: VERSIONS.length, root: versionTree(VERSIONS).root },
    keys: { count: VERSIONS.length, commitment: keyCommitment(VERSIONS) },
    copies: [],
    verification: {
      method: 'all',
      ...{ keysLookedFor: VERSIONS.length, keysFound: 0, slotsRead: 8, slotsFound: 0 },
      ...{ decryptionsTried: 1, decryptionsSucceeded: 0, backupDecryptionsTried: 0, backupDecryptionsSucceeded: 0 },
      ciphertextLeft: 0,
    },
    exclusions: [],
    unreadable: { live: at, backups: at },
    destroyed: { ...NOBODY, as: 'per-olive', name: 'Olive', title: 'officer', at },
    verified: { ...NOBODY, as: 'per-otto', name: 'Otto', title: 'officer', at: at + 1_000 },
    ...change,
  };
}

/** What the ledger is told of a receipt, where that is not what a good city tells of one at its event. */
export type ReceiptFact = Partial<Pick<NewFact, 'type' | 'actor' | 'at' | 'data'>>;
export interface TestCity {
  readonly ca: string;
  readonly verifierKey: string;
  /** Signed by an officer's key and the city, in the ledger. `signedAs`: what the officer's key signs instead. */
  certify(record: DestructionRecord, signedAs?: DestructionRecord): Promise<DestructionCertificate>;
  /** Signed by the city, in the ledger. */
  receipt(receipt: ConsentReceipt, signedAt?: number, told?: ReceiptFact): Promise<ReceiptFile>;
  /** The proof of one version. */
  proofOf(index: number): Promise<DestructionCertificate['proofs'][number]>;
  /** The city's signature, DER. */
  sign(bytes: Uint8Array): Promise<Buffer>;
  stop(): Promise<void>;
}

export async function testCity(sql: Sql, folder: string): Promise<TestCity> {
  const identity = testIdentity(sql, { folder: join(folder, 'identity'), cityName: 'Port Test' });
  await identity.start();
  const ledger = createLedger({
    ...{ folder: join(folder, 'ledger'), keyFile: join(folder, 'ledger.key'), origin: 'port.test/ledger' },
    ...{ sql, clock: systemClock, log: silentLog },
  });
  await ledger.start();
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64url');
  return {
    ca: identity.authority.rootPem,
    verifierKey: ledger.status().verifierKey,
    certify: async (record, signedAs = record) => {
      const signature = sign(null, destructionBytes(signedAs), privateKey).toString('base64url');
      const signed = { record, signature: { alg: 'ed25519' as const, key: 'otto-key', publicKey: raw, signature } };
      const bytes = signedBytes(signed);
      const { root, count: versions } = record.versions;
      const data = { hash: sha256(bytes), root, versions, destroyer: record.destroyed.as };
      const id = newId<string>('evt');
      const { as: actor, at } = record.verified;
      await ledger.append([
        { id, module: 'vault', type: 'destruction.certified', actor, subject: record.id, at, data },
      ]);
      const exhibit = (await ledger.exhibit(id))!;
      return { signed, city: (await identity.signDocument(bytes)).toString('base64'), ledger: exhibit, proofs: [] };
    },
    receipt: async (receipt, signedAt = Date.now(), told = {}) => {
      const { event_state, event_time, entity_id: actor } = eventOf(receipt);
      const id = newId<string>('evt');
      const { record_id: consent, pii_principal_id: subject } = receipt;
      const data = { consent, receipt: receiptHash(receiptBytes(receipt)), ...told.data };
      const at = Date.parse(event_time);
      await ledger.append([
        { id, module: 'vault', type: `consent.${event_state}`, actor, subject, at, personal: true, ...told, data },
      ]);
      const city = (await identity.signDocument(receiptSignedBytes({ receipt, signedAt }))).toString('base64');
      return { signed: { receipt, signedAt }, city, ledger: (await ledger.exhibit(id))! };
    },
    proofOf: async (index) => {
      const hashes = versionTree(VERSIONS)
        .proofOf(index)
        .map((hash) => Buffer.from(hash).toString('base64'));
      return { ...VERSIONS[index]!, index, hashes };
    },
    sign: (bytes) => identity.signDocument(bytes),
    stop: async () => {
      await ledger.stop();
      await identity.stop();
    },
  };
}
