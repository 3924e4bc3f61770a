/** How a device is named in certificates: common name and SPIFFE id, and how an authority is named. */
import { contextTag, oid, oidText, readDer, sequence, set, TAG, utf8String } from './der.ts';
import { OID } from './oids.ts';

const TRUST_DOMAIN_MAX = 63;

/** The SPIFFE trust domain of a city: `Port Merrow` is `port-merrow`; falls back to `city` when no letter is left. */
export const trustDomainOf = (cityName: string): string =>
  cityName
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, TRUST_DOMAIN_MAX)
    .replace(/^-+|-+$/g, '') || 'city';

/** What may hold a certificate of its own. */
export type HolderType = 'device' | 'network';

/** The name a holder carries in the SAN of its certificate: `spiffe://port-merrow/device/cam-0001`. */
export const spiffeOf = (trustDomain: string, holder: string, type: HolderType | 'service' = 'device'): string =>
  `spiffe://${trustDomain}/${type}/${holder}`;

const attribute = (type: string, value: string): Buffer => set(sequence(oid(type), utf8String(value)));

/** DER Name `CN=<commonName>`. */
export const nameOf = (commonName: string): Buffer => sequence(attribute(OID.commonName, commonName));

/** DER Name of an authority: `O=<city>, CN=<role>`. */
export const authorityName = (city: string, role: string): Buffer =>
  sequence(attribute(OID.organization, city), attribute(OID.commonName, role));

/** The subject Name of one of our own authority certificates, and the organization in it. Throws on any other certificate. */
export function subjectOf(certificate: Uint8Array): { readonly der: Buffer; readonly organization: string } {
  const fields = readDer(
    readDer(readDer(certificate).take(TAG.sequence, 'certificate').body).take(TAG.sequence, 'body').body,
  );
  fields.take(contextTag(0, true), 'version');
  for (const what of ['serial', 'algorithm', 'issuer', 'validity']) fields.any(what);
  const subject = fields.take(TAG.sequence, 'subject');
  const parts = readDer(subject.body);
  while (parts.more()) {
    const pair = readDer(readDer(parts.take(TAG.set, 'part').body).take(TAG.sequence, 'attribute').body);
    const type = oidText(pair.take(TAG.oid, 'attribute type').body);
    if (type !== OID.organization) continue;
    return {
      der: Buffer.from(subject.whole),
      organization: Buffer.from(pair.any('organization').body).toString('utf8'),
    };
  }
  throw new Error('read authority certificate: its subject has no organization, wanted the name of the city');
}
