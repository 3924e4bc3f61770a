/** Officers, jobs and orders for tests: real keys, real signatures, made in memory. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type {
  ChangeJob,
  JobLeaf,
  JobOrder,
  JobSignature,
  OfficerKey,
  Officers,
  SignedOfficers,
} from '@cityward/contracts';
import { ok } from '@cityward/kernel';
import type { GatePorts } from './gate-needs.ts';
import type { LeavingPorts } from './leaving-needs.ts';
import { jobBytes, leafTree, officersBytes } from './verify.ts';

export const TEST_CITY = 'Port Test';
/** 2026-01-01T00:00:00Z: the middle of the window of every test job. */
export const TEST_NOW = 1_767_225_600_000;
const HOUR_MS = 3_600_000;
const SPKI_KEY_FROM = 12;

type Ed25519Key = Extract<OfficerKey, { alg: 'ed25519' }>;
type PasskeyKey = Extract<OfficerKey, { alg: 'webauthn' }>;
type Ed25519Signature = Extract<JobSignature, { alg: 'ed25519' }>;

export interface TestOfficer {
  readonly key: Ed25519Key;
  /** Signs any bytes. */
  sign(bytes: Uint8Array): Ed25519Signature;
}

/** @param id of the key; another than the usual for a second key of the same officer */
export function testOfficer(officer: string, id = `${officer}-key`): TestOfficer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_KEY_FROM);
  return {
    key: { id, officer, alg: 'ed25519', publicKey: raw.toString('base64url') },
    sign: (bytes) => ({ key: id, alg: 'ed25519', signature: sign(null, bytes, privateKey).toString('base64url') }),
  };
}

export interface AssertionChanges {
  readonly origin?: string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly type?: string;
  readonly challenge?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly tail?: Uint8Array;
}
export interface TestPasskey {
  readonly key: PasskeyKey;
  sign(bytes: Uint8Array, changes?: AssertionChanges): JobSignature;
}

/** User present and verified; not backed up. */
const GOOD_FLAGS = 0x05;

/** An authenticator in software, at http://localhost:8080. */
export function testPasskey(officer: string, cose: -7 | -8 = -7): TestPasskey {
  const pair = cose === -7 ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const id = `${officer}-passkey`;
  const origin = 'http://localhost:8080';
  const rpId = 'localhost';
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  return {
    key: { id, officer, alg: 'webauthn', publicKey, cose, origin, rpId },
    sign: (bytes, changes = {}) => {
      const clientData = Buffer.from(
        JSON.stringify({
          type: changes.type ?? 'webauthn.get',
          challenge: changes.challenge ?? sha256(bytes).toString('base64url'),
          origin: changes.origin ?? origin,
          crossOrigin: false,
          ...changes.extra,
        }),
      );
      const flags = Buffer.from([changes.flags ?? GOOD_FLAGS]);
      const counter = Buffer.alloc(4);
      const tail = changes.tail ?? Buffer.alloc(0);
      const data = Buffer.concat([sha256(Buffer.from(changes.rpId ?? rpId)), flags, counter, tail]);
      const signed = Buffer.concat([data, sha256(clientData)]);
      const signature = sign(cose === -7 ? 'sha256' : null, signed, pair.privateKey);
      return {
        key: id,
        alg: 'webauthn',
        authenticatorData: data.toString('base64url'),
        clientDataJson: clientData.toString('base64url'),
        signature: signature.toString('base64url'),
      };
    },
  };
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export const testThresholds = (): Officers['thresholds'] => ({
  officers: 2,
  install: 2,
  set: 2,
  wipe: 2,
  configure: 1,
  rotate: 1,
  restart: 1,
});

export const testOfficers = (
  people: readonly { readonly key: OfficerKey }[],
  changes: Partial<Officers> = {},
): Officers => ({
  kind: 'cityward-officers',
  version: 1,
  city: TEST_CITY,
  expires: TEST_NOW + 365 * 24 * HOUR_MS,
  thresholds: testThresholds(),
  keys: people.map(({ key }) => key),
  ...changes,
});

export const signedOfficers = (officers: Officers, signers: readonly TestOfficer[]): SignedOfficers => ({
  officers,
  signatures: signers.map((one) => one.sign(officersBytes(officers))),
});

export const testArtifact = (version = '2.1.0') => ({
  name: 'lamp-firmware',
  version,
  sha256: sha256(Buffer.from(`lamp ${version}`)).toString('hex'),
  size: 1_000,
});

/** Installs 2.1.0 on the devices of the leaves, with the way back to 2.0.0. */
export const testJob = (leaves: readonly JobLeaf[], changes: Partial<ChangeJob> = {}): ChangeJob => ({
  kind: 'cityward-job',
  version: 1,
  id: 'chg-0000000000000001',
  city: TEST_CITY,
  title: 'Lamps to 2.1.0',
  devices: { count: leaves.length, root: leafTree(leaves).root },
  action: { do: 'install', artifact: testArtifact() },
  notBefore: TEST_NOW - HOUR_MS,
  notAfter: TEST_NOW + HOUR_MS,
  revert: { to: testArtifact('2.0.0'), until: TEST_NOW + 24 * HOUR_MS },
  ...changes,
});

export interface OrderParts {
  readonly job: ChangeJob;
  readonly leaves: readonly JobLeaf[];
  readonly device: string;
  readonly signers: readonly { sign(bytes: Uint8Array): JobSignature }[];
  readonly part?: JobOrder['part'];
}

/** A signed order for one of the devices. */
export function testOrder({ job, leaves, device, signers, part = 'forward' }: OrderParts): JobOrder {
  const index = leaves.findIndex((leaf) => leaf.device === device);
  return {
    order: 'job',
    job,
    signatures: signers.map((one) => one.sign(jobBytes(job))),
    leaf: leaves[index]!,
    index,
    proof: leafTree(leaves).proofOf(index),
    source: null,
    part,
  };
}

/** A gate in a city without gateways and without certificates. */
export const testGatePorts = (changes: Partial<GatePorts> = {}): GatePorts => ({
  device: () => null,
  identity: () => null,
  gatewayOf: () => null,
  ask: () => Promise.reject(new Error('no gateway is here')),
  sign: () => Promise.reject(new Error('nothing signs here')),
  passkey: () => null,
  handedOver: () => Promise.resolve(),
  baseline: () => null,
  ...changes,
});

/** Ways out of a city without devices. */
export const testLeavingPorts = (changes: Partial<LeavingPorts> = {}): LeavingPorts => ({
  standing: () => 'none',
  end: () => Promise.resolve(ok(undefined)),
  revoke: () => Promise.resolve(ok(undefined)),
  onActive: () => undefined,
  hardware: () => null,
  setHardware: () => Promise.resolve(ok(undefined)),
  deviceBySerial: () => null,
  held: () => ({ class: 'other', certificate: null, datasets: [], people: 0, services: [] }),
  cannotWipe: () => 'it takes no changes',
  gatewayOfCamera: () => null,
  isCarried: () => false,
  sign: () => Promise.reject(new Error('nothing signs here')),
  alarm: () => undefined,
  ...changes,
});

/** All that comes in and goes out, for tests of something else. */
export const testPorts = () => ({ gate: testGatePorts(), leaving: testLeavingPorts() });
