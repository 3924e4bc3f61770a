/** How far an identity is trusted now, and why: each component with who says so, since when and until when. */
import { Type, type Static } from 'typebox';
import { endpoint } from '../endpoint.ts';
import { Closed, Id, OneOf, OrNull, Reason, Time } from '../schema.ts';
import { IDENTITY_KINDS, TRUST_KINDS, TRUST_LEVELS } from '../words.ts';

const Value = Type.Integer({ minimum: 0, maximum: 100 });
export const TRUST_REASON_MAX_CHARS = 300;
const Words = Type.String({ maxLength: TRUST_REASON_MAX_CHARS });

export const TrustComponent = Closed({
  kind: OneOf(TRUST_KINDS),
  /** `unknown`: nobody has said anything, or what was said has ended. Never good. */
  state: OneOf(['known', 'unknown']),
  /** 0 to 100; null while unknown. */
  value: OrNull(Value),
  /** Why it has this value; for an unknown one, what is missing. */
  reason: Words,
  /** Who says so; null where nobody has. */
  source: OrNull(Id),
  since: OrNull(Time),
  /** When what was said ends and the component is unknown again. */
  expires: OrNull(Time),
});
export type TrustComponent = Static<typeof TrustComponent>;

export const Trust = Closed({
  kind: OneOf(IDENTITY_KINDS),
  id: Id,
  level: OneOf(TRUST_LEVELS),
  /** That of the worst component. */
  value: Value,
  since: Time,
  /** What the worst component says. */
  reason: Words,
  components: Type.Array(TrustComponent, { maxItems: TRUST_KINDS.length }),
});
export type Trust = Static<typeof Trust>;

export const trust = {
  getDeviceTrust: endpoint({
    name: 'getDeviceTrust',
    method: 'GET',
    path: '/api/devices/:id/trust',
    action: 'readDevice',
    params: Closed({ id: Id }),
    answer: Trust,
    summary: 'How far a device is trusted now: level, components and their reasons',
  }),
  /** Nothing that is still so is hidden by it: a source that finds it anew says it anew. */
  restoreDeviceTrust: endpoint({
    name: 'restoreDeviceTrust',
    method: 'POST',
    path: '/api/devices/:id/trust/restore',
    action: 'restoreTrust',
    params: Closed({ id: Id }),
    body: Closed({ reason: Reason }),
    answer: Trust,
    summary: 'Take back, as a person, that a device lied about what it runs',
  }),
  getServiceTrust: endpoint({
    name: 'getServiceTrust',
    method: 'GET',
    path: '/api/services/:id/trust',
    action: 'readCity',
    params: Closed({ id: Id }),
    answer: Trust,
    summary: 'How far a cloud service is trusted now',
  }),
  restoreServiceTrust: endpoint({
    name: 'restoreServiceTrust',
    method: 'POST',
    path: '/api/services/:id/trust/restore',
    action: 'restoreServiceTrust',
    params: Closed({ id: Id }),
    body: Closed({ reason: Reason }),
    answer: Trust,
    summary: 'Take back, as a person, what the calls of a cloud service showed',
  }),
  getNetworkTrust: endpoint({
    name: 'getNetworkTrust',
    method: 'GET',
    path: '/api/networks/:id/trust',
    action: 'readCity',
    params: Closed({ id: Id }),
    answer: Trust,
    summary: 'How far a site gateway or partner network is trusted now',
  }),
  getPersonTrust: endpoint({
    name: 'getPersonTrust',
    method: 'GET',
    path: '/api/people/:id/trust',
    action: 'readPeople',
    params: Closed({ id: Id }),
    answer: Trust,
    summary: "How far a person's account is trusted now",
  }),
};
