/** What a person allowed whom, and whether it allows what somebody asks now. Grants are data: none is ever a policy. */

/** Reading as text is a right of its own: what is read so can be copied. */
export const RIGHTS = ['view', 'text', 'annotate', 'copy', 'print', 'export', 'store'] as const;
export type Right = (typeof RIGHTS)[number];

/** Why data is used: codes of HL7 v3 PurposeOfUse. */
export const PURPOSES = ['TREAT', 'ETREAT', 'HPAYMT', 'HOPERAT', 'HRESCH', 'PUBHLTH', 'FAMRQT', 'PATRQT'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What the one who sees it must not do: codes of HL7 v3 RefrainPolicy and ObligationPolicy. */
export const REFRAINS = ['NOPERSISTP', 'DELAU', 'NORDSCLCD', 'NOREUSE'] as const;
export type Refrain = (typeof REFRAINS)[number];

/** A person of an organisation; `null` is anybody there in that role. */
export interface Grantee {
  readonly person: string | null;
  readonly organisation: string;
  readonly role: string;
}

export type Scope =
  | { readonly of: 'categories'; readonly categories: readonly string[] }
  | { readonly of: 'records'; readonly records: readonly string[] };

export interface Grant {
  readonly id: string;
  readonly subject: string;
  readonly grantee: Grantee;
  readonly scope: Scope;
  readonly rights: readonly Right[];
  readonly purpose: Purpose;
  /** From then on, and before then; milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** How often it may be used in all; `null` without a limit. */
  readonly uses: number | null;
  readonly used: number;
  /** How often it may still be handed on. */
  readonly depth: number;
  readonly refrains: readonly Refrain[];
  readonly state: GrantState;
}

export type GrantState =
  | { readonly is: 'standing' }
  /** A dispute: nobody uses it, and it is not taken back. */
  | { readonly is: 'locked'; readonly why: string; readonly at: number }
  | { readonly is: 'taken-back'; readonly by: string; readonly at: number };

/** Who asks for what; everything in it was proved by the caller, nothing by the one who asks. */
export interface Ask {
  readonly subject: string;
  readonly record: string;
  readonly category: string;
  readonly person: string;
  readonly organisation: string;
  readonly roles: readonly string[];
  readonly right: Right;
  readonly purpose: Purpose;
}

/** Why a grant does not allow it, most telling first. Told to the subject and in the ledger, never to the one who asked. */
export type Against =
  | 'another-subject'
  | 'another-person'
  | 'another-record'
  | 'taken-back'
  | 'locked'
  | 'not-yet'
  | 'ended'
  | 'used-up'
  | 'another-purpose'
  | 'right-not-given';

/** `null` where the grant allows it at this moment. */
export function against(grant: Grant, ask: Ask, now: number): Against | null {
  if (grant.subject !== ask.subject) return 'another-subject';
  if (!isFor(grant.grantee, ask)) return 'another-person';
  if (!reaches(grant.scope, ask)) return 'another-record';
  if (grant.state.is !== 'standing') return grant.state.is;
  if (now < grant.from) return 'not-yet';
  if (now >= grant.until) return 'ended';
  if (grant.uses !== null && grant.used >= grant.uses) return 'used-up';
  if (grant.purpose !== ask.purpose) return 'another-purpose';
  return grant.rights.includes(ask.right) ? null : 'right-not-given';
}

/** The person, at the organisation, in the role: who moved to another employer, or lost the role, is somebody else. */
const isFor = ({ person, organisation, role }: Grantee, ask: Ask): boolean =>
  (person === null || person === ask.person) && organisation === ask.organisation && ask.roles.includes(role);

const reaches = (scope: Scope, { record, category }: Ask): boolean =>
  scope.of === 'categories' ? scope.categories.includes(category) : scope.records.includes(record);

export const USES_MAX = 10_000;
export const DEPTH_MAX = 3;
export const SCOPE_MAX = 200;
const YEAR_MS = 365.25 * 86_400_000;
/** Longer than any that a person would still remember; renewed by giving it again. */
export const LIFE_MAX_MS = 5 * YEAR_MS;

/** What is wrong with a grant as it is asked for; each named with what is wanted. Empty where it may be given. */
export function faultsOf(grant: Grant, now: number): readonly string[] {
  const { grantee, scope, rights, from, until, uses, depth, refrains } = grant;
  const faults: string[] = [];
  const listed = scope.of === 'categories' ? scope.categories : scope.records;
  if (grantee.organisation === '') faults.push('organisation "": wanted where the person works');
  if (listed.length === 0 || listed.length > SCOPE_MAX)
    faults.push(`${scope.of} ${listed.length}: wanted 1 to ${SCOPE_MAX}`);
  if (rights.length === 0) faults.push('rights none: wanted at least one');
  if (until <= from || until <= now) faults.push('end: wanted after the beginning and in the future');
  if (until - Math.max(from, now) > LIFE_MAX_MS) faults.push('end: wanted within five years');
  if (uses !== null && !(Number.isInteger(uses) && uses >= 1 && uses <= USES_MAX))
    faults.push(`uses ${uses}: wanted 1 to ${USES_MAX}`);
  if (!(Number.isInteger(depth) && depth >= 0 && depth <= DEPTH_MAX))
    faults.push(`depth ${depth}: wanted 0 to ${DEPTH_MAX}`);
  // A right that the refrain takes away again would read as given: the two together are refused, not weighed.
  if (refrains.includes('NOPERSISTP') && rights.some((right) => right === 'store' || right === 'export'))
    faults.push('NOPERSISTP with store or export: wanted one or the other');
  if (refrains.includes('NORDSCLCD') && depth > 0) faults.push('NORDSCLCD with a depth: wanted one or the other');
  return faults;
}

/** What may be handed on of a grant: never more than it is itself (rights, scope, time, uses), and one step less far. */
export function narrower(parent: Grant, child: Grant): readonly string[] {
  const faults: string[] = [];
  if (parent.state.is !== 'standing') faults.push(`the grant handed on: it is ${parent.state.is}, wanted it standing`);
  if (child.subject !== parent.subject) faults.push('subject: wanted the same');
  if (child.depth >= parent.depth) faults.push(`depth ${child.depth}: wanted less than ${parent.depth}`);
  if (child.purpose !== parent.purpose) faults.push('purpose: wanted the same');
  if (child.from < parent.from || child.until > parent.until) faults.push('time: wanted within that of the grant');
  if (child.rights.some((right) => !parent.rights.includes(right))) faults.push('rights: wanted none that it lacks');
  if (!isWithin(child.scope, parent.scope)) faults.push('scope: wanted within that of the grant');
  if (parent.refrains.some((refrain) => !child.refrains.includes(refrain)))
    faults.push('refrains: wanted all of its own');
  const left = parent.uses === null ? null : parent.uses - parent.used;
  if (left !== null && (child.uses === null || child.uses > left)) faults.push(`uses: wanted at most ${left}`);
  // Handed to another organisation, it would outlive the trust that the subject put in this one.
  if (child.grantee.organisation !== parent.grantee.organisation) faults.push('organisation: wanted the same');
  return faults;
}

function isWithin(child: Scope, parent: Scope): boolean {
  const held: readonly string[] = parent.of === 'categories' ? parent.categories : parent.records;
  const asked: readonly string[] = child.of === 'categories' ? child.categories : child.records;
  return child.of === parent.of && asked.every((one) => held.includes(one));
}
