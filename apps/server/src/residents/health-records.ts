/** Health records that are made up, in FHIR R4: for each resident the same from the seed, counted back from the day they are made. */
import { DAY_MS, seeded, type Random } from '@cityward/kernel';
import type { MadeResident } from './register.ts';

/** What a record is stored as: its category, and the resource. */
export interface MadeRecord {
  readonly category: string;
  readonly resource: FhirResource;
}
export interface FhirResource {
  readonly resourceType: string;
  readonly [field: string]: unknown;
}

const HL7 = 'http://terminology.hl7.org/CodeSystem';
const OWN = 'https://port-merrow.cityward.example/codes';
const LANGUAGE = 'en-NZ';

interface Test {
  readonly code: string;
  readonly text: string;
  readonly unit: string;
  /** As UCUM writes it. */
  readonly ucum: string;
  readonly low: number;
  readonly high: number;
  readonly places: number;
}
const TESTS: readonly Test[] = [
  { code: 'haemoglobin', text: 'Haemoglobin', unit: 'g/L', ucum: 'g/L', low: 115, high: 155, places: 0 },
  { code: 'hba1c', text: 'HbA1c', unit: 'mmol/mol', ucum: 'mmol/mol', low: 20, high: 40, places: 0 },
  { code: 'glucose-fasting', text: 'Glucose, fasting', unit: 'mmol/L', ucum: 'mmol/L', low: 3.5, high: 5.4, places: 1 },
  { code: 'cholesterol', text: 'Cholesterol', unit: 'mmol/L', ucum: 'mmol/L', low: 3, high: 5, places: 1 },
  { code: 'creatinine', text: 'Creatinine', unit: 'µmol/L', ucum: 'umol/L', low: 45, high: 90, places: 0 },
  { code: 'ferritin', text: 'Ferritin', unit: 'µg/L', ucum: 'ug/L', low: 20, high: 200, places: 0 },
  { code: 'tsh', text: 'Thyroid stimulating hormone', unit: 'mIU/L', ucum: 'm[IU]/L', low: 0.4, high: 4, places: 1 },
];
const MEDICINES = [
  ['Metformin 500 mg tablet', 'One tablet twice a day with food'],
  ['Cilazapril 2.5 mg tablet', 'One tablet in the morning'],
  ['Atorvastatin 20 mg tablet', 'One tablet at night'],
  ['Salbutamol 100 microgram inhaler', 'Two puffs when needed for breathlessness'],
  ['Amoxicillin 500 mg capsule', 'One capsule three times a day for seven days'],
  ['Paracetamol 500 mg tablet', 'Two tablets up to four times a day when needed'],
] as const;
const CONDITIONS = [
  'Asthma',
  'High blood pressure',
  'Type 2 diabetes',
  'Gout',
  'Eczema',
  'Migraine',
  'Low iron',
] as const;
const ALLERGIES = [
  ['Penicillin', 'Rash', 'low'],
  ['Bee sting', 'Swelling of the face', 'high'],
  ['Peanut', 'Difficulty breathing', 'high'],
  ['Sulfonamides', 'Hives', 'low'],
] as const;
const VACCINES = [
  'Influenza vaccine',
  'Tetanus and diphtheria vaccine',
  'Measles, mumps and rubella vaccine',
  'COVID-19 vaccine',
] as const;
const LETTERS = [
  [
    'Clinic letter',
    'Thank you for seeing this patient. Blood pressure is well controlled. Please repeat the blood tests in six months.',
  ],
  [
    'Discharge summary',
    'Admitted overnight for observation and discharged home well. No change to the usual medicines. Review with the family doctor in two weeks.',
  ],
  [
    'Specialist letter',
    'Reviewed in the outpatient clinic. Symptoms have settled. Discharged from this clinic with advice to return if they come back.',
  ],
] as const;
const CLINICS = ['Quay Street Clinic', 'Port Merrow Hospital Trust'] as const;

interface Making {
  readonly patient: string;
  readonly random: Random;
  /** So many days ago, as FHIR writes a day. */
  readonly ago: (days: number) => string;
}

const coded = (system: string, code: string, text?: string) => ({
  coding: [{ system, code, ...(text === undefined ? {} : { display: text }) }],
  ...(text === undefined ? {} : { text }),
});
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
const own = (list: string, text: string) => coded(`${OWN}/${list}`, slug(text), text);
const subjectOf = ({ patient }: Making) => ({ reference: `Patient/${patient}` });
const common = (resourceType: string, id: string) => ({ resourceType, id, language: LANGUAGE });
const some = (random: Random, low: number, high: number): number => low + random.int(high - low + 1);

const pad = (value: number): string => String(value).padStart(2, '0');
const patientOf = (
  { patient }: Making,
  { name, given, family, gender, born, address }: MadeResident,
): FhirResource => ({
  ...common('Patient', patient),
  active: true,
  name: [{ use: 'official', text: name, family, given: [...given] }],
  gender,
  birthDate: `${born.year}-${pad(born.month)}-${pad(born.day)}`,
  address: [{ use: 'home', text: address, city: 'Port Merrow', country: 'NZ' }],
});

const INTERPRETATION = { L: 'Low', N: 'Normal', H: 'High' } as const;

