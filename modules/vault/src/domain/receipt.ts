/** The receipt of a consent: its fields, its exact bytes, and what it says in words. Pure. */
import { createHash } from 'node:crypto';
import { RECEIPT_CONTEXT, type ConsentReceipt, type ReceiptEvent, type ReceiptSigned } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import type { Grant } from './grant.ts';
import { dayOf } from './life.ts';

export const receiptBytes = (receipt: ConsentReceipt): Buffer => Buffer.from(canonicalJson(receipt as unknown as Json));
/** What the city signs. */
export const receiptSignedBytes = (signed: ReceiptSigned): Buffer =>
  Buffer.from(canonicalJson(signed as unknown as Json));
/** What the ledger names it by. */
export const receiptHash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Happened {
  readonly at: number;
  readonly by: string;
}
export interface ReceiptOf {
  readonly grant: Grant;
  readonly given: Happened;
  readonly event: ReceiptEvent;
  readonly city: { readonly name: string; readonly contact: string; readonly address: string };
  /** How long its records are kept, in words. */
  readonly retention: readonly string[];
  /** Of organisations alone: people are ids in it. */
  readonly nameOf: (organisation: string) => string | null;
  /** What was said before it was given. */
  readonly notice: readonly string[];
}

const CONTROLLER = 'city';
const CONTROLLER_SHARES = {
  party_id: CONTROLLER,
  party_type: 'organisation',
  party_role: 'pii-controller',
  party_position: null,
} as const;
/** Whose law the periods of `law/classes.json` are of. */
const JURISDICTION = 'NZ';
const WITHDRAWAL =
  'At any time, in one step and without a reason: on the portal, by the command line, or at the office of the controller.';
const iso = (at: number): string => new Date(at).toISOString();

export function receiptOf(of: ReceiptOf): ConsentReceipt {
  const { grant, given, event, notice } = of;
  const { id, subject, purpose, rights, refrains, from, until, uses, depth, parent } = grant;
  const recipients = recipientsOf(of);
  return {
    '@context': RECEIPT_CONTEXT,
    '@type': 'dpv:ConsentRecord',
    schema_version: 'ISO/IEC TS 27560:2023',
    receipt_id: `urn:cityward:${id}:${event}`,
    record_id: id,
    parent_record_id: parent,
    language: 'en',
    pii_principal_id: subject,
    privacy_notice: [...notice],
    collection_method: parent === null ? (given.by === subject ? 'signed-in-and-agreed' : 'on-behalf') : 'handed-on',
    sensitive: true,
    purposes: [
      {
        ...{ purpose, lawful_basis: 'consent', pii_information: informationOf(grant) },
        ...{ pii_controllers: [CONTROLLER], recipient_third_parties: recipients.map(({ party_id }) => party_id) },
        ...{ processing_methods: [...rights], processing_restrictions: [...refrains] },
        ...{ valid_from: iso(from), valid_until: iso(until), uses, delegation_depth: depth },
        ...{ storage_locations: [of.city.address], retention_period: [...of.retention], jurisdiction: JURISDICTION },
        withdrawal_method: WITHDRAWAL,
      },
    ],
    parties: [
      {
        ...CONTROLLER_SHARES,
        ...{ party_name: of.city.name, party_address: of.city.address, party_contact: of.city.contact },
      },
      { ...PERSON, party_id: subject, party_role: 'pii-principal', party_position: null },
      ...recipients,
    ],
    events: eventsOf(of),
  };
}

type Party = ConsentReceipt['parties'][number];
/** By id alone. */
const PERSON = { party_type: 'person', party_name: null, party_address: null, party_contact: null } as const;
function recipientsOf({ grant: { grantee }, nameOf }: ReceiptOf): Party[] {
  const { person, organisation, role } = grantee;
  const recipient = {
    party_role: 'recipient',
    party_position: role,
    party_address: null,
    party_contact: null,
  } as const;
  return [
    ...(person === null ? [] : [{ ...recipient, ...PERSON, party_id: person }]),
    ...(organisation === null
      ? []
      : [
          {
            ...recipient,
            ...({ party_id: organisation, party_type: 'organisation', party_name: nameOf(organisation) } as const),
          },
        ]),
  ];
}

const informationOf = ({ scope }: Grant): ConsentReceipt['purposes'][0]['pii_information'] =>
  scope.of === 'categories'
    ? scope.categories.map((one) => ({ pii_type: 'category', pii_attribute_id: one }))
    : scope.records.map((one) => ({ pii_type: 'record', pii_attribute_id: one }));

