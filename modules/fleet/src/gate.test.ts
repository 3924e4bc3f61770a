/** The gate over SQL: who may say what was seen, exceptions, and a handover that strangers can check. */
import { generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  PROBE_RESULT_MAX_BYTES,
  type Fact,
  type Handover,
  type ProbeOrder,
  type ProbeResult,
} from '@cityward/contracts';
import { DAY_MS, millis, MINUTE_MS } from '@cityward/kernel';
import { createIdentity, type Identity } from '@cityward/identity';
import { silentLog } from '@cityward/log';
import { createDispatcher } from '@cityward/sql';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { createGate, PROBE_WAIT_MS, type CommissioningGate } from './gate.ts';
import type { GateDevice } from './gate-needs.ts';
import { createHandovers, type GivenSignature, type Handovers } from './handovers.ts';
import { testGatePorts, testPasskey } from './testing.ts';
import { handoverBytes, verifyHandover } from './verify.ts';

const camera: GateDevice = {
  id: 'cam-0001',
  name: 'Quay Street 4, façade',
  class: 'camera',
  model: 'P3265-LVE',
  serial: 'ACCC8E000001',
  mac: 'ac:cc:8e:00:00:01',
  place: { site: 'site-1', street: 'Quay Street', ward: 'ward-1', lon: 174.78, lat: -41.28 },
};

let sql: TestSql;
let identity: Identity;
let folder: string;
let gate: CommissioningGate;
let handovers: Handovers;
let now: number;
let certificate: string;
let asked: ProbeOrder[];
let ended: string[];
let gateway: string | null;
let reachable: boolean;
let between: () => void;
const passkey = testPasskey('ann');

beforeAll(async () => {
  sql = await openTestSql();
  folder = mkdtempSync(join(tmpdir(), 'cityward-gate-'));
  await sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
  identity = createIdentity({
    sql,
    folder,
    cityName: 'Port Test',
    clock: () => millis(now),
    log: silentLog,
    directory: { device: () => null, siteOf: () => null },
    origins: ['http://localhost:8080'],
  });
  now = Date.now();
  await identity.start();
});
afterAll(async () => {
  await identity.stop();
  await sql.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await sql.reset();
  now = Date.now();
  certificate = 'AB'.repeat(16);
  asked = [];
  ended = [];
  gateway = 'switch-0001';
  reachable = true;
  between = () => undefined;
  const ports = testGatePorts({
    device: (id) => (id === camera.id ? camera : null),
    identity: () => ({ spiffe: 'spiffe://port-test/device/cam-0001', certificate }),
    gatewayOf: () => gateway,
    ask: (_, order) => {
      if (reachable) asked.push(order);
      return reachable ? Promise.resolve() : Promise.reject(new Error('away'));
    },
    sign: (bytes) => identity.signDocument(bytes),
    passkey: (person, id) => (person === 'per-ann' && id === passkey.key.id ? passkey.key : null),
    handedOver: (device, installer) => Promise.resolve(void ended.push(`${installer} ${device}`)),
    baseline: () => {
      between();
      return { at: now, by: 'switch-0001', score: 100, failing: 0 };
    },
  });
  const needs = { sql, clock: () => millis(now), log: silentLog, cityName: 'Port Test', ports };
  gate = createGate(needs);
  handovers = createHandovers(needs, gate);
  await gate.setTrack({ class: 'camera', model: '*', least: '11.8', track: null, by: 'per-op', reason: 'Supported' });
});

const answer = (order: ProbeOrder, change: Partial<ProbeResult> = {}): ProbeResult => ({
  order: 'probe',
  id: order.id,
  device: order.device,
  at: now,
  credentials: { ended: 'complete', tried: 9, accepted: null, open: false },
  tls: { protocol: 'TLSv1.3', cipher: 'x', fingerprint: null, selfSigned: true, notAfter: null, plain: false },
  clock: { device: now, gateway: now },
  firmware: '11.8.2',
  ...change,
});
const say = (value: unknown, from = 'switch-0001') => gate.probed(from, Buffer.from(JSON.stringify(value)));
const look = async (change: Partial<ProbeResult> = {}): Promise<void> => {
  await gate.test('cam-0001', 'per-op');
  expect(await say(answer(asked.at(-1)!, change))).toEqual({ ok: true, value: undefined });
};
const codeOf = (result: { ok: true } | { ok: false; error: { code: string } }): string =>
  result.ok ? 'done' : result.error.code;
