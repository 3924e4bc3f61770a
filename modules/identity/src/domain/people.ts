/** People and roles: who may be invited, what roles they may have, and who may not be lost. */
import { TEMPORARY_ROLES, type Person, type PersonKind, type Position } from '@cityward/contracts';
import type { Role, StandingRole } from '@cityward/contracts';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';

export type PersonState = Person['state'];
export interface PersonRecord {
  readonly id: string;
  /** A label that the person chose; the only thing kept that may be a name. */
  readonly handle: string;
  readonly kind: PersonKind;
  /** Of professionals alone. */
  readonly position: Position | null;
  /** Those that they hold for good; temporary access adds to them, and is not kept here. */
  readonly roles: readonly StandingRole[];
  readonly state: PersonState;
}

/** The first person runs the city from the first minute, but never signs as an officer. */
export const FIRST_ROLES: readonly StandingRole[] = ['administrator', 'operator', 'analyst'];
export const FIRST_HANDLE = 'First operator';
/** Whoever works for the city or with it. */
export const WORKING_MAX = 10_000;
export const RESIDENTS_MAX = 1_000_000;

export type PeopleRefusal = Refusal<
  | 'OFFICER_NOT_GRANTED'
  | 'OFFICER_NOT_ADMINISTRATOR'
  | 'OWN_ROLES_NOT_RAISED'
  | 'ROLE_ONLY_TEMPORARY'
  | 'ROLES_ONLY_STAFF'
  | 'POSITION_NOT_VALID'
  | 'LAST_ADMINISTRATOR'
  | 'HANDLE_TAKEN'
  | 'PERSON_UNKNOWN'
  | 'PERSON_DISABLED'
  | 'TOO_MANY_PEOPLE'
>;

export const personUnknown = (id: string): Result<never, PeopleRefusal> =>
  refuse('not-found', 'PERSON_UNKNOWN', `find person "${id}": there is none with this id`);

const officerNotGranted = (): Result<never, PeopleRefusal> =>
  refuse(
    'forbidden',
    'OFFICER_NOT_GRANTED',
    'grant role "officer": officers are added by officers, never by an administrator; wanted roles without it',
  );

const isTemporary = (role: Role): boolean => (TEMPORARY_ROLES as readonly Role[]).includes(role);

/** Roles that may be given for good; nobody is a vendor or an installer but for a time. */
function standing(roles: readonly Role[]): Result<readonly StandingRole[], PeopleRefusal> {
  const temporary = roles.find(isTemporary);
  if (temporary === undefined) return ok(roles as readonly StandingRole[]);
  return refuse(
    'forbidden',
    'ROLE_ONLY_TEMPORARY',
    `grant role "${temporary}": it is held through temporary access only, wanted roles without it`,
  );
}

/** Is anybody else left who is active and an administrator? */
const othersAdminister = (people: Iterable<PersonRecord>, id: string): boolean => {
  for (const person of people)
    if (person.id !== id && person.state === 'active' && person.roles.includes('administrator')) return true;
  return false;
};

const lastAdministrator = (verb: string): Result<never, PeopleRefusal> =>
  refuse('conflict', 'LAST_ADMINISTRATOR', `${verb}: this is the last active administrator, wanted another one first`);

export interface WantedPerson {
  readonly handle: string;
  readonly roles: readonly Role[];
  readonly kind: PersonKind;
  readonly position: Position | null;
}

/** Whoever runs the city has roles; whoever only has records here, or looks after those people, has none. */
function placeOf({ handle, roles, kind, position }: WantedPerson): Result<void, PeopleRefusal> {
  const where = `invite "${handle}" as "${kind}"`;
  if (kind !== 'staff' && roles.length > 0)
    return refuse('forbidden', 'ROLES_ONLY_STAFF', `${where}: only staff have roles, wanted none`);
  return (kind === 'professional') === (position !== null)
    ? ok(undefined)
    : refuse('invalid', 'POSITION_NOT_VALID', `${where}: wanted a position for a professional, and for nobody else`);
}

export interface Known {
  /** Of the wanted one's sort: residents, or those who work here. */
  readonly count: number;
  readonly isTaken: boolean;
}
const mostOf = (kind: PersonKind): number => (kind === 'resident' ? RESIDENTS_MAX : WORKING_MAX);

/** `more`: how many come at once. */
export function roomFor(kind: PersonKind, count: number, more: number): Result<void, PeopleRefusal> {
  return count + more <= mostOf(kind)
    ? ok(undefined)
    : refuse(
        'conflict',
        'TOO_MANY_PEOPLE',
        `add people: wanted at most ${mostOf(kind)} as "${kind}", there are ${count}`,
      );
}

export function decideInvite({ count, isTaken }: Known, wanted: WantedPerson): Result<void, PeopleRefusal> {
  if (wanted.roles.includes('officer')) return officerNotGranted();
  const placed = placeOf(wanted);
  if (!placed.ok) return placed;
  const given = standing(wanted.roles);
  if (!given.ok) return given;
  const room = roomFor(wanted.kind, count, 1);
  if (!room.ok) return room;
  return isTaken
    ? refuse('conflict', 'HANDLE_TAKEN', `invite "${wanted.handle}": somebody has this handle already, wanted another`)
    : ok(undefined);
}

export const sameHandle = (left: string, right: string): boolean =>
  left.trim().toLowerCase() === right.trim().toLowerCase();

/**
 * New roles for a person, by somebody. An officer may lose that role here, but nobody gains it; nobody is officer and
 * administrator in one, and nobody raises themself: no single person is to have everything.
 */
export function decideRoles(
  people: readonly PersonRecord[],
  { id, roles: wanted, by }: { readonly id: string; readonly roles: readonly Role[]; readonly by: string },
): Result<PersonRecord, PeopleRefusal> {
  const given = standing(wanted);
  if (!given.ok) return given;
  const roles = given.value;
  const person = people.find((one) => one.id === id);
  if (!person) return personUnknown(id);
  if (person.state === 'disabled')
    return refuse('conflict', 'PERSON_DISABLED', `set roles of "${id}": the person is disabled, wanted one who is not`);
  if (person.kind !== 'staff' && roles.length > 0)
    return refuse('forbidden', 'ROLES_ONLY_STAFF', `set roles of "${id}": only staff have roles, wanted none`);
  if (roles.includes('officer') && !person.roles.includes('officer')) return officerNotGranted();
  if (roles.includes('officer') && roles.includes('administrator'))
    return refuse(
      'forbidden',
      'OFFICER_NOT_ADMINISTRATOR',
      `set roles of "${id}": an officer signs what an administrator may not, wanted one of the two`,
    );
  if (by === id && roles.some((role) => !person.roles.includes(role)))
    return refuse(
      'forbidden',
      'OWN_ROLES_NOT_RAISED',
      `set roles of "${id}": nobody gives roles to themself, wanted another administrator to do it`,
    );
  const steps = person.roles.includes('administrator') && !roles.includes('administrator');
  if (steps && person.state === 'active' && !othersAdminister(people, id))
    return lastAdministrator(`set roles of "${id}"`);
  return ok({ ...person, roles });
}

export function decideDisable(people: readonly PersonRecord[], id: string): Result<PersonRecord, PeopleRefusal> {
  const person = people.find((one) => one.id === id);
  if (!person) return personUnknown(id);
  const counts = person.state === 'active' && person.roles.includes('administrator');
  if (counts && !othersAdminister(people, id)) return lastAdministrator(`disable "${id}"`);
  return ok({ ...person, state: 'disabled' });
}
