/** What we write as FHIR is FHIR to fhir.resources (Python), in R4 and in R5; what is broken is not. */
import { describe, expect, it } from 'vitest';
import type { Consent, FhirVersion } from '@cityward/contracts';
import { bundleOf, consentToFhir } from '@cityward/vault/testing';
import { madeRecords } from '../../apps/server/src/residents/health-records.ts';
import { madeRegister } from '../../apps/server/src/residents/register.ts';
import { askFhir, fhirPython, type AskedOfFhir } from './fhir-kit.ts';

const found = fhirPython();
const python = 'python' in found ? found.python : '';
const NOW = Date.UTC(2027, 0, 15);
const DAY = 86_400_000;
const RESIDENTS = 12;

const records = madeRegister('foreign/fhir')
  .residents.slice(0, RESIDENTS)
  .flatMap((resident, i) => madeRecords({ resident, patient: `per-${i}`, seed: 'foreign/fhir', now: NOW }));

const consent: Consent = {
  ...{
    id: 'con-7k2m9c0q4x1ab3d5',
    subject: 'per-aroha',
    person: 'per-ben',
    organisation: 'party-quay-clinic',
    role: 'doctor',
  },
  ...{ scope: { of: 'categories', categories: ['blood-tests', 'notes'] }, rights: ['view', 'text'], purpose: 'TREAT' },
  ...{
    from: NOW,
    until: NOW + DAY,
    uses: 3,
    used: 1,
    refrains: ['NOPERSISTP', 'DELAU', 'NORDSCLCD', 'NOREUSE'],
    depth: 1,
  },
  ...{ parent: null, given: { at: NOW, by: 'per-aroha', behalf: false }, takenBack: null, state: 'standing' },
};
const CONSENTS: readonly Consent[] = [
  consent,
  { ...consent, uses: null, depth: 0, refrains: [], scope: { of: 'records', records: ['rec-1', 'rec-2'] } },
  { ...consent, person: null, given: { ...consent.given, by: 'per-mum' }, parent: 'con-parent' },
  { ...consent, organisation: null, role: null, state: 'taken-back', takenBack: { at: NOW + 1, by: 'per-aroha' } },
];
const written = (version: FhirVersion): AskedOfFhir[] =>
  CONSENTS.map((one) => ({ version, resource: consentToFhir(one, version, 'Port Merrow') }));

const takenAlong = bundleOf(
  [
    ...records.map(({ category, resource }, i) => ({
      category,
      media: 'application/fhir+json' as const,
      content: resource,
      i,
    })),
    { category: 'scans', media: 'application/pdf' as const, content: {}, i: 999 },
  ].map(({ category, media, content, i }) => ({
    ...{ record: `rec-${i}`, version: 1, category, media, at: NOW, file: `records/${category}/rec-${i}` },
    content: Buffer.from(JSON.stringify(content)),
  })),
  NOW,
);

describe.skipIf(python === '')(`fhir.resources${'missing' in found ? `: SKIPPED, ${found.missing}` : ''}`, () => {
  const ask = (asked: readonly AskedOfFhir[]): string[] => askFhir(python, asked);

  it('takes what residents have, what they take along, and consents in R4 and in R5', () => {
    expect(records.length).toBeGreaterThan(RESIDENTS);
    const asked = [
      ...records.map(({ resource }) => ({ version: 'r4' as const, resource })),
      { version: 'r4' as const, resource: takenAlong },
      ...written('r4'),
      ...written('r5'),
    ];
    expect([...new Set(ask(asked))]).toEqual(['accepted']);
  });

  it('refuses what is broken: so it looks', () => {
    const [r4] = written('r4') as [AskedOfFhir];
    const [r5] = written('r5') as [AskedOfFhir];
    const broken: AskedOfFhir[] = [
      { ...r4, resource: { ...r4.resource, status: undefined } },
      { ...r4, resource: { ...r4.resource, provision: 'all of it' } },
      { ...r4, resource: { ...r4.resource, dateTime: 'last week' } },
      { ...r4, resource: { ...r4.resource, decision: 'deny' } },
      { ...r5, resource: { ...r5.resource, patient: {} } },
      { ...r5, resource: { ...r5.resource, date: '2027-13-45' } },
      { version: 'r5', resource: r4.resource },
      { version: 'r4', resource: r5.resource },
      {
        version: 'r4',
        resource: {
          ...records.find(({ resource }) => resource.resourceType === 'Observation')!.resource,
          code: undefined,
        },
      },
      { version: 'r4', resource: { ...takenAlong, entry: [{ resource: { resourceType: 'Nothing' } }] } },
    ];
    expect(ask(broken).map((line) => line.split(' ')[0])).toEqual(broken.map(() => 'rejected'));
  });
});