function observation(making: Making, n: number): FhirResource {
  const { random, ago } = making;
  const { code, text, unit, ucum, low, high, places } = random.pick(TESTS);
  const quantity = (value: number) => ({
    value: Number(value.toFixed(places)),
    unit,
    system: 'http://unitsofmeasure.org',
    code: ucum,
  });
  const middle = (low + high) / 2;
  const value = quantity(Math.max(low / 2, middle + (random.normal() * (high - low)) / 3));
  const flag = value.value < low ? 'L' : value.value > high ? 'H' : 'N';
  const taken = some(random, 3, 900);
  return {
    ...common('Observation', `obs-${n}`),
    status: 'final',
    category: [coded(`${HL7}/observation-category`, 'laboratory', 'Laboratory')],
    code: coded(`${OWN}/tests`, code, text),
    subject: subjectOf(making),
    effectiveDateTime: ago(taken),
    performer: [{ display: random.pick(CLINICS) }],
    valueQuantity: value,
    interpretation: [coded(`${HL7}/v3-ObservationInterpretation`, flag, INTERPRETATION[flag])],
    referenceRange: [{ low: quantity(low), high: quantity(high) }],
  };
}

function medication(making: Making, n: number): FhirResource {
  const { random, ago } = making;
  const [medicine, dose] = random.pick(MEDICINES);
  return {
    ...common('MedicationRequest', `med-${n}`),
    status: random.next() < 0.7 ? 'active' : 'completed',
    intent: 'order',
    medicationCodeableConcept: own('medicines', medicine),
    subject: subjectOf(making),
    authoredOn: ago(some(random, 5, 700)),
    requester: { display: random.pick(CLINICS) },
    dosageInstruction: [{ text: dose }],
  };
}

function condition(making: Making, n: number): FhirResource {
  const { random, ago } = making;
  return {
    ...common('Condition', `con-${n}`),
    clinicalStatus: coded(`${HL7}/condition-clinical`, 'active', 'Active'),
    verificationStatus: coded(`${HL7}/condition-ver-status`, 'confirmed', 'Confirmed'),
    code: own('conditions', random.pick(CONDITIONS)),
    subject: subjectOf(making),
    onsetDateTime: ago(some(random, 200, 6_000)),
    recorder: { display: random.pick(CLINICS) },
  };
}

function allergy(making: Making, n: number): FhirResource {
  const { random, ago } = making;
  const [substance, reaction, criticality] = random.pick(ALLERGIES);
  return {
    ...common('AllergyIntolerance', `all-${n}`),
    clinicalStatus: coded(`${HL7}/allergyintolerance-clinical`, 'active', 'Active'),
    verificationStatus: coded(`${HL7}/allergyintolerance-verification`, 'confirmed', 'Confirmed'),
    criticality,
    code: own('substances', substance),
    patient: subjectOf(making),
    recordedDate: ago(some(random, 100, 4_000)),
    reaction: [{ manifestation: [own('reactions', reaction)] }],
  };
}

function immunisation(making: Making, n: number): FhirResource {
  const { random, ago } = making;
  return {
    ...common('Immunization', `imm-${n}`),
    status: 'completed',
    vaccineCode: own('vaccines', random.pick(VACCINES)),
    patient: subjectOf(making),
    occurrenceDateTime: ago(some(random, 20, 3_000)),
    lotNumber: `PM${some(random, 1_000, 9_999)}`,
    performer: [{ actor: { display: random.pick(CLINICS) } }],
  };
}

function letter(making: Making, n: number): FhirResource {
  const { random, ago } = making;
  const [title, text] = random.pick(LETTERS);
  const day = ago(some(random, 10, 600));
  return {
    ...common('DocumentReference', `doc-${n}`),
    status: 'current',
    type: own('documents', title),
    subject: subjectOf(making),
    date: `${day}T09:30:00+12:00`,
    author: [{ display: random.pick(CLINICS) }],
    description: title,
    content: [
      {
        attachment: {
          contentType: 'text/plain; charset=utf-8',
          language: LANGUAGE,
          data: Buffer.from(text).toString('base64'),
          title,
          creation: day,
        },
      },
    ],
  };
}

const KINDS: readonly {
  readonly category: string;
  readonly least: number;
  readonly most: number;
  readonly make: (making: Making, n: number) => FhirResource;
}[] = [
  { category: 'blood-tests', least: 3, most: 6, make: observation },
  { category: 'medicines', least: 1, most: 3, make: medication },
  { category: 'conditions', least: 0, most: 2, make: condition },
  { category: 'allergies', least: 0, most: 1, make: allergy },
  { category: 'immunisations', least: 1, most: 3, make: immunisation },
  { category: 'documents', least: 1, most: 1, make: letter },
];

interface Whose {
  readonly resident: MadeResident;
  /** Their id in the city. */
  readonly patient: string;
  readonly seed: string;
  readonly now: number;
}

export function madeRecords({ resident, patient, seed, now }: Whose): readonly MadeRecord[] {
  const random = seeded(seed).fork(`records of ${resident.name}`);
  const ago = (days: number): string => new Date(now - days * DAY_MS).toISOString().slice(0, 10);
  const making: Making = { patient, random, ago };
  const records = KINDS.flatMap(({ category, least, most, make }) =>
    Array.from({ length: some(random, least, most) }, (_, n) => ({ category, resource: make(making, n + 1) })),
  );
  return [{ category: 'about-me', resource: patientOf(making, resident) }, ...records];
}
