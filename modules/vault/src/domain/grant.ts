/** What a person allowed whom, and whether it allows what somebody asks now. Grants are data: none is ever a policy. */

import { CONSENT_SCOPE_MAX, CONSENT_USES_MAX, type CONSENT_STATES } from '@cityward/contracts';
import type { Purpose, Refrain, Right } from '@cityward/contracts';

/** Who it is for; what is `null` does not matter. Without a person it takes both a role and the organisation where somebody has it. */
export interface Grantee {
  readonly person: string | null;
  readonly organisation: string | null;
  readonly role: string | null;
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
  { readonly is: 'standing' } | { readonly is: 'taken-back'; readonly by: string; readonly at: number };

/** Who asks for what; everything in it was proved by the caller, nothing by the one who asks. */
export interface Ask {
  readonly subject: string;
  readonly record: string;
  readonly category: string;
  readonly person: string;
  /** `null` where nobody proved one. */
  readonly organisation: string | null;
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

/** In which of its states a grant is, for people. */
export function phaseOf({ state, from, until, uses, used }: Grant, now: number): (typeof CONSENT_STATES)[number] {
  if (state.is === 'taken-back') return 'taken-back';
  if (now >= until) return 'ended';
  if (uses !== null && used >= uses) return 'used-up';
  return now < from ? 'not-yet' : 'standing';
}

/** The person, at the organisation, in the role: who moved to another employer, or lost the role, is somebody else. */
const isFor = ({ person, organisation, role }: Grantee, ask: Ask): boolean =>
  (person === null || person === ask.person) &&
  (organisation === null || organisation === ask.organisation) &&
  (role === null || ask.roles.includes(role));

const reaches = (scope: Scope, { record, category }: Ask): boolean =>
  scope.of === 'categories' ? scope.categories.includes(category) : scope.records.includes(record);

export const DEPTH_MAX = 3;
const YEAR_MS = 365.25 * 86_400_000;
/** Longer than any that a person would still remember; renewed by giving it again. */
export const LIFE_MAX_MS = 5 * YEAR_MS;

/** What is wrong with a grant as it is asked for; each named with what is wanted. Empty where it may be given. */
export function faultsOf(grant: Grant, now: number): readonly string[] {
  const { grantee, scope, rights, from, until, uses, depth, refrains } = grant;
  const faults: string[] = [];
  const listed = scope.of === 'categories' ? scope.categories : scope.records;
  if (grantee.person === null && (grantee.organisation === null || grantee.role === null))
    faults.push('grantee: wanted a person, or a role at an organisation');
  if (listed.length === 0 || listed.length > CONSENT_SCOPE_MAX)
    faults.push(`${scope.of} ${listed.length}: wanted 1 to ${CONSENT_SCOPE_MAX}`);
  if (rights.length === 0) faults.push('rights none: wanted at least one');
  if (until <= from || until <= now) faults.push('end: wanted after the beginning and in the future');
  if (until - Math.max(from, now) > LIFE_MAX_MS) faults.push('end: wanted within five years');
  if (uses !== null && !(Number.isInteger(uses) && uses >= 1 && uses <= CONSENT_USES_MAX))
    faults.push(`uses ${uses}: wanted 1 to ${CONSENT_USES_MAX}`);
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
