/** FHIR as a person reads it. */
import { describe, expect, it } from 'vitest';
import type { Json } from '@cityward/kernel';
import { ENTRIES_MAX, fhirPaper } from './fhir.ts';
import { jsonPaper, JSON_DEPTH_MAX, JSON_VALUES_MAX, parseJson } from './json.ts';
import type { Paper } from './paper.ts';

const paper = (json: Json): Paper => {
  const answer = fhirPaper(json);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
};
const words = (parts: Paper): string[] =>
  parts.flatMap((part) => {
    if (part.is === 'rows') return part.rows.map(([name, value]) => `${name}: ${value}`);
    return part.is === 'table' ? [part.head.join(' | '), ...part.rows.map((row) => row.join(' | '))] : [part.text];
  });
const codeOf = (answer: { ok: true } | { ok: false; error: { code: string } }): string =>
  answer.ok ? 'drawn' : answer.error.code;

const HBA1C = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '59261-8', display: 'Haemoglobin A1c' }] },
  valueQuantity: { comparator: '<', value: 41, unit: 'mmol/mol' },
  referenceRange: [{ low: { value: 20, unit: 'mmol/mol' }, high: { value: 40, unit: 'mmol/mol' } }],
  interpretation: [{ coding: [{ code: 'H', display: 'High' }] }],
  effectiveDateTime: '2027-01-14T08:05:00+13:00',
  subject: { reference: 'Patient/1', display: 'Aroha Tūhoe' },
  note: [{ text: 'fasting' }],
};

describe('a FHIR resource', () => {
  it('says what, when, how much, in which unit and range, and its status', () => {
    expect(words(paper(HBA1C))).toEqual([
      'Result: Haemoglobin A1c',
      'Value: <41 mmol/mol',
      'Reference range: 20 mmol/mol to 40 mmol/mol',
      'Interpretation: High',
      'When: 2027-01-14 08:05 (+13:00)',
      'Status: final',
      'About: Aroha Tūhoe',
      'Note: fasting',
    ]);
  });

  it('has its parts in a table', () => {
    const part = (text: string, value: number) => ({ code: { text }, valueQuantity: { value, unit: 'mmHg' } });
    const pressure = { resourceType: 'Observation', component: [part('Systolic', 132), part('Diastolic', 84)] };
    expect(words(paper(pressure)).slice(1)).toEqual([
      'Part | Value | Reference range | Interpretation',
      'Systolic | 132 mmHg |  | ',
      'Diastolic | 84 mmHg |  | ',
    ]);
  });

  it.each<[string, Json, string[]]>([
    [
      'Patient',
      { name: [{ given: ['Aroha'], family: 'Tūhoe' }], birthDate: '1981-04-02' },
      ['Person: Aroha Tūhoe', 'Born: 1981-04-02'],
    ],
    [
      'Condition',
      { code: { text: 'Asthma' }, onsetAge: { value: 7, unit: 'years' } },
      ['Condition: Asthma', 'Since: 7 years'],
    ],
    [
      'MedicationRequest',
      { medicationReference: { display: 'Metformin' }, dosageInstruction: [{ text: 'with food' }] },
      ['Prescription: Metformin', 'Dose: with food'],
    ],
    [
      'Immunization',
      { vaccineCode: { text: 'MMR' }, occurrenceString: 'as a child' },
      ['Vaccination: MMR', 'When: as a child'],
    ],
    [
      'Encounter',
      { period: { start: '2027-01-02' }, type: [{ text: 'Check' }] },
      ['Visit: Check', 'When: from 2027-01-02'],
    ],
    [
      'Flag',
      { code: { text: 'Interpreter' }, tags: ['a', 'b'] },
      ['Flag', 'code › text: Interpreter', 'tags 1: a', 'tags 2: b'],
    ],
    ['constructor', { a: 1 }, ['constructor', 'a: 1']],
  ])('of type %s reads in words, or as a plain table', (resourceType, resource, wanted) => {
    expect(words(paper({ resourceType, ...(resource as object) } as Json))).toEqual(wanted);
  });

  it('of a bundle is one after the other, and whatever is odd in it breaks nothing', () => {
    const odd = [
      { resource: HBA1C },
      {},
      { resource: 7 },
      { resource: { resourceType: 'Observation', code: [1], valueQuantity: 'x' } },
    ];
    const bundle = { resourceType: 'Bundle', timestamp: '2027-01-15', entry: odd } as unknown as Json;
    expect(words(paper(bundle)).filter((line) => line.startsWith('Result'))).toEqual([
      'Result: Haemoglobin A1c',
      'Result',
    ]);
  });

  it('shows what somebody wrote beside the data, without its markup, and not what was made of the data', () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Ate &lt; 2 h before.</p><p>Tired.</p></div>';
    const told = (status: string) => words(paper({ ...HBA1C, text: { status, div } })).at(-1);
    expect(told('additional')).toBe('Ate < 2 h before.\nTired.');
    expect(told('generated')).toBe('Note: fasting');
  });

  it.each<[string, Json]>([
    ['NOT_DRAWN', { no: 'resource' }],
    ['NOT_DRAWN', [1]],
    ['TOO_MANY_ENTRIES', { resourceType: 'Bundle', entry: Array.from({ length: ENTRIES_MAX + 1 }, () => ({})) }],
  ])('is refused with %s', (code, json) => {
    expect(codeOf(fhirPaper(json))).toBe(code);
  });
});

describe('JSON', () => {
  it('is refused where it is too deep, too much or none', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < JSON_DEPTH_MAX + 2; depth++) deep = [deep];
    expect(codeOf(jsonPaper(deep))).toBe('TOO_DEEP');
    expect(codeOf(jsonPaper(Array.from({ length: JSON_VALUES_MAX + 1 }, () => 0)))).toBe('TOO_MANY_VALUES');
    expect(codeOf(parseJson(Buffer.from('{"a":')))).toBe('NOT_DRAWN');
    expect(codeOf(parseJson(Buffer.from([0x22, 0xff, 0x22])))).toBe('NOT_DRAWN');
  });
});
