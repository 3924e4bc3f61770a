/** What a person allowed whom, and whether it allows what somebody asks now. Grants are data: none is ever a policy. */

import { CONSENT_DEPTH_MAX, CONSENT_SCOPE_MAX, CONSENT_USES_MAX, type CONSENT_STATES } from '@cityward/contracts';
import type { PostRole, Purpose, Refrain, Right } from '@cityward/contracts';

/** Who it is for; what is `null` does not matter. Without a person it takes both a role and the organisation where somebody has it. */
export interface Grantee {
  readonly person: string | null;
  readonly organisation: string | null;
  readonly role: PostRole | null;
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
  /** The grant that was handed on by this one; `null` where the subject gave it. */
  readonly parent: string | null;
  readonly refrains: readonly Refrain[];
  readonly state: GrantState;
}

export type GrantState =
  { readonly is: 'standing' } | { readonly is: 'taken-back'; readonly by: string; readonly at: number };

/** Where somebody works at this moment, and as what. */
export interface Held {
  readonly organisation: string;
  readonly role: PostRole;
}
/** Who uses a grant; where they work was proved by the city, never said by themself. */
export interface Holder {
  readonly person: string;
  readonly posts: readonly Held[];
}
/** What is asked for; everything in it was proved by the caller, nothing by the one who asks. */
export interface Ask {
  readonly subject: string;
  readonly record: string;
  readonly category: string;
  readonly right: Right;
  readonly purpose: Purpose;
}
/** A grant with who uses it: the one who asks uses the first, and whoever handed that one on uses the next. */
export interface Link {
  readonly grant: Grant;
  readonly holder: Holder;
}
/** From the grant that is used up to the one that the subject gave. */
export type Chain = readonly [Link, ...Link[]];

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

/** `null` where the grant, and each of which it was handed on, allows it at this moment. */
export function against(chain: Chain, ask: Ask, now: number): Against | null {
  for (const { grant, holder } of chain) {
    const why = reachesNot(grant, holder, ask) ?? standsNot(grant, now) ?? allowsNot(grant, ask);
    if (why !== null) return why;
  }
  return null;
}

/** Why its holder does not have it at this moment, whatever they would ask for. */
export function notHeld(chain: Chain, now: number): Against | null {
  for (const { grant, holder } of chain) {
    const why = isFor(grant.grantee, holder) ? standsNot(grant, now) : 'another-person';
    if (why !== null) return why;
  }
  return null;
}

function reachesNot(grant: Grant, holder: Holder, ask: Ask): Against | null {
  if (grant.subject !== ask.subject) return 'another-subject';
  if (!isFor(grant.grantee, holder)) return 'another-person';
  return reaches(grant.scope, ask) ? null : 'another-record';
}
function standsNot({ state, from, until, uses, used }: Grant, now: number): Against | null {
  if (state.is !== 'standing') return state.is;
  if (now < from) return 'not-yet';
  if (now >= until) return 'ended';
  return uses !== null && used >= uses ? 'used-up' : null;
}
function allowsNot({ purpose, rights }: Grant, ask: Ask): Against | null {
  if (purpose !== ask.purpose) return 'another-purpose';
  return rights.includes(ask.right) ? null : 'right-not-given';
}

/** In which of its states a grant is, for people. */
export function phaseOf({ state, from, until, uses, used }: Grant, now: number): (typeof CONSENT_STATES)[number] {
  if (state.is === 'taken-back') return 'taken-back';
  if (now >= until) return 'ended';
  if (uses !== null && used >= uses) return 'used-up';
  return now < from ? 'not-yet' : 'standing';
}

/** The person, at the organisation, in the role: who moved to another employer, or lost the role, is somebody else. */
export const isFor = ({ person, organisation, role }: Grantee, holder: Holder): boolean =>
  (person === null || person === holder.person) &&
  (organisation === null ||
    holder.posts.some((post) => post.organisation === organisation && (role === null || post.role === role)));

const reaches = (scope: Scope, { record, category }: Ask): boolean =>
  scope.of === 'categories' ? scope.categories.includes(category) : scope.records.includes(record);

const YEAR_MS = 365.25 * 86_400_000;
/** Longer than any that a person would still remember; renewed by giving it again. */
export const LIFE_MAX_MS = 5 * YEAR_MS;

/** What is wrong with a grant as it is asked for; each named with what is wanted. Empty where it may be given. */
export function faultsOf(grant: Grant, now: number): readonly string[] {
  const { scope, rights, from, until, uses } = grant;
  const faults = [...granteeFaults(grant)];
  const listed = scope.of === 'categories' ? scope.categories : scope.records;
  if (listed.length === 0 || listed.length > CONSENT_SCOPE_MAX)
    faults.push(`${scope.of} ${listed.length}: wanted 1 to ${CONSENT_SCOPE_MAX}`);
  if (rights.length === 0) faults.push('rights none: wanted at least one');
  if (until <= from || until <= now) faults.push('end: wanted after the beginning and in the future');
  if (until - Math.max(from, now) > LIFE_MAX_MS) faults.push('end: wanted within five years');
  if (uses !== null && !(Number.isInteger(uses) && uses >= 1 && uses <= CONSENT_USES_MAX))
    faults.push(`uses ${uses}: wanted 1 to ${CONSENT_USES_MAX}`);
  return [...faults, ...refrainFaults(grant)];
}

function granteeFaults({ grantee: { person, organisation, role }, depth }: Grant): readonly string[] {
  const faults: string[] = [];
  if (person === null && (organisation === null || role === null))
    faults.push('grantee: wanted a person, or a role at an organisation');
  else if (organisation === null && role !== null)
    faults.push(`role "${role}": wanted with the organisation where it is held`);
  if (!(Number.isInteger(depth) && depth >= 0 && depth <= CONSENT_DEPTH_MAX))
    faults.push(`depth ${depth}: wanted 0 to ${CONSENT_DEPTH_MAX}`);
  // Handed on from one person to the next, without one, it could end anywhere.
  else if (depth > 0 && organisation === null && person !== null)
    faults.push(`depth ${depth}: wanted with an organisation, within which it may be handed on`);
  return faults;
}

/** A right that the refrain takes away again would read as given: the two together are refused, not weighed. */
function refrainFaults({ rights, refrains, depth }: Grant): readonly string[] {
  const faults: string[] = [];
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
