/** Networks: registered with care, certified under a name of their own, and silent once their standing has ended. */
import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkDraft, NetworkIdentity, Observation } from '@cityward/contracts';
import type { Caller, Route } from '@cityward/http';
import type { Result, Refusal } from '@cityward/kernel';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import type { IdentityOptions } from './needs.ts';
import type { Identity } from './service.ts';
import { certificatesIn, newRequest, removeFolder, testClock, testFolder, testIdentity } from './testing.ts';

const SITES: Readonly<Record<string, string>> = { 'cam-0001': 'site-a', 'cam-0002': 'site-a', 'cam-0003': 'site-b' };
const directory: IdentityOptions['directory'] = {
  device: (id) => (SITES[id] ? { id, class: 'camera', site: SITES[id] } : null),
  siteOf: (id) => SITES[id] ?? null,
  isSite: (id) => /^site-[ab]$/.test(id),
  isParty: (id) => id === 'relay-ltd',
  switchOf: (id) => (SITES[id] === 'site-a' ? 'switch-0001' : null),
};
const CALLER: Caller = {
  principal: { type: 'Person', id: 'per-1', roles: ['operator'], attributes: {} },
  id: 'req-1',
  sessionToken: null,
  setSession: () => undefined,
  origin: '',
};
const LORA: NetworkDraft = {
  id: 'lora-east',
  kind: 'lorawan-network',
  name: 'Relay east',
  party: 'relay-ltd',
  speaksFor: { devices: ['cam-0001'], sites: [] },
};

let sql: TestSql;
let identity: Identity;
const folder = testFolder();
const clock = testClock();
beforeAll(async () => {
  sql = await openTestSql();
  identity = testIdentity(sql, { folder, clock, directory });
  await identity.start();
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  removeFolder(folder);
});

const ask = async <T>(name: string, input: { params?: object; body?: object }): Promise<Result<T, Refusal>> => {
  const route: Route = identity.routes.find(({ endpoint }) => endpoint.name === name)!;
  return (await route.handle(
    { query: undefined, params: undefined, body: undefined, ...input } as never,
    CALLER,
  )) as never;
};
const register = (draft: NetworkDraft) => ask<NetworkIdentity>('registerNetwork', { body: draft });
const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'ok' : result.error.code);
const telemetry = (subject: string): Observation => ({ kind: 'telemetry', at: 1, subject, values: { level: 1 } });
const says = (network: string, subject: string): string => codeOf(identity.maySpeak(network, telemetry(subject)));

async function enrol(id: string, code: string, more: { request?: string; path?: string } = {}) {
  const answer = await identity.est({
    method: 'POST',
    path: more.path ?? '/.well-known/est/simpleenroll',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${code}`).toString('base64')}` },
    body: Buffer.from(more.request ?? newRequest(id).base64),
    address: '127.0.0.1',
    certificate: null,
  });
  return {
    status: answer.status,
    certificate: certificatesIn(answer.body.toString())[0],
    text: answer.body.toString(),
  };
}
const newCode = async (id: string): Promise<string> => {
  const issued = await ask<{ code: string }>('issueNetworkCode', { params: { id } });
  if (!issued.ok) throw new Error(issued.error.message);
  return issued.value.code;
};
const admitted = (certificate: X509Certificate): string => {
  const result = identity.admit({ commonName: 'lora-east', serial: certificate.serialNumber });
  return result.ok ? `${result.value.type} ${result.value.standing}` : result.error.code;
};

