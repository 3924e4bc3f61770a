/** Whom a certificate of this city names: read from the certificate itself, after its signature. */
import type { X509Certificate } from 'node:crypto';
import { spiffeOf, type HolderType } from './domain/names.ts';

/** Whom a certificate of ours names. */
export interface Holder {
  readonly type: HolderType;
  readonly id: string;
}

const CLIENT_USE = '1.3.6.1.5.5.7.3.2';
const SERVER_USE = '1.3.6.1.5.5.7.3.1';
const HOLDERS: readonly HolderType[] = ['device', 'network'];
const CLIENT_AND_SERVER = `${CLIENT_USE},${SERVER_USE}`;
const DNS_NAMES = /^(, DNS:[a-z0-9.-]+)+$/;

/** The device or network that a certificate of their profiles names; null for every other certificate. */
export function holderIn(certificate: X509Certificate, issuing: X509Certificate, trustDomain: string): Holder | null {
  const id = /^CN=([a-z0-9-]+)$/.exec(certificate.subject)?.[1];
  if (id === undefined || certificate.ca) return null;
  const names = certificate.subjectAltName ?? '';
  const uses = ((certificate.keyUsage ?? []) as readonly string[]).join();
  const type = HOLDERS.find((one) => {
    const own = `URI:${spiffeOf(trustDomain, id, one)}`;
    if (names === own) return uses === CLIENT_USE;
    const served = names.startsWith(own) && DNS_NAMES.test(names.slice(own.length));
    return one === 'network' && served && uses === CLIENT_AND_SERVER;
  });
  if (type === undefined) return null;
  return certificate.checkIssued(issuing) && certificate.verify(issuing.publicKey) ? { type, id } : null;
}

/** What a certificate is made from. */
export interface HolderRequest {
  readonly id: string;
  readonly spki: Uint8Array;
  readonly now: number;
  /** DNS names beside its own; none where left out. */
  readonly names?: readonly string[];
  readonly lifeMs?: number;
}
/** What each profile's holder is called by in its SPIFFE name. */
export const NAMED_AS = {
  device: 'device',
  appliance: 'device',
  network: 'network',
  gateway: 'network',
  service: 'service',
} as const;
export type HolderProfile = keyof typeof NAMED_AS;
