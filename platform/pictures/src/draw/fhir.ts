/** FHIR R4 as a page that a person reads: each resource in words, and one of a type we have no words for as a plain table. */
import { ok, refuse, type Json, type Refusal, type Result } from '@cityward/kernel';
import { rowsOf } from './json.ts';
import type { Paper, Part, Row } from './paper.ts';
import * as as from './fhir-values.ts';
import type { Node } from './fhir-values.ts';

export const ENTRIES_MAX = 5_000;

type Read = (resource: Node) => string;
interface Words {
  readonly title: string;
  /** What it is about, behind the title. */
  readonly of: Read;
  readonly fields: readonly (readonly [name: string, read: Read])[];
}
const field =
  (read: (value: Json | undefined) => string, ...names: readonly string[]): Read =>
  (resource) =>
    names.map((name) => read(resource[name])).find((text) => text !== '') ?? '';
const any =
  (...names: readonly string[]): Read =>
  (resource) =>
    names.map((name) => as.choice(resource, name)).find((text) => text !== '') ?? '';
const status = ['Status', field(as.plain, 'status')] as const;
const subject = ['About', field(as.reference, 'subject', 'patient')] as const;
const notes = ['Note', field(as.note, 'note')] as const;

const measured: Words['fields'] = [
  ['Value', (one) => as.choice(one, 'value') || as.concept(one['dataAbsentReason'])],
  ['Reference range', field(as.range, 'referenceRange')],
  ['Interpretation', field(as.concept, 'interpretation')],
];
const WORDS: { readonly [type: string]: Words } = {
  Patient: {
    title: 'Person',
    of: field(as.personName, 'name'),
    fields: [
      ['Born', field(as.when, 'birthDate')],
      ['Gender', field(as.plain, 'gender')],
      ['Died', any('deceased')],
      ['Numbers', field(as.identifier, 'identifier')],
      ['Address', field(as.address, 'address')],
      ['Contact', field(as.contact, 'telecom')],
    ],
  },
  Observation: {
    title: 'Result',
    of: field(as.concept, 'code'),
    fields: [
      ...measured,
      ['When', any('effective')],
      ['Reported', field(as.when, 'issued')],
      status,
      subject,
      ['By', field(as.reference, 'performer')],
      ['Method', field(as.concept, 'method')],
      ['Body site', field(as.concept, 'bodySite')],
      notes,
    ],
  },
  DiagnosticReport: {
    title: 'Report',
    of: field(as.concept, 'code'),
    fields: [
      ['Conclusion', field(as.plain, 'conclusion')],
      ['When', any('effective')],
      ['Reported', field(as.when, 'issued')],
      status,
      subject,
      ['By', field(as.reference, 'performer')],
      ['Results', field(as.reference, 'result')],
    ],
  },
  Condition: {
    title: 'Condition',
    of: field(as.concept, 'code'),
    fields: [
      ['Since', any('onset')],
      ['Until', any('abatement')],
      ['State', field(as.concept, 'clinicalStatus')],
      ['Confirmed', field(as.concept, 'verificationStatus')],
      ['Severity', field(as.concept, 'severity')],
      ['Recorded', field(as.when, 'recordedDate')],
      subject,
      notes,
    ],
  },
  AllergyIntolerance: {
    title: 'Allergy',
    of: field(as.concept, 'code'),
    fields: [
      ['How grave', field(as.plain, 'criticality')],
      ['State', field(as.concept, 'clinicalStatus')],
      [
        'Reaction',
        (one) =>
          as
            .nodes(one['reaction'])
            .map((reaction) => as.concept(reaction['manifestation']))
            .join('; '),
      ],
      ['Since', any('onset')],
      subject,
      notes,
    ],
  },
  MedicationRequest: {
    title: 'Prescription',
    of: any('medication'),
    fields: [
      ['Dose', field(as.dosage, 'dosageInstruction')],
      ['When', field(as.when, 'authoredOn')],
      status,
      subject,
      ['By', field(as.reference, 'requester')],
      ['Reason', field(as.concept, 'reasonCode')],
      notes,
    ],
  },
  MedicationStatement: {
    title: 'Medicine taken',
    of: any('medication'),
    fields: [['Dose', field(as.dosage, 'dosage')], ['When', any('effective')], status, subject, notes],
  },
  Immunization: {
    title: 'Vaccination',
    of: field(as.concept, 'vaccineCode'),
    fields: [['When', any('occurrence')], ['Batch', field(as.plain, 'lotNumber')], status, subject, notes],
  },
  Procedure: {
    title: 'Procedure',
    of: field(as.concept, 'code'),
    fields: [['When', any('performed')], ['Outcome', field(as.concept, 'outcome')], status, subject, notes],
  },
  Encounter: {
    title: 'Visit',
    of: field(as.concept, 'type'),
    fields: [
      ['When', field(as.period, 'period')],
      ['Reason', field(as.concept, 'reasonCode')],
      status,
      subject,
      ['At', field(as.reference, 'serviceProvider')],
    ],
  },
  DocumentReference: {
    title: 'Document',
    of: (one) => as.plain(one['description']) || as.concept(one['type']),
    fields: [['When', field(as.when, 'date')], status, subject, ['By', field(as.reference, 'author')]],
  },
  Practitioner: {
    title: 'Practitioner',
    of: field(as.personName, 'name'),
    fields: [
      ['Numbers', field(as.identifier, 'identifier')],
      ['Contact', field(as.contact, 'telecom')],
    ],
  },
  Organization: {
    title: 'Organisation',
    of: field(as.plain, 'name'),
    fields: [
      ['Numbers', field(as.identifier, 'identifier')],
      ['Contact', field(as.contact, 'telecom')],
    ],
  },
};

