/** Networks with an identity of their own: site gateways and partner networks, and the devices that each may speak for. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id, OneId, OneOf, Reason, Time } from '../schema.ts';
import { NETWORK_KINDS } from '../words.ts';

/** Of one network. A larger one is registered in parts. */
export const SPOKEN_DEVICES_MAX = 10_000;
export const SPOKEN_SITES_MAX = 500;

/** Devices by id, and every device of a site; a device that moves to another site is no longer of the first. */
export const SpeaksFor = Closed({
  devices: Type.Array(Id, { maxItems: SPOKEN_DEVICES_MAX }),
  sites: Type.Array(Id, { maxItems: SPOKEN_SITES_MAX }),
});
export type SpeaksFor = Static<typeof SpeaksFor>;

const draft = {
  id: Id,
  kind: OneOf(NETWORK_KINDS),
  name: Type.String({ minLength: 2, maxLength: 100 }),
  /** Who answers for it. */
  party: Id,
  speaksFor: SpeaksFor,
};
export const NetworkDraft = Closed(draft);
export type NetworkDraft = Static<typeof NetworkDraft>;

/** `registered`: no certificate yet; `expired`: none that is good now. */
export const NETWORK_STATES = ['registered', 'active', 'expired', 'held', 'revoked', 'ended'] as const;
export const NetworkIdentity = Closed({
  ...draft,
  state: OneOf(NETWORK_STATES),
  registered: Time,
  by: Type.String({ maxLength: 64 }),
  /** Of its newest certificate; null for none. */
  serial: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
  notAfter: Type.Union([Time, Type.Null()]),
  /** Why it is held, revoked or ended. */
  reason: Type.Union([Type.String({ maxLength: 500 }), Type.Null()]),
});
export type NetworkIdentity = Static<typeof NetworkIdentity>;

export const networks = {
  listNetworks: endpoint({
    name: 'listNetworks',
    method: 'GET',
    path: '/api/networks',
    action: 'readCity',
    summary: 'Site gateways and partner networks, with whom each may speak for',
    answer: Closed({ networks: Type.Array(NetworkIdentity) }),
  }),
  registerNetwork: endpoint({
    name: 'registerNetwork',
    method: 'POST',
    path: '/api/networks',
    action: 'manageNetworks',
    summary: 'Give a site gateway or partner network an identity',
    body: NetworkDraft,
    answer: NetworkIdentity,
  }),
  setSpeaksFor: endpoint({
    name: 'setSpeaksFor',
    method: 'PUT',
    path: '/api/networks/:id/speaks-for',
    action: 'manageNetworks',
    summary: 'Say anew which devices a network may speak for',
    params: OneId,
    body: SpeaksFor,
    answer: NetworkIdentity,
  }),
  issueNetworkCode: endpoint({
    name: 'issueNetworkCode',
    method: 'POST',
    path: '/api/networks/:id/code',
    action: 'manageNetworks',
    summary: 'A one-time code with which a network gets its certificate by EST',
    params: OneId,
    answer: Closed({ network: Id, code: Type.String(), expires: Time, url: Type.String() }),
  }),
  issueAcmeBinding: endpoint({
    name: 'issueAcmeBinding',
    method: 'POST',
    path: '/api/networks/:id/acme',
    action: 'manageNetworks',
    summary: 'A one-time secret that binds an ACME account to a network, for the names that it may order',
    params: OneId,
    body: Closed({ names: Type.Array(Type.String({ maxLength: 253 }), { minItems: 1, maxItems: 20 }) }),
    /** `key` is what clients call the HMAC key, base64url. */
    answer: Closed({ network: Id, kid: Type.String(), key: Type.String(), expires: Time, directory: Type.String() }),
  }),
  endNetwork: endpoint({
    name: 'endNetwork',
    method: 'POST',
    path: '/api/networks/:id/end',
    action: 'manageNetworks',
    summary: 'End the identity of a network: it neither connects nor speaks for anybody again',
    params: OneId,
    body: Closed({ reason: Reason }),
    answer: NetworkIdentity,
  }),
} as const;
