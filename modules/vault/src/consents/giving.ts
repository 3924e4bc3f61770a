/** May this consent be given, or handed on? And how one looks to people. */
import type { Consent, ConsentDraft, HandOnDraft } from '@cityward/contracts';
import { newId, refuse, type Refusal, type Result } from '@cityward/kernel';
import type { StoredConsent } from './consent-store.ts';
import { faultsOf, isFor, phaseOf, type Grant } from '../domain/grant.ts';
import type { VaultOptions } from '../needs.ts';

export const CONSENT_ID = 'con';

export function grantOf(draft: ConsentDraft): Grant {
  const { subject, person, organisation, role, scope, rights, purpose, from, until, uses, refrains, depth } = draft;
  return {
    id: newId<string>(CONSENT_ID),
    subject,
    grantee: { person: person ?? null, organisation: organisation ?? null, role: role ?? null },
    ...{ scope, rights, purpose, from, until, uses, refrains },
    used: 0,
    depth: depth ?? 0,
    parent: null,
    state: { is: 'standing' },
  };
}
/** Within the organisation of the one that is handed on, about the same person, for the same purpose. */
export const handedOn = ({ id, subject, purpose, grantee }: Grant, draft: HandOnDraft): Grant => ({
  ...grantOf({
    ...draft,
    subject,
    purpose,
    ...(grantee.organisation === null ? {} : { organisation: grantee.organisation }),
  }),
  parent: id,
});

export const toWhom = ({ person, organisation, role }: Grant['grantee']): string =>
  person ?? `${role ?? 'nobody'} at ${organisation ?? 'nowhere'}`;

/** Without looking at what else stands. */
export function refusalOf(
  { isPerson, isOrganisation, postsOf }: Pick<VaultOptions, 'isPerson' | 'isOrganisation' | 'postsOf'>,
  grant: Grant,
  { by, now }: { readonly by: string; readonly now: number },
): Result<never, Refusal> | null {
  const { subject, grantee } = grant;
  const { person, organisation } = grantee;
  const where = `give consent of "${subject}" to "${toWhom(grantee)}"`;
  const faults = faultsOf(grant, now);
  if (faults.length > 0) {
    const message = `${where}: ${faults[0]!}`;
    return { ok: false, error: { kind: 'invalid', code: 'CONSENT_NOT_VALID', message, details: faults } };
  }
  if (person !== null && !isPerson(person))
    return refuse('not-found', 'PERSON_UNKNOWN', `${where}: wanted a person who may sign in here`);
  if (organisation !== null && !isOrganisation(organisation))
    return refuse('not-found', 'PARTY_UNKNOWN', `${where}: wanted an organisation of the city`);
  if (person === subject) return refuse('invalid', 'CONSENT_TO_SUBJECT', `${where}: wanted somebody else`);
  // On behalf of another one could otherwise let oneself see everything.
  if (by !== subject && isFor(grantee, { person: by, posts: postsOf(by) }))
    return refuse('forbidden', 'CONSENT_TO_ONESELF', `${where}: wanted somebody else to give it`);
  return null;
}

/** @param before those that it was handed on from; `null` where one of them is over */
export function consentView(
  { grant, given }: StoredConsent,
  { before, now }: { readonly before: readonly Grant[] | null; readonly now: number },
): Consent {
  const { id, subject, grantee, scope, rights, purpose, from, until, uses, used, refrains, state, depth, parent } =
    grant;
  return {
    ...{ id, subject, ...grantee, purpose, from, until, uses, used, depth, parent },
    scope:
      scope.of === 'categories'
        ? { of: 'categories', categories: [...scope.categories] }
        : { of: 'records', records: [...scope.records] },
    rights: [...rights],
    refrains: [...refrains],
    given: { ...given, behalf: parent === null && given.by !== subject },
    takenBack: state.is === 'taken-back' ? { at: state.at, by: state.by } : null,
    state: phaseAmong(grant, before, now),
  };
}

/** In the state of the first of them that is not standing. */
function phaseAmong(...[grant, before, now]: readonly [Grant, readonly Grant[] | null, number]): Consent['state'] {
  const own = phaseOf(grant, now);
  if (own !== 'standing') return own;
  if (before === null) return 'taken-back';
  return before.map((one) => phaseOf(one, now)).find((phase) => phase !== 'standing') ?? 'standing';
}
