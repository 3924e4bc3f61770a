/** What is sent to the doors of certificates, changed ten thousand times: EST, PKCS#10, OCSP, CMS and ACME. */
import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { openAcme, type OpenedAcme } from '../../modules/identity/src/acme-door.ts';
import { readJws } from '../../modules/identity/src/acme-jws.ts';
import { openDevices, type Devices } from '../../modules/identity/src/devices.ts';
import { checkDocument } from '../../modules/identity/src/domain/document-check.ts';
import { decodeRequestBody } from '../../modules/identity/src/domain/request-body.ts';
import { parseSigningRequest } from '../../modules/identity/src/domain/signing-request.ts';
import { bindingFor, createAcmeClient, newAccountKey, signedTexts } from '../../modules/identity/src/testing-acme.ts';
import { anyDevice, newRequest, removeFolder, testClock, testFolder } from '../../modules/identity/src/testing.ts';
import type { Chance } from './chance.ts';
import { fuzz, isTyped, seedsOf } from './cases.ts';
import { mutateBase64, mutateBytes, mutateDer, mutateJson } from './mutate.ts';

const ACME = 'https://localhost:8443/acme/';
const NETWORK = 'gateway-east';
/** Has a good code all the time; no request of the seeds is for it. */
const DEVICE = 'cam-9999';

let sql: TestSql;
let devices: Devices;
let acme: OpenedAcme;
let code: string;
const folder = testFolder();
const clock = testClock();

beforeAll(async () => {
  sql = await openTestSql();
  const options = {
    ...{ sql, folder, clock, log: silentLog, cityName: 'Port Merrow', directory: anyDevice },
    ...{ origins: ['http://localhost:8080'], estUrl: 'https://localhost:8443' },
    // Nobody is asked: what is to be proved fails at once.
    acme: { addresses: new Map<string, string>(), port: 1 },
  };
  devices = await openDevices(options);
  acme = await openAcme(options, devices);
  const draft = {
    kind: 'site-gateway' as const,
    name: 'Gateway',
    party: 'city',
    speaksFor: { devices: [], sites: [] },
  };
  expect((await devices.networks.add({ ...draft, id: NETWORK }, 'per-1')).ok).toBe(true);
  code = (await devices.enrolment.issueCodes([DEVICE], 'per-1'))[0]!.code;
});
afterAll(async () => {
  await devices.stop();
  await sql.stop();
  removeFolder(folder);
});

const count = async (table: string): Promise<number> =>
  Number((await raw<{ n: number }>`select count(*) as n from ${raw.table(table)}`.execute(sql.for())).rows[0]!.n);
/** What no message here may change. */
const state = async () => ({
  certificates: await count('identity.certificate'),
  accounts: await count('identity.acme_account'),
  standing: devices.standing.of(DEVICE),
  journal: devices.replayed,
});

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Latin 1. */
  readonly body: string;
}
const recorded: readonly Recorded[] = seedsOf('est').map((one) => JSON.parse(one.toString()) as Recorded);
/** Some of what was recorded was bad on purpose. */
const requests = recorded.map(({ body }) => Buffer.from(body, 'latin1')).filter((body) => decodeRequestBody(body).ok);
const ders = requests.map((one) => (decodeRequestBody(one) as { readonly value: Buffer }).value);

