/** The ledger: what was done, and proofs of it. Checkpoint and tiles are served as static files beside these routes. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, Time } from '../schema.ts';

export const EVIDENCE_BATCH_MAX = 100;
export const LedgerEntry = Closed({
  index: Count,
  at: Time,
  module: Type.String(),
  type: Type.String(),
  actor: Type.String(),
  subject: Type.String(),
  text: Type.String(),
  commitment: Type.String(),
  personal: Type.Boolean(),
  body: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
});
export type LedgerEntry = Static<typeof LedgerEntry>;
export const EvidenceStatus = Closed({
  origin: Type.String(),
  size: Count,
  root: Type.String(),
  checkpoint: Type.String(),
  signedAt: Time,
  verifierKey: Type.String(),
  behind: Count,
});
export type EvidenceStatus = Static<typeof EvidenceStatus>;

export const evidence = {
  evidenceStatus: endpoint({
    name: 'evidenceStatus',
    method: 'GET',
    path: '/api/evidence',
    action: 'readEvidence',
    summary: 'Size, root and key of the ledger',
    answer: EvidenceStatus,
  }),
  listEntries: endpoint({
    name: 'listEntries',
    method: 'GET',
    path: '/api/evidence/entries',
    action: 'readEvidence',
    summary: 'Entries, newest first',
    query: Closed({
      before: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
      type: Type.Optional(Type.String({ maxLength: 60 })),
      subject: Type.Optional(Type.String({ maxLength: 70 })),
      /** Whoever did it: a person, device or service id, or `system`. */
      actor: Type.Optional(Type.String({ maxLength: 70 })),
      /** Only what was done at this time or later. */
      from: Type.Optional(Time),
      /** Only what was done at this time or earlier. */
      to: Type.Optional(Time),
    }),
    answer: Closed({ size: Count, entries: Type.Array(LedgerEntry) }),
  }),
  entryProof: endpoint({
    name: 'entryProof',
    method: 'GET',
    path: '/api/evidence/entries/:index/proof',
    action: 'exportEvidence',
    summary: 'A .tlog-proof file for one entry',
    params: Closed({ index: Type.Integer({ minimum: 0 }) }),
    answer: Type.String(),
  }),
  /** A zip: entries with salts and bodies, proofs, checkpoint, and how to check it with Go and OpenSSL. Without `incident`, the newest 1,000 entries. */
  evidencePack: endpoint({
    name: 'evidencePack',
    method: 'GET',
    path: '/api/evidence/pack',
    action: 'exportEvidence',
    summary: 'An evidence pack (zip) that verifies offline',
    query: Closed({ incident: Type.Optional(Id) }),
    answer: Type.Unsafe<Uint8Array>({}),
  }),
  recordEvidence: endpoint({
    name: 'recordEvidence',
    method: 'POST',
    path: '/api/evidence/batch',
    action: 'recordEvidence',
    summary: 'Put up to 100 statements into the ledger; answered when they are durable',
    body: Closed({
      statements: Type.Array(
        Closed({
          subject: Type.String({ minLength: 1, maxLength: 70 }),
          text: Type.String({ minLength: 1, maxLength: 4_000 }),
        }),
        { minItems: 1, maxItems: EVIDENCE_BATCH_MAX },
      ),
    }),
    answer: Closed({ first: Count, count: Count }),
  }),
} as const;
