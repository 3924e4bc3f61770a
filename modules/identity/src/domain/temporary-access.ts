/** Temporary access: how long it may be, who may answer for it, and what it is at a moment. */
import { ACCESS_LENGTH_MAX_HOURS } from '@cityward/contracts';
import type { StandingRole, TemporaryAccess, TemporaryRole } from '@cityward/contracts';
import { DAY_MS, HOUR_MS, ok, refuse, type Refusal, type Result } from '@cityward/kernel';

/** So far ahead it may begin: what is planned later is asked for later. */
export const ACCESS_AHEAD_MAX_MS = 30 * DAY_MS;
/** Asked for or approved and not over, for one person. */
export const ACCESS_OPEN_PER_PERSON_MAX = 10;

export type AccessEnd = NonNullable<TemporaryAccess['ended']>['why'];
export type AccessState = TemporaryAccess['state'];

/** As it is kept. `from` null: it begins with its approval. */
export interface AccessRecord {
  readonly id: string;
  readonly person: string;
  readonly role: TemporaryRole;
  readonly sites: readonly string[];
  readonly devices: readonly string[];
  readonly from: number | null;
  readonly until: number;
  readonly reason: string;
  readonly asked: number;
  readonly by: string;
  readonly judged: (Act & { readonly approved: boolean }) | null;
  readonly ended: (Act & { readonly why: AccessEnd }) | null;
}
interface Act {
  readonly at: number;
  readonly by: string;
  readonly reason: string;
}
export type AccessDraft = Pick<AccessRecord, 'person' | 'role' | 'sites' | 'devices' | 'from' | 'until' | 'reason'>;

export type AccessRefusal = Refusal<
  | 'ACCESS_UNKNOWN'
  | 'ACCESS_TIMES_NOT_VALID'
  | 'ACCESS_SCOPE_EMPTY'
  | 'ACCESS_SCOPE_UNKNOWN'
  | 'ACCESS_TOO_MANY'
  | 'ACCESS_NOT_ASKED'
  | 'ACCESS_OWN'
  | 'ACCESS_OVER'
  | 'PERSON_UNKNOWN'
  | 'PERSON_DISABLED'
  | 'PERSON_OF_THE_CITY'
>;

export const accessUnknown = (id: string): Result<never, AccessRefusal> =>
  refuse('not-found', 'ACCESS_UNKNOWN', `find access "${id}": there is none with this id`);

export function stateOf(access: AccessRecord, now: number): AccessState {
  if (access.judged && !access.judged.approved) return 'refused';
  if (access.ended) return 'ended';
  if (!access.judged) return now < access.until ? 'asked' : 'lapsed';
  if (now >= access.until) return 'ended';
  return now >= (access.from ?? access.judged.at) ? 'running' : 'approved';
}

export const isOpen = (state: AccessState): boolean => state === 'asked' || state === 'approved' || state === 'running';

/** What decisions look at beside the draft. */
export interface Asking {
  readonly now: number;
  /** Roles of whom it is for; null for somebody unknown or disabled. */
  readonly roles: readonly StandingRole[] | null;
  readonly open: number;
  readonly knows: (kind: 'site' | 'device', id: string) => boolean;
}

export function decideAsk(draft: AccessDraft, { now, roles, open, knows }: Asking): Result<void, AccessRefusal> {
  if (roles === null)
    return refuse('not-found', 'PERSON_UNKNOWN', `ask access for "${draft.person}": wanted a person who may sign in`);
  if (open >= ACCESS_OPEN_PER_PERSON_MAX)
    return refuse(
      'conflict',
      'ACCESS_TOO_MANY',
      `ask access for "${draft.person}": wanted at most ${ACCESS_OPEN_PER_PERSON_MAX} that are not over`,
    );
  if (draft.sites.length + draft.devices.length === 0)
    return refuse('invalid', 'ACCESS_SCOPE_EMPTY', 'ask access: wanted the sites or devices that it is for');
  const strange = [
    ...draft.sites.filter((id) => !knows('site', id)),
    ...draft.devices.filter((id) => !knows('device', id)),
  ];
  if (strange.length > 0)
    return refuse('invalid', 'ACCESS_SCOPE_UNKNOWN', `ask access to "${strange[0]}": the city has none such`);
  return decideTimes(draft, now);
}

