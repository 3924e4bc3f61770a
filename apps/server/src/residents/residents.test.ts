/** The made-up residents: the same from the seed, all different, their records as FHIR R4 wants them. */
import { describe, expect, it } from 'vitest';
import { decidedCategories, retentionLaw } from '@cityward/vault';
import { madeRecords, type FhirResource } from './health-records.ts';
import { madeRegister, RESIDENTS } from './register.ts';

const NOW = Date.parse('2026-11-30T00:00:00Z');
const register = madeRegister('port-merrow');
const recordsOf = (at: number, seed = 'port-merrow') =>
  madeRecords({ resident: register.residents[at]!, patient: `per-${at}`, seed, now: NOW });
const all = register.residents.flatMap((_, at) => recordsOf(at));

/** Elements that R4 requires (cardinality 1..), and the value sets that bind them. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Patient: [],
  Observation: ['status', 'code'],
  MedicationRequest: ['status', 'intent', 'medicationCodeableConcept', 'subject'],
  Condition: ['subject'],
  AllergyIntolerance: ['patient'],
  Immunization: ['status', 'vaccineCode', 'patient', 'occurrenceDateTime'],
  DocumentReference: ['status', 'content'],
};
const STATUSES: Readonly<Record<string, readonly string[]>> = {
  Observation: ['final'],
  MedicationRequest: ['active', 'completed'],
  Immunization: ['completed'],
  DocumentReference: ['current'],
};
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+\d{2}:\d{2}$/;
const codings = (value: unknown): { system?: string; code?: string }[] =>
  Array.isArray(value)
    ? value.flatMap(codings)
    : typeof value === 'object' && value !== null
      ? [...('coding' in value ? (value.coding as object[]) : []), ...Object.values(value).flatMap(codings)]
      : [];

describe('the register', () => {
  it('is the same from the seed, and another from another', () => {
    expect(madeRegister('port-merrow')).toEqual(register);
    expect(madeRegister('elsewhere').residents).not.toEqual(register.residents);
  });
  it('has some dozens of people with names of their own', () => {
    const names = [...register.residents, ...register.professionals].map(({ name }) => name);
    expect(register.residents).toHaveLength(RESIDENTS);
    expect(new Set(names).size).toBe(names.length);
  });
  it('has consents between people of its lists alone, for looking and reading', () => {
    expect(register.consents.length).toBeGreaterThan(20);
    for (const { resident, professional, categories, rights } of register.consents) {
      expect([resident < RESIDENTS, professional < register.professionals.length]).toEqual([true, true]);
      expect(categories.length).toBeGreaterThan(0);
      expect(rights.every((right) => right === 'view' || right === 'text')).toBe(true);
    }
  });
});

describe('the health records', () => {
  it('are each of a class of the law, kept ten years from when the person was last seen', () => {
    const { categories, classes } = retentionLaw();
    const made = new Set(all.map(({ category }) => category));
    expect(made.size).toBe(7);
    for (const category of made) expect([category, categories[category]]).toEqual([category, 'health']);
    expect(classes['health']).toMatchObject({ from: 'last-encounter', keepAtLeast: { years: 10 } });
    const decided = decidedCategories();
    const undecided = register.consents.flatMap((consent) => consent.categories).filter((one) => !decided.has(one));
    expect(undecided).toEqual([]);
  });
  it('are the same from the seed', () => {
    expect(recordsOf(3)).toEqual(recordsOf(3));
    expect(recordsOf(3, 'elsewhere')).not.toEqual(recordsOf(3));
  });
  it('are of all seven kinds', () =>
    expect(new Set(all.map(({ resource }) => resource.resourceType))).toEqual(new Set(Object.keys(REQUIRED))));
  it.each(Object.keys(REQUIRED))('%s has what R4 requires', (type) => {
    const some = all.map(({ resource }) => resource).filter((one: FhirResource) => one.resourceType === type);
    expect(some.length).toBeGreaterThan(0);
    for (const resource of some) {
      for (const element of REQUIRED[type]!) expect([element, resource[element] ?? null]).not.toEqual([element, null]);
      expect(String(resource['id'])).toMatch(ID);
      if (STATUSES[type]) expect(STATUSES[type]).toContain(resource['status']);
      for (const [element, value] of Object.entries(resource))
        if (typeof value === 'string' && /date|authoredOn/i.test(element))
          expect(value).toMatch(element === 'date' ? INSTANT : DATE);
      for (const { system, code } of codings(resource))
        expect([system, code]).toEqual([expect.stringMatching(/^https?:\/\//), expect.stringMatching(/^\S+$/)]);
    }
  });
  it('point at the resident whose they are', () => {
    for (const { resource } of recordsOf(5).slice(1))
      expect(resource['subject'] ?? resource['patient']).toEqual({ reference: 'Patient/per-5' });
  });
});