export function fhirPaper(json: Json): Result<Paper, Refusal> {
  if (!as.isNode(json) || as.plain(json['resourceType']) === '')
    return refuse('invalid', 'NOT_DRAWN', 'draw the document: it is no FHIR resource, wanted a "resourceType"');
  if (json['resourceType'] !== 'Bundle') return resourceParts(json, 'title');
  const entries = as.nodes(json['entry']).map(({ resource }) => resource);
  if (entries.length > ENTRIES_MAX)
    return refuse(
      'invalid',
      'TOO_MANY_ENTRIES',
      `draw the bundle: it has ${entries.length} entries, wanted at most ${ENTRIES_MAX}`,
    );
  const parts: Part[] = [
    { is: 'title', text: `${entries.length} ${entries.length === 1 ? 'record' : 'records'}` },
    {
      is: 'rows',
      rows: given([
        ['Put together', as.when(json['timestamp'])],
        ['Kind', as.plain(json['type'])],
      ]),
    },
  ];
  for (const entry of entries) {
    if (!as.isNode(entry)) continue;
    const one = resourceParts(entry, 'heading');
    if (!one.ok) return one;
    parts.push(...one.value);
  }
  return ok(parts);
}

const given = (rows: readonly Row[]): Row[] => rows.filter(([, value]) => value !== '');

function resourceParts(resource: Node, is: 'title' | 'heading'): Result<Part[], Refusal> {
  const type = as.plain(resource['resourceType']);
  const words = Object.hasOwn(WORDS, type) ? WORDS[type]! : null;
  if (!words) {
    const rows = rowsOf(resource);
    if (!rows.ok) return rows;
    return ok([
      { is, text: type === '' ? 'A resource without a type' : type },
      { is: 'rows', rows: rows.value.filter(([name]) => name !== 'resourceType') },
    ]);
  }
  const of = words.of(resource);
  const parts: Part[] = [
    { is, text: of === '' ? words.title : `${words.title}: ${of}` },
    { is: 'rows', rows: given(words.fields.map(([name, read]) => [name, read(resource)] as const)) },
  ];
  const components = as.nodes(resource['component']);
  if (components.length > 0)
    parts.push({
      is: 'table',
      head: ['Part', 'Value', 'Reference range', 'Interpretation'],
      rows: components.map((one) => [as.concept(one['code']), ...measured.map(([, read]) => read(one))]),
    });
  const story = storyOf(resource);
  return ok(story === '' ? parts : [...parts, { is: 'text', text: story }]);
}

/** What somebody wrote in words beside the data, without its markup; what was only made of the data says nothing more. */
function storyOf({ text }: Node): string {
  if (!as.isNode(text) || text['status'] === 'generated') return '';
  const div = as.plain(text['div']);
  return div
    .replace(/<(?:br|\/p|\/div|\/tr|\/li|\/h\d)\b[^>]*>/gi, '\n')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|amp|#39|nbsp);/g, (_, name: string) => ENTITIES[name]!)
    .replace(/[ \t]+/g, ' ')
    .replace(/\s*\n\s*/g, '\n')
    .trim();
}
const ENTITIES: { readonly [name: string]: string } = { lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'", nbsp: ' ' };
