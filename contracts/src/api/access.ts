/** Temporary access of vendors and installers: asked for, approved by somebody else of the city, recorded, ended by itself. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { By, Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { DEVICE_CLASSES, DEVICE_STATES, TEMPORARY_ROLES, type TemporaryRole } from '../words.ts';

export const ACCESS_SITES_MAX = 50;
export const ACCESS_DEVICES_MAX = 200;

/** A vendor mends something in a day; an installer builds a site. */
export const ACCESS_LENGTH_MAX_HOURS: Readonly<Record<TemporaryRole, number>> = { vendor: 24, installer: 14 * 24 };

/** `approved`: it has not begun yet; `lapsed`: nobody answered before its end. */
export const ACCESS_STATES = ['asked', 'approved', 'running', 'refused', 'lapsed', 'ended'] as const;
export const ACCESS_ENDS = ['time', 'taken-back', 'given-back', 'done', 'disabled'] as const;
const Scope = {
  /** Whole sites, with every device there. */
  sites: Type.Array(Id, { maxItems: ACCESS_SITES_MAX, uniqueItems: true }),
  devices: Type.Array(Id, { maxItems: ACCESS_DEVICES_MAX, uniqueItems: true }),
};
export const TemporaryAccess = Closed({
  id: Id,
  person: Id,
  role: OneOf(TEMPORARY_ROLES),
  ...Scope,
  from: Time,
  until: Time,
  reason: Reason,
  state: OneOf(ACCESS_STATES),
  asked: Time,
  by: By,
  judged: OrNull(Closed({ at: Time, by: By, reason: Reason })),
  ended: OrNull(Closed({ at: Time, by: By, why: OneOf(ACCESS_ENDS), reason: Type.String({ maxLength: 500 }) })),
});
export type TemporaryAccess = Static<typeof TemporaryAccess>;

/** In one answer; the total says how many there are. */
export const VISITED_DEVICES_MAX = 500;
export const VisitedDevice = Closed({
  id: Id,
  name: Type.String(),
  class: OneOf(DEVICE_CLASSES),
  site: OrNull(Closed({ id: Id, name: Type.String() })),
  state: OneOf(DEVICE_STATES),
});
export type VisitedDevice = Static<typeof VisitedDevice>;

export const access = {
  listAccess: endpoint({
    name: 'listAccess',
    method: 'GET',
    path: '/api/access',
    action: 'readAccess',
    summary: 'Temporary access, newest first',
    answer: Closed({
      access: Type.Array(TemporaryAccess),
      /** Names of whom these speak: whoever answers must know who asks. */
      people: Type.Array(Closed({ id: Id, handle: Type.String() })),
    }),
  }),
  myAccess: endpoint({
    name: 'myAccess',
    method: 'GET',
    path: '/api/me/access',
    action: 'manageSelf',
    summary: 'My own temporary access',
    answer: Closed({ access: Type.Array(TemporaryAccess) }),
  }),
  myDevices: endpoint({
    name: 'myDevices',
    method: 'GET',
    path: '/api/me/devices',
    action: 'manageSelf',
    summary: 'The devices that my temporary access reaches now',
    answer: Closed({
      total: Count,
      devices: Type.Array(VisitedDevice, { maxItems: VISITED_DEVICES_MAX }),
    }),
  }),
  askAccess: endpoint({
    name: 'askAccess',
    method: 'POST',
    path: '/api/access',
    action: 'askAccess',
    summary: 'Ask for temporary access, for oneself or for a person',
    body: Closed({
      /** For whom; without it, for whoever asks. */
      person: Type.Optional(Id),
      role: OneOf(TEMPORARY_ROLES),
      ...Scope,
      /** When it begins; without it, with the approval. */
      from: Type.Optional(Time),
      until: Time,
      reason: Reason,
    }),
    answer: TemporaryAccess,
  }),
  judgeAccess: endpoint({
    name: 'judgeAccess',
    method: 'POST',
    path: '/api/access/:id/judge',
    action: 'judgeAccess',
    summary: 'Approve or refuse what somebody else asked for',
    params: OneId,
    body: Closed({ approve: Type.Boolean(), reason: Reason }),
    answer: TemporaryAccess,
  }),
  endAccess: endpoint({
    name: 'endAccess',
    method: 'POST',
    path: '/api/access/:id/end',
    action: 'endAccess',
    summary: 'End temporary access now',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: TemporaryAccess,
  }),
} as const;
