/** What EST csrattrs answers (RFC 7030 4.5.2 as clarified by RFC 9908): which key, which signature, which name. */
import type { DeviceClass, NetworkKind } from '@cityward/contracts';
import { contextTag, octetString, oid, sequence, set, tlv } from './der.ts';
import { OID } from './oids.ts';
import { spiffeOf, type HolderType } from './names.ts';

const attribute = (type: string, ...values: readonly Uint8Array[]): Buffer => sequence(oid(type), set(...values));

/** Those that carry or steer others have the time for a stronger key; an end device has the smallest that is good. */
const STRONG: ReadonlySet<string> = new Set<DeviceClass | NetworkKind>([
  'site-switch',
  'plant-controller',
  'site-gateway',
  'lorawan-network',
  'mobile-apn',
  'radius-server',
]);
const NETWORKS: ReadonlySet<string> = new Set<NetworkKind>([
  'site-gateway',
  'lorawan-network',
  'mobile-apn',
  'radius-server',
]);

export interface Asker {
  readonly trustDomain: string;
  /** The class or kind that the path named; null for none. */
  readonly label: string | null;
  /** Who it is, where it came with its certificate. */
  readonly holder: { readonly type: HolderType; readonly id: string } | null;
}

/**
 * DER CsrAttrs: the key and signature for what the label names, and one alternative name: the asker's own where it is known, else
 * the beginning of the one that it is to fill in.
 */
export function encodeCsrAttributes({ trustDomain, label, holder }: Asker): Buffer {
  const type: HolderType = label !== null && NETWORKS.has(label) ? 'network' : 'device';
  const name = holder ? spiffeOf(trustDomain, holder.id, holder.type) : spiffeOf(trustDomain, '', type);
  const alternativeName = sequence(
    oid(OID.subjectAltName),
    octetString(sequence(tlv(contextTag(6, false), Buffer.from(name, 'latin1')))),
  );
  const strong = label !== null && STRONG.has(label);
  return sequence(
    attribute(OID.ecPublicKey, oid(strong ? OID.p384 : OID.p256)),
    oid(strong ? OID.ecdsaSha384 : OID.ecdsaSha256),
    attribute(OID.extensionRequest, sequence(alternativeName)),
  );
}
