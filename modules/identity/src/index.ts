/** Who or what is this, really, and how far do we trust it now? */
export { createIdentity } from './service.ts';
export type { Identity, AuthorityFace, SessionsFace, Admitted, IdentityStatus, PersonFace } from './service.ts';
export type { IdentityOptions, Directory, KnownDevice, Authorise, ProviderSettings } from './needs.ts';
export type { Standing } from './domain/standing.ts';
export type { SignalDraft, Subject, TrustMark } from './domain/trust.ts';
export type { TrustChange } from './trust.ts';
export type { ServicesFace } from './service.ts';
export type { AccessFace, AccessEnded } from './access-desk.ts';
export type { EstHandler } from './est.ts';
export type { Refused } from './refusals.ts';
export type { EstListener, EstListenerOptions } from './est-listener.ts';
export type { ServerCertificate } from './authority.ts';
