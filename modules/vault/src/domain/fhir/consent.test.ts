/** A consent as FHIR R4 and R5: out and in again it is the same; what is not known here is named, never passed over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FHIR_VERSIONS,
  POST_ROLES,
  PURPOSES,
  REFRAINS,
  RIGHTS,
  type Consent,
  type ConsentDraft,
  type FhirVersion,
} from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { contentFault } from '../content.ts';
import { consentFromFhir } from './consent-in.ts';
import { consentToFhir } from './consent-out.ts';

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/);
const some = <T>(of: readonly T[], min = 0) => fc.subarray([...of], { minLength: min });
const draft: fc.Arbitrary<ConsentDraft> = fc
  .record(
    {
      subject: id,
      person: id,
      organisation: id,
      role: fc.constantFrom(...POST_ROLES),
      scope: fc.oneof(
        fc
          .uniqueArray(id, { minLength: 1, maxLength: 4 })
          .map((categories) => ({ of: 'categories' as const, categories })),
        fc.uniqueArray(id, { minLength: 1, maxLength: 4 }).map((records) => ({ of: 'records' as const, records })),
      ),
      rights: some(RIGHTS, 1),
      purpose: fc.constantFrom(...PURPOSES),
      from: fc.integer({ min: 1, max: 4_000_000_000_000 }),
      until: fc.integer({ min: 4_000_000_000_001, max: 8_000_000_000_000 }),
      uses: fc.option(fc.integer({ min: 1, max: 10_000 })),
      refrains: some(REFRAINS),
      depth: fc.integer({ min: 0, max: 3 }),
    },
    { requiredKeys: ['subject', 'scope', 'rights', 'purpose', 'from', 'until', 'uses', 'refrains', 'depth'] },
  )
  .map(({ person, organisation, role, ...rest }) => ({
    ...rest,
    // A role is held at an organisation, and somebody it is for.
    ...(person === undefined && (organisation === undefined || role === undefined)
      ? { person: 'per-ben' }
      : person === undefined
        ? {}
        : { person }),
    ...(organisation === undefined ? {} : { organisation, ...(role === undefined ? {} : { role }) }),
  }));
const given = (of: ConsentDraft): Consent => ({
  ...{
    id: 'con-7k2m9c0q4x1ab3d5',
    parent: null,
    used: 0,
    takenBack: null,
    state: 'standing',
    person: null,
    organisation: null,
    role: null,
  },
  ...{ depth: 0, ...of },
  given: { at: 1_700_000_000_000, by: of.subject, behalf: false },
});
const again = (of: Consent, version: FhirVersion) =>
  consentFromFhir(JSON.parse(JSON.stringify(consentToFhir(of, version, 'Port Test'))));

type Fields = Record<string, unknown>;
const ONE = given({
  ...{
    subject: 'per-aroha',
    person: 'per-ben',
    organisation: 'harbour',
    role: 'doctor',
    rights: ['view', 'text'],
    purpose: 'TREAT',
  },
  ...{ scope: { of: 'categories', categories: ['notes'] }, from: 1_800_000_000_000, until: 1_800_000_000_000 + DAY_MS },
  ...{ uses: 3, refrains: ['NOPERSISTP', 'DELAU'], depth: 1 },
});
/** The file with something else in it, and what is said of it. */
const said = (version: FhirVersion, change: (resource: Fields, permit: Fields) => void): readonly string[] => {
  const resource = JSON.parse(JSON.stringify(consentToFhir(ONE, version, 'Port Test'))) as Fields;
  const rules = (version === 'r5' ? resource['provision'] : (resource['provision'] as Fields)['provision']) as Fields[];
  change(resource, rules[0]!);
  const read = consentFromFhir(resource);
  return read.ok ? [] : read.faults;
};

