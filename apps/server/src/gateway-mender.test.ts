/** Mender clients over mutual TLS: authorisation, the next update, its status and proof, aborting, and whatever else arrives. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_PATH } from '@cityward/contracts';
import { millis } from '@cityward/kernel';
import { MENDER_AUTH_PATH, MENDER_BASE } from './gateway-mender.ts';
import { createMenderDoor } from './mender-door.ts';
import { createMenderTokens, TOKEN_LIFE_MS } from './mender-token.ts';
import { artifactFrom, unsignedOrder } from './testing-desk.ts';
import { startTestDdi, type DdiAnswer, type TestDdi } from './testing-ddi.ts';

let city: TestDdi;
beforeAll(async () => {
  city = await startTestDdi();
});
afterAll(() => city.stop());

let count = 0;
const newDevice = (): string => `gw-${String(++count).padStart(4, '0')}`;
const image = Buffer.from('a whole artifact, as bytes');
function order(device: string, version = 'base-2.0', counter = 1) {
  const artifact = artifactFrom(image, version, 'gateway.mender');
  city.desk.content.set(artifact.sha256, image);
  city.desk.order(device, unsignedOrder(device, artifact, counter));
  return artifact;
}
const states = (device: string): string[] => city.desk.of(device).map(({ state }) => state);
const last = (device: string) => city.desk.of(device).at(-1);

const rsa = generateKeyPairSync('rsa', { modulusLength: 3_072 });
const KEYS: readonly (readonly [string, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }])[] = [
  ['RSA', rsa],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['Ed25519', generateKeyPairSync('ed25519')],
];
function authRequest(keys = rsa as (typeof KEYS)[number][1], change: object = {}) {
  const pubkey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const body = Buffer.from(
    JSON.stringify({ id_data: '{"mac":"02:00:00:00:00:01"}', tenant_token: '', pubkey, ...change }),
  );
  const algorithm = keys.privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return { body, headers: { 'x-men-signature': sign(algorithm, body, keys.privateKey).toString('base64') } };
}
const authorise = (device: string, asked = authRequest()): Promise<DdiAnswer> =>
  city.ask(device, MENDER_AUTH_PATH, { method: 'POST', ...asked });
const tokens = new Map<string, string>();
async function tokenOf(device: string): Promise<string> {
  const known = tokens.get(device) ?? (await authorise(device)).body.toString();
  tokens.set(device, known);
  return known;
}
async function call(device: string, path: string, { method = 'PUT', body }: { method?: string; body?: unknown } = {}) {
  const headers = { authorization: `Bearer ${await tokenOf(device)}` };
  return city.ask(device, `${MENDER_BASE}/${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
}
const next = (device: string, artifact = 'base-1.0') =>
  call(device, 'v2/deployments/device/deployments/next', {
    method: 'POST',
    body: { device_provides: { artifact_name: artifact, device_type: 'gateway' }, update_control_map: true },
  });
const status = (device: string, said: string, id = 2) =>
  call(device, `v1/deployments/device/deployments/${id}/status`, { body: { status: said } });
const inventory = (device: string, artifact: string) =>
  call(device, 'v1/inventory/device/attributes', {
    body: [
      { name: 'artifact_name', value: artifact },
      { name: 'ipv4', value: ['10.0.0.1', '10.0.0.2'] },
    ],
  });

describe('authorisation', () => {
  it.each(KEYS)('is given for a request that the device signed with %s', async (_name, keys) => {
    const device = newDevice();
    const { status: code, body, headers } = await authorise(device, authRequest(keys));
    expect([code, headers['content-type']]).toEqual([200, 'application/jwt']);
    const [header, claims] = body
      .toString()
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header!)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(JSON.parse(claims!)).toMatchObject({ sub: device, iss: 'cityward' });
    expect(city.alive).toContain(device);
  });
  it('is refused where the key did not sign this, is of no kind that is taken, or is missing', async () => {
    const device = newDevice();
    const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    const changed = { ...authRequest(), body: Buffer.concat([authRequest().body, Buffer.from(' ')]) };
    for (const asked of [
      changed,
      authRequest(weak),
      { ...authRequest(), headers: {} },
      authRequest(rsa, { pubkey: 'x' }),
    ])
      expect((await authorise(device, asked as ReturnType<typeof authRequest>)).status).toBe(401);
    expect((await authorise(device, authRequest(rsa, { id_data: 7 }))).status).toBe(400);
    expect(city.refused).toContain(`${device} MENDER_NOT_SIGNED`);
    expect(city.refused).toContain(`${device} MENDER_MALFORMED`);
  });
  it('is not for a device whose certificate holds no longer: it is told to wait', async () => {
    const device = newDevice();
    await authorise(device);
    city.revoked.add(device);
    expect((await authorise(device)).status).toBe(401);
    expect((await next(device)).status).toBe(403);
  });
  it('holds for the certificate that it was given to, and nothing goes without it', async () => {
    const [one, two] = [newDevice(), newDevice()];
    order(two);
    const path = `${MENDER_BASE}/v1/deployments/device/deployments/next`;
    const get = (device: string, token?: string) =>
      city.ask(device, path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
    expect((await get(one, await tokenOf(one))).status).toBe(204);
    for (const token of [undefined, 'x', '', `${await tokenOf(one)}x`])
      expect((await get(one, token)).status).toBe(401);
    expect((await get(two, await tokenOf(one))).status).toBe(401);
    expect(states(two)).toEqual([]);
  });
  it('ends by time, with its server, and says nothing under another name', () => {
    let now = Date.now();
    const to = { device: 'gw-1', fingerprint256: 'AA:BB' };
    const issuer = createMenderTokens(() => millis(now));
    const token = issuer.issue(to);
    expect(issuer.holds(token, to)).toBe(true);
    expect(issuer.holds(token, { ...to, device: 'gw-2' })).toBe(false);
    expect(issuer.holds(token, { ...to, fingerprint256: 'AA:BC' })).toBe(false);
    expect(createMenderTokens(() => millis(now)).holds(token, to)).toBe(false);
    now += TOKEN_LIFE_MS;
    expect(issuer.holds(token, to)).toBe(false);
  });
});

describe('an update', () => {
  it('runs to its claim, and is done only when the device shows the artifact', async () => {
    const device = newDevice();
    expect((await next(device)).status).toBe(204);
    const artifact = order(device);
    const offered = (await next(device)).json<{
      id: string;
      artifact: { artifact_name: string; device_types_compatible: string[]; source: { uri: string } };
    }>();
    expect(offered).toMatchObject({
      id: '2',
      artifact: { artifact_name: 'base-2.0', device_types_compatible: ['gateway'] },
    });
    const { pathname } = new URL(offered.artifact.source.uri);
    expect(pathname).toBe(`${CONTENT_PATH}${artifact.sha256}`);
    // As the client does it: by its certificate alone, and on from where it was cut off.
    expect((await city.ask(device, pathname)).body.equals(image)).toBe(true);
    const rest = await city.ask(device, pathname, { headers: { range: 'bytes=8-' } });
    expect([rest.status, rest.body.toString()]).toEqual([206, image.subarray(8).toString()]);
    for (const said of ['downloading', 'installing', 'rebooting', 'success'])
      expect((await status(device, said)).status).toBe(204);
    expect(states(device)).toEqual(['accepted', 'downloading', 'installing', 'restarting']);
    expect((await next(device)).status).toBe(204);
    expect(states(device)).toHaveLength(4);
    expect((await next(device, 'base-2.0')).status).toBe(204);
    expect(last(device)).toMatchObject({ state: 'done', running: 'base-2.0', job: 'job-0001' });
    expect((await status(device, 'success')).status).toBe(409);
  });
  it('without a restart is a claim all the same, and proved by the inventory', async () => {
    const device = newDevice();
    order(device);
    await next(device);
    for (const said of ['downloading', 'installing', 'success']) await status(device, said);
    expect(last(device)).toMatchObject({ state: 'done', running: null });
    await inventory(device, 'base-2.0');
    expect(last(device)).toMatchObject({ state: 'done', running: 'base-2.0' });
    expect(city.desk.sightings.filter((one) => one.device === device).at(-1)!.running.firmware).toBe('base-2.0');
  });
  it('that is there already is done when it shows, and offered to nobody who runs it', async () => {
    const [one, two] = [newDevice(), newDevice()];
    order(one);
    await next(one);
    await status(one, 'already-installed');
    expect(last(one)).toMatchObject({ state: 'done', running: null });
    await inventory(one, 'base-2.0');
    expect(last(one)).toMatchObject({ state: 'done', running: 'base-2.0' });
    order(two);
    expect((await next(two, 'base-2.0')).status).toBe(204);
    expect(last(two)).toMatchObject({ state: 'done', running: 'base-2.0' });
  });
  it('that failed is over; its log says why, once', async () => {
    const device = newDevice();
    order(device);
    await next(device);
    await status(device, 'downloading');
    await status(device, 'failure');
    expect(last(device)).toMatchObject({ state: 'failed' });
    const messages = [
      { timestamp: '2026-11-28T22:00:00Z', level: 'info', message: 'began' },
      { timestamp: '2026-11-28T22:00:01Z', level: 'error', message: 'signature is not valid' },
      { timestamp: '2026-11-28T22:00:02Z', level: 'info', message: 'rolled back' },
    ];
    for (let i = 0; i < 2; i++)
      expect((await call(device, 'v1/deployments/device/deployments/2/log', { body: { messages } })).status).toBe(204);
    expect(city.desk.words.filter((one) => one.device === device)).toEqual([
      { device, words: 'signature is not valid' },
    ]);
    expect((await call(device, 'v1/deployments/device/deployments/8/log', { body: { messages } })).status).toBe(404);
  });
  it('that is wanted no more is aborted at its next word, and the next one comes after that', async () => {
    const device = newDevice();
    order(device);
    await next(device);
    await status(device, 'downloading');
    order(device, 'base-3.0', 2);
    expect((await next(device)).status).toBe(204);
    expect((await status(device, 'installing')).status).toBe(409);
    expect(last(device)).toMatchObject({ job: 'job-0001', state: 'failed' });
    expect(last(device)!.reason).toContain('cancelled by the city');
    expect((await next(device)).json()).toMatchObject({ id: '4' });
  });
  it('goes on after the server forgot it; of another number there is none', async () => {
    const device = newDevice();
    order(device);
    expect((await status(device, 'installing')).status).toBe(204);
    expect(states(device)).toEqual(['installing']);
    expect((await status(device, 'installing', 99)).status).toBe(404);
  });
});

describe('a stranger', () => {
  it('gets a card and has to wait; who did not sign gets none', () => {
    const [cards, refused]: [object[], string[]] = [[], []];
    const door = createMenderDoor({
      discovered: (sighting) => void cards.push(sighting),
      refused: (who, { way, code, address }) => void refused.push(`${who} ${way} ${code} ${address}`),
    });
    const knock = (
      asked: { body: Buffer; headers: Record<string, string> },
      path = MENDER_AUTH_PATH,
      method = 'POST',
    ) => door({ ...asked, path, method, address: '127.0.0.1', certificate: null });
    const known = authRequest(rsa, { id_data: '{"mac":"02:00:00:00:00:01","id":"gw-7777"}' });
    expect(knock(known)).toMatchObject({ status: 401 });
    expect(cards).toMatchObject([{ way: 'mender', why: 'id-unknown', claimed: 'gw-7777', address: '127.0.0.1' }]);
    expect(cards[0]).toMatchObject({ keyHash: expect.stringMatching(/^[0-9a-f]{64}$/u) as string });
    expect(knock({ ...known, headers: { 'x-men-signature': 'AAAA' } })).toMatchObject({ status: 401 });
    expect(knock({ ...known, body: Buffer.from('{') })).toMatchObject({ status: 400 });
    expect([knock(known, '/.well-known/est/cacerts'), knock(known, MENDER_AUTH_PATH, 'GET')?.status]).toEqual([
      null,
      405,
    ]);
    expect([cards.length, refused]).toEqual([
      1,
      [
        'gw-7777 Mender NOT_ADMITTED 127.0.0.1',
        'unknown Mender MENDER_NOT_SIGNED 127.0.0.1',
        'unknown Mender MENDER_MALFORMED 127.0.0.1',
      ],
    ]);
  });
});

describe('whatever it is', () => {
  it('is a word with a toString of its own, it is refused as any other', async () => {
    const device = newDevice();
    order(device);
    expect(
      (await call(device, 'v1/deployments/device/deployments/2/status', { body: { status: { toString: '' } } })).status,
    ).toBe(400);
    const feedback = { status: { execution: { toString: '' } } };
    const answer = await city.ask(device, 'deploymentBase/2/feedback', { method: 'POST', body: feedback });
    expect([answer.status, states(device)]).toEqual([400, []]);
  });
  it('is answered, changes nothing that it may not, and breaks nothing (10,000 cases, from what clients send)', async () => {
    let second = 0;
    const own = await startTestDdi({ clock: () => millis(Date.now() + second * 1_000) });
    const device = newDevice();
    const artifact = artifactFrom(image, 'base-2.0');
    own.desk.content.set(artifact.sha256, image);
    const routes = new Map(own.mender.map((route) => [route.name, route]));
    const peer = {
      commonName: device,
      fingerprint256: 'AA:BB',
      serial: '01',
      der: Buffer.of(),
      authorized: true,
      resumed: false,
    };
    const caller = { principal: { type: 'Device', id: device, roles: [], attributes: {} } } as never;
    const asked = authRequest();
    const call = (name: string, body: Buffer, { deployment = '2', ...headers }: Record<string, string>) =>
      routes
        .get(name)!
        .handle({ method: 'PUT', path: '', query: '', params: { deployment }, headers, body, peer, ip: '' }, caller);
    const { body: token } = await call('menderAuthorisation', asked.body, asked.headers);
    const headers = { authorization: `Bearer ${token as string}`, ...asked.headers };
    const seeds = [
      asked.body,
      ...[
        [{ name: 'artifact_name', value: 'base-1.0' }],
        { device_provides: { artifact_name: 'base-1.0', device_type: 'gateway' }, update_control_map: true },
        { status: 'installing', substate: 'x' },
        { messages: [{ timestamp: 'x', level: 'error', message: 'y' }] },
      ].map((value) => Buffer.from(JSON.stringify(value))),
    ];
    const mutated = fc
      .record({ seed: fc.constantFrom(...seeds), at: fc.nat(), byte: fc.nat(255), cut: fc.nat(), how: fc.nat(2) })
      .map(({ seed, at, byte, cut, how }) => {
        const bytes = Buffer.from(seed);
        if (how === 0) bytes[at % bytes.length] = byte;
        return how === 1 ? bytes.subarray(0, cut % bytes.length) : how === 2 ? Buffer.concat([bytes, bytes]) : bytes;
      });
    const value = fc.oneof(fc.anything(), fc.constantFrom('installing', 'failure', 'success', 'x'));
    const like = fc
      .oneof(
        fc.record({ status: value, substate: value }, { requiredKeys: [] }),
        fc.record({ device_provides: fc.oneof(value, fc.record({ artifact_name: value, device_type: value })) }),
        fc.array(fc.record({ name: value, value }, { requiredKeys: [] }), { maxLength: 5 }),
        fc.record({ messages: fc.oneof(value, fc.array(fc.record({ level: value, message: value }))) }),
      )
      .map((one) => {
        try {
          return Buffer.from(JSON.stringify(one) ?? '');
        } catch {
          return Buffer.from('{}');
        }
      });
    const NAMES = ['menderAuthorisation', 'menderInventory', 'menderNext', 'menderStatus', 'menderLog'];
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, like), fc.constantFrom('2', '3', 'x', '-1'), async (body, deployment) => {
        second++;
        if (second % 50 === 1) {
          own.desk.reports.length = 0;
          own.desk.order(device, unsignedOrder(device, artifact));
        }
        for (const name of NAMES)
          expect([200, 204, 400, 401, 404, 409, 413]).toContain(
            (await call(name, body, { ...headers, deployment })).status,
          );
      }),
      { numRuns: 10_000 },
    );
    expect(own.desk.reports.every(({ report }) => report.job === 'job-0001')).toBe(true);
    const deep = Buffer.from(`{"status":${'['.repeat(50)}${']'.repeat(50)}}`);
    expect((await call('menderStatus', deep, headers)).status).toBe(400);
    const tooLarge = await call('menderStatus', Buffer.alloc(70_000, 0x20), headers);
    expect(tooLarge).toMatchObject({ status: 413, refused: ['MENDER_TOO_LARGE'] });
    await own.stop();
  }, 60_000);
});
