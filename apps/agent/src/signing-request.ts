/** A device's key and its PKCS#10 request (RFC 2986), written straight as DER: one signature, no parsing. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { sequence, tlv } from './der.ts';

const VERSION_0 = Buffer.from([0x02, 0x01, 0x00]);
/** id-at-commonName, 2.5.4.3 */
const COMMON_NAME = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03]);
const NO_ATTRIBUTES = Buffer.from([0xa0, 0x00]);
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
const ECDSA_SHA256 = Buffer.from([0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
const UTF8_STRING = 0x0c;
const BIT_STRING = 0x03;
const SET = 0x31;

export interface DeviceKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
/** A fresh P-256 key. */
export const newDeviceKey = (): DeviceKey => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The DER of a request for `CN=<device>`; the city adds the names that it gives to its devices itself. */
export function signingRequest(device: string, key: DeviceKey): Buffer {
  const name = sequence(tlv(SET, sequence(COMMON_NAME, tlv(UTF8_STRING, Buffer.from(device, 'utf8')))));
  const spki = key.publicKey.export({ type: 'spki', format: 'der' });
  const info = sequence(VERSION_0, name, spki, NO_ATTRIBUTES);
  const signature = sign('sha256', info, key.privateKey);
  return sequence(info, ECDSA_SHA256, tlv(BIT_STRING, Buffer.from([0]), signature));
}