function decideTimes({ role, from, until }: AccessDraft, now: number): Result<void, AccessRefusal> {
  const begins = Math.max(from ?? now, now);
  const longest = ACCESS_LENGTH_MAX_HOURS[role] * HOUR_MS;
  if (until > begins && until - begins <= longest && begins <= now + ACCESS_AHEAD_MAX_MS) return ok(undefined);
  return refuse(
    'invalid',
    'ACCESS_TIMES_NOT_VALID',
    `ask access as ${role}: wanted an end after its beginning, at most ${ACCESS_LENGTH_MAX_HOURS[role]} hours later, and a beginning within ${ACCESS_AHEAD_MAX_MS / DAY_MS} days`,
  );
}

/** The city answers: never whoever asked, and never whom it is for. */
export function decideJudge(
  access: AccessRecord,
  judging: { readonly by: string; readonly approve: boolean; readonly now: number; readonly busy: boolean },
): Result<void, AccessRefusal> {
  const state = judging.busy ? 'being judged' : stateOf(access, judging.now);
  if (state !== 'asked')
    return refuse('conflict', 'ACCESS_NOT_ASKED', `judge access "${access.id}": it is ${state}, wanted one that waits`);
  const own = judging.by === access.by || judging.by === access.person;
  if (own && judging.approve)
    return refuse(
      'forbidden',
      'ACCESS_OWN',
      `approve access "${access.id}": wanted somebody else than who asked and whom it is for`,
    );
  return ok(undefined);
}

export function decideEnd(access: AccessRecord, now: number): Result<void, AccessRefusal> {
  const state = stateOf(access, now);
  return isOpen(state)
    ? ok(undefined)
    : refuse('conflict', 'ACCESS_OVER', `end access "${access.id}": it is ${state} already`);
}

/** What somebody may do by all their access that runs: role by role, since a site of one is not a site of another. */
export interface TemporaryRights {
  readonly roles: readonly TemporaryRole[];
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}
export const NO_RIGHTS: TemporaryRights = { roles: [], attributes: {} };

export function rightsOf(accesses: Iterable<AccessRecord>, now: number): TemporaryRights {
  const attributes: Record<string, string[]> = {};
  const roles = new Set<TemporaryRole>();
  for (const access of accesses) {
    if (stateOf(access, now) !== 'running') continue;
    const { role } = access;
    roles.add(role);
    for (const site of access.sites) (attributes[`${role}Sites`] ??= []).push(site);
    for (const device of access.devices) (attributes[`${role}Devices`] ??= []).push(device);
  }
  return roles.size === 0 ? NO_RIGHTS : { roles: [...roles], attributes };
}

/** The one that runs and reaches a device; of several, the one that was asked for first. */
export function accessTo(
  { device, site }: { readonly device: string; readonly site: string | null },
  accesses: Iterable<AccessRecord>,
  now: number,
): AccessRecord | null {
  for (const access of accesses) {
    const reaches = access.devices.includes(device) || (site !== null && access.sites.includes(site));
    if (reaches && stateOf(access, now) === 'running') return access;
  }
  return null;
}

/** When something begins or ends by itself next; null when nothing does. */
export function nextTurn(accesses: Iterable<AccessRecord>, now: number): number | null {
  let next: number | null = null;
  for (const access of accesses) {
    const state = stateOf(access, now);
    const turn = state === 'running' ? access.until : state === 'approved' ? (access.from ?? access.until) : null;
    if (turn !== null && (next === null || turn < next)) next = turn;
  }
  return next;
}