const stateOf = async (): Promise<string> => {
  const shown = await gate.of('cam-0001');
  return shown.ok ? shown.value.state : shown.error.code;
};
async function facts(): Promise<Fact[]> {
  const heard: Fact[] = [];
  const dispatcher = createDispatcher({
    sql,
    log: silentLog,
    handlers: [{ name: `gate-${Math.random()}`, handle: (some) => Promise.resolve(void heard.push(...some)) }],
  });
  await dispatcher.start();
  await dispatcher.drained();
  await dispatcher.stop();
  return heard;
}

describe('what was seen', () => {
  it('is asked of the gateway of the site, and makes the gate green', async () => {
    expect(await stateOf()).toBe('testing');
    const begun = await gate.test('cam-0001', 'per-op');
    expect(begun).toMatchObject({ ok: true, value: { state: 'testing', looking: now, gateway: 'switch-0001' } });
    expect(asked).toEqual([{ order: 'probe', id: asked[0]!.id, device: 'cam-0001', until: now + PROBE_WAIT_MS }]);
    await say(answer(asked[0]!));
    expect(await stateOf()).toBe('ready');
    expect((await gate.list()).map(({ device, state }) => [device, state])).toEqual([['cam-0001', 'ready']]);
  });

  it('never shows a look as over beside what stood before it', async () => {
    await gate.test('cam-0001', 'per-op');
    let saying: Promise<unknown> | null = null;
    // What was seen is read by now, what stands is not: here the answer is saved.
    between = () => void (saying ??= say(answer(asked[0]!)));
    const shown = await gate.of('cam-0001');
    expect(shown).toMatchObject({ ok: true, value: { state: 'testing', looking: now } });
    expect(await saying).toMatchObject({ ok: true });
    expect(await stateOf()).toBe('ready');
  });

  it('counts only from the gateway that was asked, about the device that was asked about, once, in time', async () => {
    await gate.test('cam-0001', 'per-op');
    const order = asked[0]!;
    expect(codeOf(await say(answer(order), 'switch-0002'))).toBe('NOT_ASKED');
    expect(codeOf(await say({ ...answer(order), device: 'cam-0002' }))).toBe('NOT_ASKED');
    expect(codeOf(await say({ ...answer(order), id: 'prb-invented' }))).toBe('NOT_ASKED');
    expect(await stateOf()).toBe('testing');
    expect(codeOf(await say(answer(order)))).toBe('done');
    expect(codeOf(await say(answer(order, { firmware: '99.0' })))).toBe('NOT_ASKED');
    await gate.test('cam-0001', 'per-op');
    now += PROBE_WAIT_MS + 1;
    expect(codeOf(await say(answer(asked[1]!)))).toBe('NOT_ASKED');
  });

  it('counts no longer when another gateway serves the site by then', async () => {
    await gate.test('cam-0001', 'per-op');
    gateway = 'switch-0002';
    expect(codeOf(await say(answer(asked[0]!)))).toBe('NOT_ITS_GATEWAY');
    expect(await stateOf()).toBe('testing');
  });

  it('is refused when it is too large, no JSON, or has a field too many; nothing changes', async () => {
    await gate.test('cam-0001', 'per-op');
    const order = asked[0]!;
    const large = { ...answer(order), firmware: 'x'.repeat(PROBE_RESULT_MAX_BYTES) };
    for (const bad of [large, null, [], 7, { ...answer(order), passed: true }, { ...answer(order), clock: {} }])
      expect(codeOf(await say(bad))).toBe('PROBE_RESULT');
    expect(codeOf(await gate.probed('switch-0001', Buffer.from('{"order":"probe"')))).toBe('PROBE_RESULT');
    for (let size = 0; size < 300; size++)
      expect(codeOf(await gate.probed('switch-0001', randomBytes(size)))).toBe('PROBE_RESULT');
    expect(codeOf(await say(answer(order)))).toBe('done');
  });

  it('is told to the ledger when it changes, and not when it is the same again', async () => {
    await look({ credentials: { ended: 'complete', tried: 2, accepted: 'root-pass', open: false } });
    await look({ credentials: { ended: 'complete', tried: 2, accepted: 'root-pass', open: false } });
    await look();
    const told = (await facts()).filter(
      ({ type, data }) => type === 'gate.checked' && data['check'] === 'default-credentials',
    );
    expect(told.map(({ actor, data }) => [actor, data['state']])).toEqual([
      ['switch-0001', 'failed'],
      ['switch-0001', 'passed'],
    ]);
  });

  it('is said to be out of reach when the gateway is away', async () => {
    reachable = false;
    expect(codeOf(await gate.test('cam-0001', 'per-op'))).toBe('GATEWAY_AWAY');
    expect(codeOf(await gate.test('cam-9999', 'per-op'))).toBe('DEVICE_UNKNOWN');
  });
});