const ENDED = 'PT0S';
const intervalOf = (from: string, until: string): string => `${from}/${until}`;
function eventsOf({ grant, given, event }: ReceiptOf): ConsentReceipt['events'] {
  const { state, parent, from, until } = grant;
  const entry = (is: ReceiptEvent, { at, by }: Happened): ConsentReceipt['events'][number] => ({
    event_time: iso(at),
    event_type: 'explicit',
    event_state: is,
    validity_duration: is === 'taken-back' ? ENDED : intervalOf(iso(from), iso(until)),
    entity_id: by,
  });
  const first = entry(parent === null ? 'given' : 'handed-on', given);
  return event === 'taken-back' && state.is === 'taken-back' ? [first, entry('taken-back', state)] : [first];
}

/** What it was made for. */
export const eventOf = ({ events }: ConsentReceipt): ConsentReceipt['events'][number] => events.at(-1)!;

const HAPPENED: Readonly<Record<ReceiptEvent, string>> = {
  given: 'Given',
  'handed-on': 'Handed on',
  'taken-back': 'Taken back',
};
const OF_EVENT: Readonly<Record<ReceiptEvent, string>> = {
  given: 'the consent given',
  'handed-on': 'the consent handed on',
  'taken-back': 'the taking back of the consent',
};
/** Of an event from before receipts were issued: what stands after this sentence is read from the consent as it is kept. */
export const lateSentence = (event: ReceiptEvent, issued: string, happened: string): string =>
  `This receipt was issued on ${issued} for ${OF_EVENT[event]} on ${happened}; there was none at the time.`;

/** What a person reads; made from the document that is signed and nothing else. */
export function receiptInWords({
  record_id,
  pii_principal_id,
  parties,
  events,
  privacy_notice,
}: ConsentReceipt): string[] {
  const named = ({ party_id, party_name, party_position }: Party): string =>
    `${party_name ?? party_id}${party_position === null ? '' : `, as ${party_position.replaceAll('-', ' ')}`}`;
  const of = (role: Party['party_role']): string =>
    parties
      .filter((one) => one.party_role === role)
      .map(named)
      .join('; ');
  return [
    `Receipt of consent ${record_id}`,
    `Whose data: ${pii_principal_id}. Who holds it: ${of('pii-controller')}. Who may see it: ${of('recipient')}.`,
    ...privacy_notice,
    ...events.map(({ event_state, event_time, entity_id }) => {
      const at = Date.parse(event_time);
      return `${HAPPENED[event_state]} on ${dayOf(at)} at ${event_time.slice(11, 19)} UTC by ${entity_id}.`;
    }),
  ];
}

/** What does not hold together in a receipt, whoever signed it; `null` where all does. */
export function receiptFault(receipt: ConsentReceipt): string | null {
  const { record_id, receipt_id, parties, purposes, events, pii_principal_id } = receipt;
  const { event_state: event } = eventOf(receipt);
  // Another context gives every field another meaning.
  if (canonicalJson(receipt['@context'] as unknown as Json) !== canonicalJson(RECEIPT_CONTEXT as unknown as Json))
    return 'its JSON-LD context is another one';
  if (receipt_id !== `urn:cityward:${record_id}:${event}`) return 'its number is of another consent or event';
  if (events.length === 2 ? events[0]!.event_state === 'taken-back' || event !== 'taken-back' : event === 'taken-back')
    return 'its events are not in order';
  const times = [...events.map(({ event_time }) => Date.parse(event_time)), Date.parse(purposes[0].valid_from)];
  if (!times.every(Number.isFinite) || times[0]! > times[events.length - 1]!) return 'its times are not in order';
  const valid = intervalOf(purposes[0].valid_from, purposes[0].valid_until);
  if (events.some((one) => one.validity_duration !== (one.event_state === 'taken-back' ? ENDED : valid)))
    return 'its validity is another than its purpose says';
  const ids = parties.filter(({ party_role }) => party_role === 'recipient').map(({ party_id }) => party_id);
  if (canonicalJson(ids) !== canonicalJson(purposes[0].recipient_third_parties))
    return 'its recipients are not its parties';
  return parties.some(({ party_role, party_id }) => party_role === 'pii-principal' && party_id === pii_principal_id)
    ? null
    : 'the person whose data it is about is not among its parties';
}
