/** Certificates for devices behind a gateway: it asks in its own name, the device proves by its request that it holds the key. */
import type { X509Certificate } from 'node:crypto';
import { ok, refuse, type Refusal, type Result } from '@cityward/kernel';
import { checkIssued, checkNames, checkStandingForIssue, checkTime } from './domain/enrolment.ts';
import { spiffeOf } from './domain/names.ts';
import { OID } from './domain/oids.ts';
import { decodeRequestBody } from './domain/request-body.ts';
import { parseSigningRequest } from './domain/signing-request.ts';
import { countRenewal, finish, readRequest, type Desk, type Granted } from './enrolment-desk.ts';

export interface Behalf {
  readonly gateway: string;
  readonly device: string;
}
export interface GatewayWay {
  /**
   * Who asks for whom: the certificate is one that the city issued and that holds now, the request names a device that stands behind
   * it. Nothing is issued yet, so that policy can be asked first.
   */
  recogniseGateway(certificate: X509Certificate, body: Uint8Array): Result<Behalf, Refusal>;
  /** For the device's web server and network access. What it had before ends in its own time. */
  enrolBehalf(behalf: Behalf, body: Uint8Array): Promise<Result<Granted, Refusal>>;
}

export function createGatewayWay(desk: Desk): GatewayWay {
  return {
    recogniseGateway: (certificate, body) => recognise(desk, certificate, body),
    enrolBehalf: (behalf, body) => enrol(desk, behalf, body),
  };
}

function recognise(desk: Desk, certificate: X509Certificate, body: Uint8Array): Result<Behalf, Refusal> {
  const { authority, register, clock, networks } = desk;
  const gateway = authority.holderOf(certificate)?.id;
  if (gateway === undefined)
    return refuse('forbidden', 'CERTIFICATE_UNKNOWN', 'enrol for a device: wanted the certificate of its gateway');
  const now = clock();
  const record = checkIssued(register.certificate(certificate.serialNumber.toUpperCase()), gateway);
  if (!record.ok) return record;
  const inTime = checkTime(record.value, now);
  if (!inTime.ok) return inTime;
  const standing = checkStandingForIssue(gateway, register.standing(gateway, now));
  if (!standing.ok) return standing;
  const device = deviceIn(body);
  if (!device.ok) return device;
  if (desk.holder(device.value)?.type !== 'device')
    return refuse('not-found', 'DEVICE_UNKNOWN', `enrol for "${device.value}": the city has no such device`);
  if (networks.gatewayOf(device.value) === gateway) return ok({ gateway, device: device.value });
  return refuse('forbidden', 'NOT_ITS_GATEWAY', `enrol for "${device.value}": it does not stand behind "${gateway}"`);
}

/** Its one common name; the request is read again, and all of it checked, before anything is issued. */
function deviceIn(body: Uint8Array): Result<string, Refusal> {
  const der = decodeRequestBody(body);
  const request = der.ok ? parseSigningRequest(der.value) : der;
  if (!request.ok) return request;
  const names = request.value.subject.filter(({ type }) => type === OID.commonName);
  return names.length === 1
    ? ok(names[0]!.value)
    : refuse('invalid', 'SUBJECT_NOT_OF_DEVICE', 'enrol for a device: wanted the subject "CN=" and its id');
}

async function enrol(desk: Desk, { gateway, device }: Behalf, body: Uint8Array): Promise<Result<Granted, Refusal>> {
  const { authority, register, clock } = desk;
  const spiffe = spiffeOf(authority.trustDomain, device, 'device');
  const request = await readRequest(body, device, (read) => checkNames(read, device, spiffe));
  if (!request.ok) return request;
  const now = clock();
  const before = register.restriction(device);
  const allowed = checkStandingForIssue(device, register.standing(device, now));
  if (!allowed.ok) return allowed;
  const counted = countRenewal(desk, device, now);
  if (!counted.ok) return counted;
  const issued = authority.issueAppliance(device, request.value.spki, now);
  const none = { codeHash: null, superseded: [], liftsSequence: null, claim: null, approval: null, lateMs: 0 } as const;
  return finish(desk, { issued, device, type: 'device', way: 'gateway', by: gateway, at: now, ...none }, before);
}