describe('an exception', () => {
  const wanted = {
    device: 'cam-0001',
    check: 'clock',
    owner: 'Ann Lee',
    reason: 'No time source yet',
    by: 'per-op',
  } as const;

  it('lets a check be until its end, with an owner, and can be withdrawn', async () => {
    await look({ clock: { device: 0, gateway: now } });
    expect(await stateOf()).toBe('testing');
    const until = now + DAY_MS / 2;
    expect(codeOf(await gate.except({ ...wanted, until }))).toBe('done');
    expect(await stateOf()).toBe('ready');
    now = until;
    expect(await stateOf()).toBe('testing');
    now = until - 1;
    expect(codeOf(await gate.withdraw({ ...wanted, reason: 'It has one now' }))).toBe('done');
    expect(await stateOf()).toBe('testing');
    expect(codeOf(await gate.withdraw({ ...wanted, reason: 'It has one now' }))).toBe('NO_EXCEPTION');
  });

  it('has an end, and one within a year', async () => {
    expect(codeOf(await gate.except({ ...wanted, until: now }))).toBe('EXCEPTION_END');
    expect(codeOf(await gate.except({ ...wanted, until: now + 366 * DAY_MS }))).toBe('EXCEPTION_END');
  });
});

const drafting = { device: 'cam-0001', installer: 'Ann Lee', company: 'Lee Installations', by: 'per-ann' } as const;
async function draft(): Promise<{ handover: Handover; hash: string }> {
  const made = await handovers.draft(drafting);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}
function byKey(handover: Handover): GivenSignature {
  const pair = generateKeyPairSync('ed25519');
  const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64url');
  const signature = signBytes(null, handoverBytes(handover), pair.privateKey).toString('base64url');
  return { alg: 'ed25519', key: 'ann-key', publicKey: raw, signature };
}
function byPasskey(handover: Handover, flags = 0x1d): GivenSignature {
  const signed = passkey.sign(handoverBytes(handover), { flags });
  if (signed.alg !== 'webauthn') throw new Error('wanted a passkey');
  return signed;
}
const handOver = (hash: string, signature: GivenSignature, by = 'per-ann') =>
  handovers.sign({ device: 'cam-0001', hash, signature, by });

