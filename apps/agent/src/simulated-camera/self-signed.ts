/** The certificate that a camera gives itself (RFC 5280), written straight as DER: its names, its key, its own signature. */
import { createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { DAY_MS } from '@cityward/kernel';
import { sequence, tlv } from '../der.ts';

const LIFE_MS = 3_650 * DAY_MS;
const BACKDATED_MS = DAY_MS;
const COMMON_NAME = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03]);
const ALTERNATIVE_NAMES = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x11]);
const ECDSA_SHA256 = Buffer.from([0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
const VERSION_3 = Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02]);
const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8: 0x0c,
  time: 0x18,
  set: 0x31,
  extensions: 0xa3,
} as const;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

const time = (at: number): Buffer =>
  tlv(TAG.time, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/gu, '')}`));

/** `DNS:` and `IP:` as VAPIX writes them; others are left out. */
function alternativeNames(names: readonly string[]): Buffer {
  const written = names.flatMap((name) => {
    const [kind, value = ''] = name.split(/:(.*)/su) as [string, string?];
    if (kind === 'IP' && isIPv4(value)) return [tlv(IP_ADDRESS, Buffer.from(value.split('.').map(Number)))];
    return kind === 'DNS' && value !== '' ? [tlv(DNS_NAME, Buffer.from(value, 'latin1'))] : [];
  });
  return tlv(TAG.extensions, sequence(sequence(ALTERNATIVE_NAMES, tlv(TAG.octetString, sequence(...written)))));
}

export interface SelfSigned {
  readonly name: string;
  readonly key: KeyObject;
  readonly names: readonly string[];
  readonly now: number;
}

/** PEM. */
export function selfSigned({ name, key, names, now }: SelfSigned): string {
  const subject = sequence(tlv(TAG.set, sequence(COMMON_NAME, tlv(TAG.utf8, Buffer.from(name)))));
  const serial = randomBytes(8);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const body = sequence(
    VERSION_3,
    tlv(TAG.integer, serial),
    ECDSA_SHA256,
    subject,
    sequence(time(now - BACKDATED_MS), time(now + LIFE_MS)),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    alternativeNames(names),
  );
  const signature = tlv(TAG.bitString, Buffer.from([0]), sign('sha256', body, key));
  const der = sequence(body, ECDSA_SHA256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${der.match(/.{1,64}/gu)!.join('\n')}\n-----END CERTIFICATE-----\n`;
}