describe('ten thousand changed messages of real clients', { timeout: 600_000 }, () => {
  it('certificate requests of openssl and strongSwan are read or refused', async () => {
    expect(ders.filter((der) => parseSigningRequest(der).ok).length).toBeGreaterThan(5);
    let refused = 0;
    const check = (message: Buffer): void => void (isTyped(parseSigningRequest(message)) || refused++);
    await fuzz({ name: 'request', seeds: ders, seed: 11, mutate: mutateDer, check });
    expect(refused).toBeGreaterThan(5_000);
  });

  it('the framing of a request is undone or refused', async () => {
    const check = (message: Buffer): void => {
      const read = decodeRequestBody(message);
      if (read.ok) isTyped(parseSigningRequest(read.value));
      else isTyped(read);
    };
    await fuzz({ name: 'framing', seeds: requests, seed: 12, mutate: mutateBase64, check });
  });

  it('EST answers each, with a good code too, and certifies nobody', async () => {
    const before = await state();
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const odd = [
      'application/pkcs10',
      'application/pkcs10; x="',
      'APPLICATION/PKCS10',
      'multipart/mixed; boundary=x',
      '',
    ];
    const labels = ['', 'camera/', 'street-light/', 'behalf/', 'device/', 'toaster/', '%2e%2e/', 'camera/camera/'];
    const paths = (path: string, chance: Chance): string =>
      chance.below(3) === 0 ? path.replace('est/', `est/${chance.pick(labels)}`) : path;
    await fuzz({
      name: 'est',
      seeds: ders,
      seed: 13,
      mutate: mutateDer,
      check: async (message, chance) => {
        const seed = chance.pick(recorded);
        const right = chance.below(4) > 0;
        const who = right
          ? basic(`${DEVICE}:${code}`)
          : mutateBytes(Buffer.from(basic('cam-0001:aaaa')), chance).toString('latin1');
        const type = chance.below(4) === 0 ? { 'content-type': chance.pick(odd) } : {};
        const text = Buffer.from(message.toString('base64'));
        const answer = await devices.est({
          method: seed.body === '' ? seed.method : 'POST',
          path: paths(seed.path, chance),
          headers: { ...seed.headers, ...type, authorization: who },
          body: chance.below(2) === 0 ? text : chance.below(2) === 0 ? message : mutateBase64(text, chance),
          // Whoever guesses is somewhere else, so that the one with the code is not made to wait for it.
          address: right ? '192.0.2.1' : '192.0.2.2',
          certificate: null,
        });
        expect([200, 400, 401, 403, 404, 405, 413, 415, 429]).toContain(answer.status);
        if (answer.status === 200) expect(seed.path).not.toContain('enroll');
      },
    });
    expect(await state()).toEqual(before);
    const own = { method: 'POST', path: '/.well-known/est/simpleenroll', certificate: null } as const;
    const headers = { authorization: basic(`${DEVICE}:${code}`) };
    const body = Buffer.from(newRequest(DEVICE).base64);
    expect((await devices.est({ ...own, headers, body, address: '192.0.2.1' })).status).toBe(200);
  });

  it('OCSP requests of openssl are answered in its form', async () => {
    const before = await state();
    const check = async (message: Buffer): Promise<void> => {
      const answer = await devices.ocsp.answer(message);
      expect(answer[0]).toBe(0x30);
      const status = answer.indexOf(Buffer.from([0x0a, 0x01])) + 2; // ENUMERATED, RFC 6960 4.2.1
      expect([0, 1, 3, 6]).toContain(answer[status]);
    };
    await fuzz({ name: 'ocsp', seeds: seedsOf('ocsp'), seed: 14, mutate: mutateDer, check });
    const { certificates, ...rest } = await state();
    expect(rest).toEqual({ accounts: before.accounts, standing: rest.standing, journal: before.journal });
    expect(certificates).toBeLessThanOrEqual(before.certificates + 2); // the responder's, and the device's of above
  });

  it('a changed signature file names no other signer, and a changed document is never the city’s', async () => {
    const content = Buffer.from('{"handover":"of a camera","list":[1,2,3]}');
    const file = Buffer.from(await devices.documents.sign(content));
    const roots = [new X509Certificate(devices.authority.rootPem)];
    const trusting = { roots, at: clock() };
    const good = checkDocument(content, file, trusting);
    expect(good.ok).toBe(true);
    const signer = good.ok ? good.value : null;
    await fuzz({
      name: 'cms',
      seeds: [file, ...seedsOf('cms')],
      seed: 15,
      mutate: mutateDer,
      check: (message, chance) => {
        const checked = checkDocument(content, message, trusting);
        if (isTyped(checked)) expect(checked.ok && checked.value).toEqual(signer);
        const other = mutateJson(content, chance);
        if (!other.equals(content)) expect(isTyped(checkDocument(other, message, trusting))).toBe(false);
      },
    });
  });

  it('ACME requests of lego are answered, signed or not, and certify nobody', async () => {
    const client = createAcmeClient(() => acme.handler, new Map());
    const by = newAccountKey();
    const issued = await acme.accounts.issue(NETWORK, ['gateway-east.example'], 'per-1');
    if (!issued.ok) throw new Error(issued.error.message);
    const opened = await client.post('new-account', { externalAccountBinding: bindingFor(by, issued.value) }, { by });
    const kid = opened.headers['location']!;
    const before = await state();
    const payloads = seedsOf('acme-jws').map((one) => {
      const { payload } = JSON.parse(one.toString()) as { payload: string };
      return Buffer.from(payload === '' ? '{}' : payload, 'base64url');
    });
    const doors = [
      'new-account',
      'new-order',
      'key-change',
      'revoke-cert',
      below(kid),
      'order/x',
      'order/x/finalize',
      'authz/x',
    ];
    const check = async (message: Buffer, chance: Chance): Promise<void> => {
      isTyped(readJws(message));
      const door = chance.pick(doors);
      const answer = await client.send('POST', door, chance.below(3) === 0 ? message : await sealed(door, chance));
      expect([200, 201, 400, 403, 404, 409, 429]).toContain(answer.status);
      expect(answer.headers['replay-nonce']).toMatch(/^[\w-]{32}$/);
    };
    /** Signed as it should be, so that what is within is read: with one thing changed in it or in its header. */
    const sealed = async (door: string, chance: Chance): Promise<string> => {
      const who = door === 'new-account' || chance.below(9) === 0 ? { jwk: by.jwk } : { kid };
      const header = { alg: 'ES256', nonce: await client.freshNonce(), url: `${ACME}${door}`, ...who };
      const inner = mutateJson(chance.pick(payloads), chance).toString('utf8');
      const text = Buffer.from(JSON.stringify(header));
      const outer = (chance.below(4) === 0 ? mutateJson(text, chance) : text).toString('utf8');
      return signedTexts(outer, inner, by.key);
    };
    await fuzz({ name: 'acme', seeds: seedsOf('acme-jws'), seed: 16, mutate: mutateJson, check });
    expect(await state()).toEqual(before);
  });
});

const below = (url: string): string => url.slice(ACME.length);