describe.each(FHIR_VERSIONS)('a consent in FHIR %s', (version) => {
  it('is the same draft when it is read again, whatever it says, and a resource that may be stored', () => {
    fc.assert(
      fc.property(draft, (of) => {
        const read = again(given(of), version);
        expect(read).toEqual({ ok: true, version, draft: of });
        const bytes = Buffer.from(JSON.stringify(consentToFhir(given(of), version, 'Port Test')));
        expect(contentFault('application/fhir+json', bytes)).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it('that is over, or was handed on, is not read as a new one', () => {
    const over = again({ ...ONE, state: 'taken-back', takenBack: { at: 1_750_000_000_000, by: 'per-aroha' } }, version);
    expect(over).toMatchObject({
      ok: false,
      faults: [expect.stringContaining('Consent.status: "inactive" is not known here')],
    });
    const handed = again({ ...ONE, parent: 'con-parent' }, version);
    expect(handed).toMatchObject({ ok: false, faults: [expect.stringContaining('Consent.extension')] });
  });

  it.each<[string, (resource: Fields, permit: Fields) => void, string]>([
    [
      'rules that are not there to be read',
      (resource) => (resource['implicitRules'] = 'http://x'),
      'Consent.implicitRules: it changes what the rest means',
    ],
    [
      'a modifier',
      (resource) => (resource['modifierExtension'] = [{ url: 'x' }]),
      'Consent.modifierExtension: it changes what the rest means',
    ],
    [
      'a modifier of the rule',
      (_, permit) => (permit['modifierExtension'] = [{ url: 'http://x', valueBoolean: true }]),
      '.modifierExtension[0]: "http://x": it changes what',
    ],
    [
      'a modifier deep in it',
      (_, permit) => ((permit['period'] as Fields)['modifierExtension'] = []),
      '.period.modifierExtension: it changes what',
    ],
    [
      'an extension',
      (_, permit) => (permit['extension'] = [{ url: 'http://x', valueString: '' }]),
      '.extension[0]: "http://x": it is not known here',
    ],
    [
      'an element',
      (resource) => (resource['verification'] = [{ verified: true }]),
      'Consent.verification: it is not known here',
    ],
    [
      'a rule in the rule',
      (_, permit) => (permit['provision'] = [{ type: 'deny' }]),
      '.provision: it is not known here',
    ],
    ['the time of the data', (_, permit) => (permit['dataPeriod'] = {}), '.dataPeriod: it is not known here'],
    [
      'a duty',
      (_, permit) =>
        (permit['securityLabel'] = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'NOAUTH' }]),
      '.securityLabel: "NOAUTH" is not known here',
    ],
    [
      'a purpose',
      (_, permit) => ((permit['purpose'] as Fields[])[0]!['code'] = 'HMARKT'),
      '.purpose: "HMARKT" is not known here',
    ],
    [
      'a second purpose',
      (_, permit) => (permit['purpose'] as Fields[]).push({ ...(permit['purpose'] as Fields[])[0] }),
      '.purpose: 2 purposes, wanted one',
    ],
    [
      'an action',
      (_, permit) =>
        (permit['action'] = [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'disclose' }] },
        ]),
      '.action[0]: "disclose" is not known here',
    ],
    [
      'codes of others',
      (_, permit) => (permit['code'] = [{ coding: [{ system: 'http://loinc.org', code: '1-1' }] }]),
      '.code.system: "http://loinc.org" is not known here',
    ],
    [
      'a day without a time',
      (_, permit) => ((permit['period'] as Fields)['end'] = '2027-03-01'),
      '.period.end: "2027-03-01", wanted a moment',
    ],
    ['no end', (_, permit) => delete (permit['period'] as Fields)['end'], '.period.end: none, wanted a moment'],
    ['nobody', (_, permit) => (permit['actor'] = []), '.actor: wanted whom it is for'],
    [
      'a second person',
      (_, permit) => (permit['actor'] as unknown[]).push({ reference: { reference: 'Practitioner/per-eve' } }),
      '.actor[2]: a second person',
    ],
    [
      'a draft of others’ deciding',
      (resource) => (resource['status'] = 'entered-in-error'),
      'Consent.status: "entered-in-error"',
    ],
    ['another resource', (resource) => (resource['resourceType'] = 'Patient'), 'resourceType: wanted "Consent"'],
  ])('with %s that is not known is refused by name', (_, change, wanted) => {
    expect(said(version, change).join('\n')).toContain(wanted);
  });

  it('names whoever it is for by reference too, and takes an end to the precision that it is written in', () => {
    const read = (change: (permit: Fields) => void) => {
      const resource = JSON.parse(JSON.stringify(consentToFhir(ONE, version, 'Port Test'))) as Fields;
      const rules = (
        version === 'r5' ? resource['provision'] : (resource['provision'] as Fields)['provision']
      ) as Fields[];
      change(rules[0]!);
      return consentFromFhir(resource);
    };
    const by = read((permit) => (permit['actor'] = [{ reference: { reference: 'Practitioner/per-ben' } }]));
    expect(by).toMatchObject({ ok: true, draft: { person: 'per-ben' } });
    const end = read((permit) => ((permit['period'] as Fields)['end'] = '2027-03-01T23:59:59+13:00'));
    expect(end).toMatchObject({ draft: { until: Date.parse('2027-03-02T00:00:00+13:00') } });
    const seen = read(
      (permit) =>
        (permit['action'] = [
          { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'access' }] },
        ]),
    );
    expect(seen).toMatchObject({ draft: { rights: ['view'] } });
  });
});

describe('a rule that denies', () => {
  it('or a base that permits is refused: what is left out would be given', () => {
    expect(said('r4', (_, permit) => (permit['type'] = 'deny')).join()).toContain(
      '"deny", wanted one provision that permits',
    );
    expect(said('r5', (resource) => (resource['decision'] = 'permit')).join()).toContain(
      'Consent.decision: "permit", wanted',
    );
    expect(said('r5', (resource) => (resource['provision'] as unknown[]).push({})).join()).toContain(
      '2 provisions, wanted one',
    );
    expect(
      said('r4', (resource) => ((resource['policyRule'] as { coding: Fields[] }).coding[0]!['code'] = 'OPTIN')).join(),
    ).toContain('"OPTIN" is not known here');
  });
  it('is read whatever anybody writes: a draft or named faults, never a fault of ours', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 5 }),
        fc.constantFrom('patient', 'provision', 'meta', 'policyRule', 'decision', 'subject'),
        (value, key) => {
          const read = consentFromFhir({ ...consentToFhir(ONE, 'r4', 'x'), [key]: value });
          if (!read.ok) expect(read.faults.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
