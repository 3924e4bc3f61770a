/** How devices go: other hardware in the same place, retired for good, or stolen; what that would touch is said before. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Erased, ERASED_ITEMS, Sha256 } from '../jobs.ts';
import { Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';

const Text = (maxLength: number) => Type.String({ maxLength });
const BecauseOf = Closed({ reason: Reason });

/** What belongs to the thing and not to its place. */
export const Hardware = Closed({
  serial: OrNull(Type.String({ minLength: 1, maxLength: 64 })),
  mac: OrNull(Type.String({ pattern: '^([0-9a-f]{2}:){5}[0-9a-f]{2}$' })),
  model: Type.String({ minLength: 1, maxLength: 100 }),
  firmware: OrNull(Type.String({ minLength: 1, maxLength: 64 })),
  hardwareRevision: Type.Optional(OrNull(Type.String({ minLength: 1, maxLength: 64 }))),
});
export type Hardware = Static<typeof Hardware>;

/** `begun` and `undoing` go on by themselves after a restart; `waiting`: the new hardware has not come in yet. */
export const REPLACEMENT_STATES = ['begun', 'waiting', 'done', 'undoing', 'undone'] as const;
export const Replacement = Closed({
  id: Id,
  device: Id,
  state: OneOf(REPLACEMENT_STATES),
  before: Hardware,
  after: Hardware,
  /** Serial of the certificate that the hardware before had. */
  certificate: OrNull(Text(64)),
  reason: Reason,
  by: Text(64),
  at: Time,
  ended: OrNull(Time),
});
export type Replacement = Static<typeof Replacement>;

export const WIPED = ['proven', 'unproven'] as const;
export const Retirement = Closed({
  device: Id,
  state: OneOf(['wiping', 'closing', 'closed']),
  /** The signed change that erases it; null where nobody asked for one. */
  change: OrNull(Id),
  wiped: OrNull(OneOf(WIPED)),
  why: Text(300),
  /** Item by item, where a gateway erased a camera; empty where a device erased itself, or nobody reported. */
  erased: Type.Array(Erased, { maxItems: ERASED_ITEMS.length }),
  /** Who reported on the order to erase it: the device, or its gateway; null for nobody. */
  reportedBy: OrNull(Id),
  reason: Reason,
  by: Text(64),
  at: Time,
  closed: OrNull(Time),
  /** Of its signed certificate. */
  hash: OrNull(Sha256),
});
export type Retirement = Static<typeof Retirement>;

/** What a device held, as far as the city knows. */
export const Held = Closed({
  datasets: Type.Array(Closed({ id: Id, name: Text(200), purpose: Text(300), people: Count })),
  /** Different people behind all of them. */
  people: Count,
  services: Type.Array(Text(200)),
  /** The same, and its credentials and memory card, in sentences. */
  words: Type.Array(Text(400)),
});
export type Held = Static<typeof Held>;

export const Theft = Closed({
  device: Id,
  at: Time,
  by: Text(64),
  reason: Reason,
  /** How often it tried to come in since, and when and how last. */
  seen: Count,
  last: OrNull(Closed({ at: Time, how: Text(200) })),
  held: Held,
});
export type Theft = Static<typeof Theft>;

export const Leaving = Closed({
  device: Id,
  hardware: Hardware,
  held: Held,
  /** Whether it could be erased now, and why not; by the gateway that is named, or by itself. */
  wipe: Closed({ possible: Type.Boolean(), why: Text(200), gateway: OrNull(Id) }),
  /** Newest first: what stood in this place before. */
  replacements: Type.Array(Replacement),
  retirement: OrNull(Retirement),
  theft: OrNull(Theft),
});
export type Leaving = Static<typeof Leaving>;

export const leaving = {
  getLeaving: endpoint({
    name: 'getLeaving',
    method: 'GET',
    path: '/api/devices/:id/leaving',
    action: 'readDevice',
    summary: 'What would go with a device, what stood in its place before, and how far it is with going',
    params: OneId,
    answer: Leaving,
  }),
  replaceDevice: endpoint({
    name: 'replaceDevice',
    method: 'POST',
    path: '/api/devices/:id/replace',
    action: 'replaceDevice',
    summary: 'Other hardware in the same place: place, configuration and history stay, the identity ends',
    params: OneId,
    body: Closed({ hardware: Hardware, reason: Reason }),
    answer: Replacement,
  }),
  undoReplacement: endpoint({
    name: 'undoReplacement',
    method: 'POST',
    path: '/api/devices/:id/replace/undo',
    action: 'replaceDevice',
    summary: 'Take a replacement back while the new hardware has not come in',
    params: OneId,
    body: BecauseOf,
    answer: Replacement,
  }),
  retireDevice: endpoint({
    name: 'retireDevice',
    method: 'POST',
    path: '/api/devices/:id/retire',
    action: 'retireDevice',
    summary:
      'Retire a device: a change that erases it, to be signed, then the end of its identity; or the end at once, unproven',
    params: OneId,
    body: Closed({ reason: Reason, wipe: Type.Boolean() }),
    answer: Retirement,
  }),
  closeRetirement: endpoint({
    name: 'closeRetirement',
    method: 'POST',
    path: '/api/devices/:id/retire/close',
    action: 'retireDevice',
    summary: 'Wait no longer: end its identity, with the certificate that it is not proven that it is erased',
    params: OneId,
    body: BecauseOf,
    answer: Retirement,
  }),
  getRetirement: endpoint({
    name: 'getRetirement',
    method: 'GET',
    path: '/api/devices/:id/retirement.json',
    action: 'readDevice',
    summary: 'The certificate of retirement: exactly the bytes that the city signed',
    params: OneId,
    answer: Type.String(),
  }),
  getRetirementSignature: endpoint({
    name: 'getRetirementSignature',
    method: 'GET',
    path: '/api/devices/:id/retirement.p7s',
    action: 'readDevice',
    summary: "The city's signature on it: CMS, detached, DER",
    params: OneId,
    answer: Type.String(),
  }),
  reportStolen: endpoint({
    name: 'reportStolen',
    method: 'POST',
    path: '/api/devices/:id/stolen',
    action: 'reportStolen',
    summary: 'Block a stolen device at once, and list what it held',
    params: OneId,
    body: BecauseOf,
    answer: Theft,
  }),
} as const;
