/** Cloud services: registered with an owner and the data they may reach, known by tokens or certificates, authorised like anybody. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id, OneId, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { DATA_SETS } from '../words.ts';

export const SERVICES_MAX = 1_000;
export const PUBLIC_KEY_MAX_CHARS = 2_048;

export const Reach = Closed({
  data: Type.Array(OneOf(DATA_SETS), { minItems: 1, uniqueItems: true }),
  /** Only the devices of these sites; empty: of the whole city. */
  sites: Type.Array(Id, { maxItems: 200, uniqueItems: true }),
});
export type Reach = Static<typeof Reach>;
const PublicKey = Type.String({ minLength: 40, maxLength: PUBLIC_KEY_MAX_CHARS });

export const ServiceDraft = Closed({
  id: Id,
  name: Type.String({ minLength: 2, maxLength: 100 }),
  /** Who answers for it: a party of the city, or a person who may sign in. */
  owner: Id,
  reach: Reach,
});
export type ServiceDraft = Static<typeof ServiceDraft>;

export const SERVICE_STATES = ['active', 'ended'] as const;
export const ServiceIdentity = Closed({
  ...ServiceDraft.properties,
  state: OneOf(SERVICE_STATES),
  registered: Time,
  by: Type.String({ maxLength: 64 }),
  /** When its secret was made; null for none. */
  secret: OrNull(Time),
  /** SHA-256 of the key that it signs its own assertions with; null for none. */
  publicKey: OrNull(Type.String({ maxLength: 64 })),
  spiffe: Type.String({ maxLength: 200 }),
  /** Its newest certificate that is good now. */
  certificate: OrNull(Closed({ serial: Type.String({ maxLength: 64 }), notAfter: Time })),
  /** When it last asked for anything; kept by the minute. */
  lastUsed: OrNull(Time),
  ended: OrNull(Closed({ at: Time, by: Type.String({ maxLength: 64 }), reason: Type.String({ maxLength: 500 }) })),
});
export type ServiceIdentity = Static<typeof ServiceIdentity>;

export const services = {
  listServices: endpoint({
    name: 'listServices',
    method: 'GET',
    path: '/api/services',
    action: 'readServices',
    summary: 'Cloud services with their owners and what each may reach',
    answer: Closed({ services: Type.Array(ServiceIdentity), issuer: Type.String() }),
  }),
  registerService: endpoint({
    name: 'registerService',
    method: 'POST',
    path: '/api/services',
    action: 'manageServices',
    summary: 'Register a cloud service',
    body: ServiceDraft,
    answer: ServiceIdentity,
  }),
  setServiceReach: endpoint({
    name: 'setServiceReach',
    method: 'PUT',
    path: '/api/services/:id/reach',
    action: 'manageServices',
    summary: 'Set what a service may reach; in force at once',
    params: OneId,
    body: Reach,
    answer: ServiceIdentity,
  }),
  setServiceKey: endpoint({
    name: 'setServiceKey',
    method: 'PUT',
    path: '/api/services/:id/key',
    action: 'manageServices',
    summary: 'Set the public key (PEM) by which a service signs its assertions (private_key_jwt)',
    params: OneId,
    body: Closed({ publicKey: PublicKey }),
    answer: ServiceIdentity,
  }),
  issueServiceSecret: endpoint({
    name: 'issueServiceSecret',
    method: 'POST',
    path: '/api/services/:id/secret',
    action: 'manageServices',
    summary: 'A new client secret, shown once; the one before ends',
    params: OneId,
    answer: Closed({ service: Id, secret: Type.String(), tokenUrl: Type.String() }),
  }),
  issueServiceCode: endpoint({
    name: 'issueServiceCode',
    method: 'POST',
    path: '/api/services/:id/code',
    action: 'manageServices',
    summary: 'A one-time code for the first certificate of a service',
    params: OneId,
    answer: Closed({ service: Id, code: Type.String(), expires: Time, url: Type.String() }),
  }),
  endService: endpoint({
    name: 'endService',
    method: 'POST',
    path: '/api/services/:id/end',
    action: 'manageServices',
    summary: 'End a service for good: tokens, secret and certificates count no more',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: ServiceIdentity,
  }),
} as const;
