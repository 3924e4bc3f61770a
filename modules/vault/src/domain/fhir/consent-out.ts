/** A consent as FHIR R4 or R5: refused in general, and one exception that permits. Pure. */
import type { Consent, FhirVersion } from '@cityward/contracts';
import { CONSENT_DOCUMENT, EXTENSION, OPT_OUT, RECIPIENT, SYSTEM } from './consent-codes.ts';
import type { Fields } from './fields.ts';

const iso = (at: number): string => new Date(at).toISOString();
const concept = (...codings: readonly (readonly [system: string, code: string])[]): Fields => ({
  coding: codings.map(([system, code]) => ({ system, code })),
});
const called = (type: string, system: string, value: string): Fields => ({ type, identifier: { system, value } });
const personCalled = (id: string): Fields => called('Practitioner', SYSTEM.person, id);
const some = (key: string, values: readonly unknown[]): Fields => (values.length === 0 ? {} : { [key]: values });

/** FHIR writes times in instants; a period's end is in the period. */
export function consentToFhir(consent: Consent, version: FhirVersion, city: string): Fields {
  const { id, subject, refrains, state, given, parent } = consent;
  const shared = {
    resourceType: 'Consent',
    id,
    meta: {
      lastUpdated: iso(consent.takenBack?.at ?? given.at),
      ...some(
        'security',
        refrains.map((code) => ({ system: SYSTEM.refrain, code })),
      ),
    },
    ...some('extension', parent === null ? [] : [{ url: EXTENSION.parent, valueString: parent }]),
    status: state === 'standing' || state === 'not-yet' ? 'active' : 'inactive',
    category: [concept([SYSTEM.loinc, CONSENT_DOCUMENT])],
  };
  const patient = called('Patient', SYSTEM.person, subject);
  const giver = given.by === subject ? patient : personCalled(given.by);
  if (version === 'r5')
    return {
      ...shared,
      ...{ subject: patient, date: iso(given.at).slice(0, 10), grantor: [giver] },
      ...{ controller: [{ type: 'Organization', display: city }], decision: 'deny', provision: [permitOf(consent)] },
    };
  return {
    ...shared,
    scope: concept([SYSTEM.scope, 'patient-privacy']),
    ...{
      patient,
      dateTime: iso(given.at),
      performer: [giver],
      organization: [{ type: 'Organization', display: city }],
    },
    ...{
      policyRule: concept([SYSTEM.refrain, OPT_OUT]),
      provision: { provision: [{ type: 'permit', ...permitOf(consent) }] },
    },
  };
}

function permitOf({ scope, rights, purpose, from, until, uses, depth, ...grantee }: Consent): Fields {
  return {
    ...some('extension', depth === 0 ? [] : [{ url: EXTENSION.depth, valueUnsignedInt: depth }]),
    ...some('modifierExtension', uses === null ? [] : [{ url: EXTENSION.useLimit, valuePositiveInt: uses }]),
    period: { start: iso(from), end: iso(until - 1) },
    actor: actorsOf(grantee),
    action: rights.map((right) => concept([SYSTEM.right, right])),
    purpose: [{ system: SYSTEM.purpose, code: purpose }],
    ...(scope.of === 'categories'
      ? { code: scope.categories.map((category) => concept([SYSTEM.category, category])) }
      : {
          data: scope.records.map((record) => ({
            meaning: 'instance',
            reference: { identifier: { system: SYSTEM.record, value: record } },
          })),
        }),
  };
}

function actorsOf({ person, organisation, role }: Pick<Consent, 'person' | 'organisation' | 'role'>): Fields[] {
  const as = concept([SYSTEM.participation, RECIPIENT], ...(role === null ? [] : [[SYSTEM.role, role] as const]));
  return [
    ...(person === null ? [] : [{ role: as, reference: personCalled(person) }]),
    ...(organisation === null
      ? []
      : [{ role: as, reference: called('Organization', SYSTEM.organisation, organisation) }]),
  ];
}
