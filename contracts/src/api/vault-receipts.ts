/** What a person takes away of a consent, as a receipt or as FHIR, and brings along as FHIR. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { RECEIPT_EVENTS } from '../receipt.ts';
import { Closed, OneId, OneOf } from '../schema.ts';
import { FHIR_VERSIONS } from '../words.ts';
import { ConsentDraft } from './vault.ts';
import { ConsentPreview } from './vault-grants.ts';

/** Of a Consent that somebody brings along. */
export const FHIR_CONSENT_MAX_CHARS = 262_144;
/** As JSON in JSON, in UTF-8. */
const BODY_MAX_BYTES = 4 * FHIR_CONSENT_MAX_CHARS;

export const ImportedConsent = Closed({
  version: OneOf(FHIR_VERSIONS),
  /** To be given like any other, by whoever may: by itself it gives nothing. */
  draft: ConsentDraft,
  preview: ConsentPreview,
});
export type ImportedConsent = Static<typeof ImportedConsent>;

export const vaultReceipts = {
  getReceipt: endpoint({
    name: 'getReceipt',
    method: 'GET',
    path: '/api/consents/:id/receipt',
    action: 'readHoldings',
    summary:
      "The receipt of a consent (ISO/IEC TS 27560, JSON-LD), signed by the city, with the ledger's proof: of its newest event, or of the one named",
    params: OneId,
    query: Closed({ event: Type.Optional(OneOf(RECEIPT_EVENTS)) }),
    answer: Type.Unknown(),
  }),
  exportConsent: endpoint({
    name: 'exportConsent',
    method: 'GET',
    path: '/api/consents/:id/fhir',
    action: 'readHoldings',
    summary: 'A consent as a FHIR Consent, R4 or R5',
    params: OneId,
    query: Closed({ version: OneOf(FHIR_VERSIONS) }),
    answer: Type.Unknown(),
  }),
  importConsent: endpoint({
    name: 'importConsent',
    method: 'POST',
    path: '/api/consents/import',
    action: 'giveConsent',
    summary:
      'Read a FHIR Consent (R4 or R5) as a draft with its preview; nothing is given, and what is not known here is named and refused',
    body: Closed({ fhir: Type.String({ minLength: 2, maxLength: FHIR_CONSENT_MAX_CHARS }) }),
    bodyMaxBytes: BODY_MAX_BYTES,
    answer: ImportedConsent,
  }),
} as const;