describe('a network', () => {
  it('is registered with devices, sites and a party that are there, under an id that no device has', async () => {
    const bad = async (change: Partial<NetworkDraft>) => codeOf(await register({ ...LORA, ...change }));
    expect(await bad({ id: 'cam-0001' })).toBe('NETWORK_IS_DEVICE');
    expect(await bad({ party: 'nobody' })).toBe('PARTY_UNKNOWN');
    expect(await bad({ speaksFor: { devices: ['cam-0001', 'cam-0099'], sites: [] } })).toBe('DEVICE_UNKNOWN');
    expect(await bad({ speaksFor: { devices: [], sites: ['site-z'] } })).toBe('SITE_UNKNOWN');
    expect(await register(LORA)).toMatchObject({ ok: true, value: { ...LORA, state: 'registered', serial: null } });
    expect(await bad({})).toBe('NETWORK_KNOWN');
    expect([identity.networkOf('lora-east'), identity.networkOf('cam-0001')]).toEqual(['lorawan-network', null]);
  });

  it('gets a certificate by its code that names a network, and renews it', async () => {
    const code = await newCode('lora-east');
    expect((await enrol('lora-east', code, { path: '/.well-known/est/camera/simpleenroll' })).status).toBe(403);
    const asDevice = newRequest('lora-east', 'spiffe://port-merrow/device/lora-east').base64;
    expect((await enrol('lora-east', code, { request: asDevice })).status).toBe(400);
    const { status, certificate } = await enrol('lora-east', code, {
      path: '/.well-known/est/lorawan-network/simpleenroll',
    });
    expect([status, certificate?.subjectAltName]).toEqual([200, 'URI:spiffe://port-merrow/network/lora-east']);
    expect(admitted(certificate!)).toBe('network active');
    expect((await enrol('lora-east', code)).status).toBe(401);
    const renewed = await identity.est({
      method: 'POST',
      path: '/.well-known/est/simplereenroll',
      headers: {},
      body: Buffer.from(newRequest('lora-east').base64),
      address: '127.0.0.1',
      certificate: certificate!,
    });
    expect(renewed.status).toBe(200);
    expect(await ask<{ networks: NetworkIdentity[] }>('listNetworks', {})).toMatchObject({
      value: { networks: [{ id: 'lora-east', state: 'active' }] },
    });
  });

  it('speaks for the devices that were named, or stand at a site that was, and no others', async () => {
    expect(says('lora-east', 'cam-0001')).toBe('ok');
    expect(says('lora-east', 'cam-0003')).toBe('NOT_SPOKEN_FOR');
    const body = { devices: ['cam-0003'], sites: ['site-a'] };
    expect(codeOf(await ask('setSpeaksFor', { params: { id: 'lora-east' }, body }))).toBe('ok');
    expect(['cam-0001', 'cam-0002', 'cam-0003', 'cam-0009'].map((id) => says('lora-east', id))).toEqual([
      'ok',
      'ok',
      'ok',
      'NOT_SPOKEN_FOR',
    ]);
    await ask('setSpeaksFor', { params: { id: 'lora-east' }, body: LORA.speaksFor });
    expect(says('lora-east', 'cam-0002')).toBe('NOT_SPOKEN_FOR');
    expect(codeOf(await ask('setSpeaksFor', { params: { id: 'lora-west' }, body: LORA.speaksFor }))).toBe(
      'NETWORK_UNKNOWN',
    );
  });

  it('is the gateway of a device before the switch of its site is', async () => {
    expect([identity.gatewayOf('cam-0001'), identity.gatewayOf('cam-0003')]).toEqual(['switch-0001', null]);
    const gateway = { ...LORA, id: 'gateway-a', kind: 'site-gateway', name: 'Gateway A' } as const;
    await register({ ...gateway, speaksFor: { devices: [], sites: ['site-a', 'site-b'] } });
    await register({ ...gateway, id: 'gateway-b', speaksFor: { devices: ['cam-0002'], sites: [] } });
    expect(['cam-0001', 'cam-0002', 'cam-0003'].map((id) => identity.gatewayOf(id))).toEqual([
      'gateway-a',
      'gateway-b',
      'gateway-a',
    ]);
    await identity.end('gateway-b', { as: 'retired', reason: 'test', by: 'per-1' });
    expect(identity.gatewayOf('cam-0002')).toBe('gateway-a');
  });

  it('is held, released and ended like a device, and its end outlives a restart', async () => {
    const newest = identity.identityOf('lora-east').serial!;
    const standing = () => {
      const found = identity.admit({ commonName: 'lora-east', serial: newest });
      return found.ok ? found.value.standing : found.error.code;
    };
    await identity.hold('lora-east', { until: clock() + 60_000, reason: 'test', by: 'per-1' });
    expect(standing()).toBe('held');
    expect(identity.speakersFor('cam-0001')).toContain('lora-east');
    await identity.release('lora-east', { reason: 'test', by: 'per-1' });
    expect(standing()).toBe('active');
    const ended = await ask('endNetwork', { params: { id: 'lora-east' }, body: { reason: 'contract over' } });
    expect(ended).toMatchObject({ value: { state: 'ended', reason: 'contract over' } });
    expect([standing(), says('lora-east', 'cam-0001')]).toEqual(['CERTIFICATE_REVOKED', 'NOT_SPOKEN_FOR']);
    expect(codeOf(await ask('issueNetworkCode', { params: { id: 'lora-east' } }))).toBe('NETWORK_ENDED');
    await identity.stop();
    identity = testIdentity(sql, { folder, clock, directory });
    await identity.start();
    expect([standing(), says('lora-east', 'cam-0001')]).toEqual(['CERTIFICATE_REVOKED', 'NOT_SPOKEN_FOR']);
  });

  it('leaves its own kinds of facts', async () => {
    const { rows } = await raw<{ type: string }>`
      select distinct type from platform.outbox where subject = 'lora-east' and type <> 'trust.changed' order by type`.execute(
      sql.for(),
    );
    expect(rows.map(({ type }) => type)).toEqual([
      'enrolment-code.issued',
      'network.changed',
      'network.ended',
      'network.enrolled',
      'network.held',
      'network.re-enrolled',
      'network.registered',
      'network.released',
      'reporter.refused',
    ]);
  });
});
