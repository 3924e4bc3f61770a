/** How devices come in and go for good: makers' roots, who waits at the door, who was kept out, and the end of an identity. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Count, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';

const Text = (maxLength: number) => Type.String({ maxLength });
/** SHA-256 of the whole certificate, lower-case hex. */
const Fingerprint = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const CERTIFICATE_PEM_MAX_CHARS = 16_384;
export const MAKER_ROOTS_MAX = 100;

/** `each`: every first enrolment by a factory certificate of this maker waits for a person; `automatic`: the inventory decides. */
export const APPROVALS = ['automatic', 'each'] as const;
export const MakerRoot = Closed({
  fingerprint: Fingerprint,
  /** The party that makes these devices. */
  maker: Id,
  subject: Text(300),
  notAfter: Time,
  approval: OneOf(APPROVALS),
  pinned: Time,
  by: Text(64),
});
export type MakerRoot = Static<typeof MakerRoot>;

/** Why an enrolment waits: its code or its maker's root asks for it, or another factory key holds the claim on this serial. */
export const WAITING_REASONS = ['asked-for', 'second-claim'] as const;
export const Waiting = Closed({
  id: Id,
  device: Id,
  way: OneOf(['code', 'factory']),
  state: OneOf(['waiting', 'approved', 'refused', 'issued']),
  why: OneOf(WAITING_REASONS),
  /** As the factory certificate says; null for a code. */
  serial: OrNull(Text(64)),
  maker: OrNull(Id),
  /** SHA-256 of the public key that is to be certified, hex: a new key must be approved anew. */
  keyHash: Fingerprint,
  address: Text(64),
  asked: Time,
  lastAsked: Time,
  judged: OrNull(Time),
  by: OrNull(Text(64)),
  reason: OrNull(Text(500)),
});
export type Waiting = Static<typeof Waiting>;

/** What was seen of a device that nobody here knows. It gets no certificate and enters no group. */
export const Discovery = Closed({
  id: Id,
  state: OneOf(['quarantined', 'dismissed']),
  why: OneOf(['serial-unknown', 'serial-ambiguous', 'maker-differs', 'claim-ended', 'id-unknown']),
  way: OneOf(['code', 'factory', 'mender']),
  /** The id that it gave itself; null where it gave none. */
  claimed: OrNull(Id),
  serial: OrNull(Text(64)),
  maker: OrNull(Id),
  subject: OrNull(Text(300)),
  keyHash: OrNull(Fingerprint),
  address: Text(64),
  first: Time,
  last: Time,
  times: Count,
});
export type Discovery = Static<typeof Discovery>;

const BecauseOf = Closed({ reason: Reason });

export const enrolment = {
  listMakerRoots: endpoint({
    name: 'listMakerRoots',
    method: 'GET',
    path: '/api/makers/roots',
    action: 'readCity',
    summary: 'Roots of makers whose factory certificates may enrol',
    answer: Closed({ roots: Type.Array(MakerRoot) }),
  }),
  pinMakerRoot: endpoint({
    name: 'pinMakerRoot',
    method: 'POST',
    path: '/api/makers/roots',
    action: 'pinMaker',
    summary: "Trust a maker's root for first enrolment, and for nothing else",
    body: Closed({
      maker: Id,
      pem: Type.String({ minLength: 100, maxLength: CERTIFICATE_PEM_MAX_CHARS }),
      /** As the maker published it, in any case, with or without colons. */
      fingerprint: Type.String({ pattern: '^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$' }),
      approval: Type.Optional(OneOf(APPROVALS)),
    }),
    answer: MakerRoot,
  }),
  removeMakerRoot: endpoint({
    name: 'removeMakerRoot',
    method: 'DELETE',
    path: '/api/makers/roots/:fingerprint',
    action: 'pinMaker',
    summary: "Stop trusting a maker's root; certificates issued because of it stay",
    params: Closed({ fingerprint: Fingerprint }),
    answer: Closed({ roots: Type.Array(MakerRoot) }),
  }),
  listEnrolments: endpoint({
    name: 'listEnrolments',
    method: 'GET',
    path: '/api/enrolments',
    action: 'readCity',
    summary: 'Devices that wait for a person to let them in, and what was decided lately',
    answer: Closed({ enrolments: Type.Array(Waiting) }),
  }),
  approveEnrolment: endpoint({
    name: 'approveEnrolment',
    method: 'POST',
    path: '/api/enrolments/:id/approve',
    action: 'judgeEnrolment',
    summary: 'Let this device, with this key, have its certificate',
    params: OneId,
    body: BecauseOf,
    answer: Waiting,
  }),
  refuseEnrolment: endpoint({
    name: 'refuseEnrolment',
    method: 'POST',
    path: '/api/enrolments/:id/refuse',
    action: 'judgeEnrolment',
    summary: 'Keep this device out; it is told why',
    params: OneId,
    body: BecauseOf,
    answer: Waiting,
  }),
  listDiscoveries: endpoint({
    name: 'listDiscoveries',
    method: 'GET',
    path: '/api/discoveries',
    action: 'readCity',
    summary: 'Unknown devices that asked to be let in, with what was seen of them',
    answer: Closed({ discoveries: Type.Array(Discovery) }),
  }),
  dismissDiscovery: endpoint({
    name: 'dismissDiscovery',
    method: 'POST',
    path: '/api/discoveries/:id/dismiss',
    action: 'judgeEnrolment',
    summary: 'Put a discovery aside',
    params: OneId,
    body: BecauseOf,
    answer: Discovery,
  }),
  endIdentity: endpoint({
    name: 'endIdentity',
    method: 'POST',
    path: '/api/devices/:id/end',
    action: 'endDevice',
    summary: 'End the identity of a device that is retired or replaced: it neither renews nor connects again',
    params: OneId,
    body: Closed({ as: OneOf(['retired', 'replaced']), reason: Reason }),
    answer: Closed({ device: Id, state: OneOf(['ended']) }),
  }),
} as const;
