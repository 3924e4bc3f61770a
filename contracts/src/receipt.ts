/**
 * The receipt of a consent: the fields that ISO/IEC TS 27560:2023 asks for, by the table of W3C's DPV group
 * (w3id.org/dpv/guides/consent-27560), and some of those it allows, as JSON-LD, whose context is in it, so that nothing is fetched to read
 * it. A field added to it is a new `schema_version`.
 */
import { Type, type Static } from 'typebox';
import { LedgerExhibit } from './destruction.ts';
import { Base64, Closed, Count, Id, Line, OneOf, OrNull, Time } from './schema.ts';
import { POST_ROLES, PURPOSES, REFRAINS, RIGHTS } from './words.ts';

export const RECEIPT_MAX_BYTES = 262_144;
export const RECEIPT_EVENTS = ['given', 'handed-on', 'taken-back'] as const;
export type ReceiptEvent = (typeof RECEIPT_EVENTS)[number];

/** By value: vocabularies are named, none is fetched. What DPV and Dublin Core have no word for is our own. */
export const RECEIPT_CONTEXT = {
  '@version': 1.1,
  '@vocab': 'urn:cityward:receipt:1#',
  dct: 'http://purl.org/dc/terms/',
  dpv: 'https://w3id.org/dpv#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  schema_version: 'dct:conformsTo',
  receipt_id: 'dct:identifier',
  language: 'dct:language',
  pii_principal_id: 'dpv:hasDataSubject',
  pii_controllers: 'dpv:hasDataController',
  recipient_third_parties: 'dpv:hasRecipient',
  purposes: 'dpv:hasPurpose',
  lawful_basis: 'dpv:hasLegalBasis',
  pii_information: 'dpv:hasPersonalData',
  privacy_notice: 'dpv:hasNotice',
  storage_locations: 'dpv:hasLocation',
  retention_period: 'dpv:hasStorageCondition',
  jurisdiction: 'dpv:hasJurisdiction',
  withdrawal_method: 'dpv:hasConsentControl',
  party_name: 'dpv:hasName',
  party_address: 'dpv:hasAddress',
  party_contact: 'dpv:hasContact',
  entity_id: 'dpv:isImplementedByEntity',
  event_state: 'dpv:hasConsentStatus',
  event_time: { '@id': 'dct:date', '@type': 'xsd:dateTime' },
  valid_from: { '@id': 'dct:valid', '@type': 'xsd:dateTime' },
} as const;

const Moment = Type.String({ pattern: '^(\\d{4}|\\+\\d{6})-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' });

export const ConsentReceipt = Closed({
  /** Exactly `RECEIPT_CONTEXT`: another one would give every field another meaning. */
  '@context': Type.Unsafe<typeof RECEIPT_CONTEXT>({ type: 'object' }),
  '@type': Type.Literal('dpv:ConsentRecord'),
  schema_version: Type.Literal('ISO/IEC TS 27560:2023'),
  receipt_id: Line(120),
  /** The consent. */
  record_id: Id,
  /** The consent that it was handed on from. */
  parent_record_id: OrNull(Id),
  language: Type.Literal('en'),
  /** Whose it is: an id that tells nothing by itself. */
  pii_principal_id: Id,
  /** In words, as it was said before it was given; people are named by their ids. */
  privacy_notice: Type.Array(Line(20_000), { minItems: 1, maxItems: 30 }),
  collection_method: OneOf(['signed-in-and-agreed', 'on-behalf', 'handed-on']),
  sensitive: Type.Literal(true),
  purposes: Type.Tuple([
    Closed({
      /** HL7 v3 PurposeOfUse. */
      purpose: OneOf(PURPOSES),
      lawful_basis: Type.Literal('consent'),
      pii_information: Type.Array(Closed({ pii_type: OneOf(['category', 'record']), pii_attribute_id: Id }), {
        minItems: 1,
        maxItems: 200,
      }),
      /** By `party_id`. */
      pii_controllers: Type.Array(Line(64), { minItems: 1, maxItems: 1 }),
      recipient_third_parties: Type.Array(Line(64), { minItems: 1, maxItems: 2 }),
      processing_methods: Type.Array(OneOf(RIGHTS), { minItems: 1 }),
      /** HL7 v3 refrain and obligation codes. */
      processing_restrictions: Type.Array(OneOf(REFRAINS)),
      valid_from: Moment,
      valid_until: Moment,
      uses: OrNull(Count),
      delegation_depth: Count,
      storage_locations: Type.Array(Line(200), { minItems: 1, maxItems: 1 }),
      /** In words, each period once. */
      retention_period: Type.Array(Line(300), { minItems: 1, maxItems: 50 }),
      /** ISO 3166-1. */
      jurisdiction: Type.String({ pattern: '^[A-Z]{2}$' }),
      withdrawal_method: Line(300),
    }),
  ]),
  parties: Type.Array(
    Closed({
      party_id: Line(64),
      party_type: OneOf(['organisation', 'person']),
      party_role: OneOf(['pii-controller', 'pii-principal', 'recipient']),
      /** Of organisations; people are ids here. */
      party_name: OrNull(Line(200)),
      /** As what a recipient has to work there; null where it does not matter. */
      party_position: OrNull(OneOf(POST_ROLES)),
      /** Of the controller. */
      party_address: OrNull(Line(200)),
      party_contact: OrNull(Line(200)),
    }),
    { minItems: 3, maxItems: 4 },
  ),
  /** Oldest first; the last one is what the receipt is for. */
  events: Type.Array(
    Closed({
      event_time: Moment,
      event_type: Type.Literal('explicit'),
      event_state: OneOf(RECEIPT_EVENTS),
      /** Of the consent from then on: an interval of ISO 8601, or `PT0S` once it is taken back. */
      validity_duration: Line(60),
      /** Who did it. */
      entity_id: Line(64),
    }),
    { minItems: 1, maxItems: 2 },
  ),
});
export type ConsentReceipt = Static<typeof ConsentReceipt>;

/** Exactly these bytes, canonical, are what the city signs. */
export const ReceiptSigned = Closed({ receipt: ConsentReceipt, signedAt: Time });
export type ReceiptSigned = Static<typeof ReceiptSigned>;

/** The file that is handed out: checked with the city's root and the log's key alone. */
export const ReceiptFile = Closed({
  signed: ReceiptSigned,
  /** The city's detached signature over the canonical JSON of `signed`; CMS, DER. */
  city: Base64(20_000),
  /** The fact that names the receipt's hash, and its proof in the ledger. */
  ledger: LedgerExhibit,
});
export type ReceiptFile = Static<typeof ReceiptFile>;