describe('a handover', () => {
  it('is not drafted while a check is not green, and says which', async () => {
    await look({ credentials: { ended: 'complete', tried: 2, accepted: 'root-pass', open: false } });
    const made = await handovers.draft(drafting);
    expect(made).toMatchObject({ ok: false, error: { code: 'GATE_NOT_GREEN' } });
    expect(made.ok ? [] : made.error.details).toEqual([expect.stringMatching(/root-pass.*Set a password of its own/)]);
  });

  it.each(['key', 'passkey that is kept in a cloud'])('signed by a %s is checked with the root alone', async (how) => {
    await look();
    const { handover, hash } = await draft();
    const done = await handOver(hash, how === 'key' ? byKey(handover) : byPasskey(handover));
    expect(codeOf(done)).toBe('done');
    expect(await stateOf()).toBe('handed-over');
    expect(await gate.list()).toEqual([]);
    expect(ended).toEqual(['per-ann cam-0001']);
    const files = await handovers.files(handover.id);
    if (!files.ok) throw new Error(files.error.message);
    const ca = identity.authority.rootPem;
    const verified = verifyHandover({ ...files.value, ca });
    if (!verified.ok) throw new Error(verified.error.message);
    expect(verified).toMatchObject({ ok: true, value: { certificate: { handover } } });
    expect(handover.clauses[0]).toMatchObject({ id: 'no-default-credentials-1' });
    const [told] = (await facts()).filter(({ type }) => type === 'device.handed-over');
    expect(told!.data['hash']).toBe(verified.ok ? verified.value.hash : '');
    // One byte changed anywhere, or another root, and it is not the city's any more.
    const forged = Buffer.from(files.value.json.toString('utf8').replace('Ann Lee', 'Bob Lee'));
    expect(codeOf(verifyHandover({ ...files.value, json: forged, ca }))).toBe('DOCUMENT_SIGNATURE');
    const spaced = Buffer.from(`${files.value.json.toString('utf8')} `);
    expect(codeOf(verifyHandover({ ...files.value, json: spaced, ca }))).toBe('HANDOVER_SHAPE');
    expect(codeOf(verifyHandover({ ...files.value, ca: 'nothing' }))).toBe('CA_FILE');
    const issuing = identity.authority.caPem.slice(ca.length);
    expect(codeOf(verifyHandover({ ...files.value, ca: issuing }))).toBe('DOCUMENT_SIGNER');
    for (let at = 0; at < files.value.signature.length; at += 3) {
      const signature = Buffer.from(files.value.signature);
      signature[at]! ^= 1;
      expect(codeOf(verifyHandover({ ...files.value, signature, ca }))).not.toBe('done');
    }
  });

  it('is of the draft that was seen: no older one, nobody else’s, none of another hour, none that is no longer true', async () => {
    await look();
    const first = await draft();
    const second = await draft();
    expect(codeOf(await handOver(first.hash, byKey(first.handover)))).toBe('DRAFT_OTHER');
    expect(codeOf(await handOver(second.hash, byKey(second.handover), 'per-eve'))).toBe('DRAFT_OTHER');
    expect(codeOf(await handOver(second.hash, byKey(first.handover)))).toBe('INSTALLER_SIGNATURE');
    certificate = 'CD'.repeat(16);
    expect(codeOf(await handOver(second.hash, byKey(second.handover)))).toBe('DRAFT_OTHER');
    certificate = 'AB'.repeat(16);
    await look({ firmware: '10.0' });
    expect(codeOf(await handOver(second.hash, byKey(second.handover)))).toBe('GATE_NOT_GREEN');
    await look();
    now += 31 * MINUTE_MS;
    expect(codeOf(await handOver(second.hash, byKey(second.handover)))).toBe('DRAFT_OTHER');
    expect(await stateOf()).toBe('ready');
  });

  it('takes no passkey of somebody else, nor one that did not check its person', async () => {
    await look();
    const { handover, hash } = await draft();
    expect(codeOf(await handOver(hash, { ...byPasskey(handover), key: 'another' }))).toBe('PASSKEY_UNKNOWN');
    expect(codeOf(await handOver(hash, byPasskey(handover, 0x01)))).toBe('INSTALLER_SIGNATURE');
  });

  it('is a PDF with the same bytes each time, that carries JSON and signature', async () => {
    await look();
    const { handover, hash } = await draft();
    await handOver(hash, byKey(handover));
    const [one, two] = [await handovers.pdf(handover.id), await handovers.pdf(handover.id)];
    if (!one.ok || !two.ok) throw new Error('no PDF');
    expect(one.value.subarray(0, 5).toString()).toBe('%PDF-');
    expect(one.value.equals(two.value)).toBe(true);
    expect(codeOf(await handovers.pdf('hnd-unknown'))).toBe('HANDOVER_UNKNOWN');
  });

  it('counts no longer once other hardware stands there', async () => {
    await look();
    const { handover, hash } = await draft();
    await handOver(hash, byKey(handover));
    await sql.transact((tx) => gate.forget(tx, 'cam-0001'));
    expect(await stateOf()).toBe('testing');
    expect(await handovers.list('cam-0001')).toMatchObject([{ id: handover.id }]);
  });
});

describe('a device that was replaced or retired', () => {
  it('leaves the list of those that are commissioned, until somebody tests what stands there now', async () => {
    const listed = async (): Promise<string[]> => (await gate.list()).map(({ device }) => device);
    await look();
    expect(await listed()).toEqual(['cam-0001']);
    await sql.transact((tx) => gate.forget(tx, 'cam-0001'));
    expect(await listed()).toEqual([]);
    await look();
    expect(await listed()).toEqual(['cam-0001']);
  });
});
