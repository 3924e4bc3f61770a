/** The artifacts' repository of a real server whose rows and online keys a thief has: what was rolled back, or signed by the server alone, is not taken. */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignedOfficers } from '@cityward/contracts';
import { signedOfficers, testOfficer, testOfficers, type TestOfficer } from '@cityward/fleet/testing';
import { keyIdOf, metadataBytes, NOTHING_SEEN, tufKeyOf, verifyRepository, type Fetched } from '@cityward/fleet/verify';
import { DAY_MS } from '@cityward/kernel';
import { enrolDevice, type DeviceCredential } from './testing-clients.ts';
import { keepFirmware, must } from './testing-council.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const [ann, bob] = [testOfficer('ann'), testOfficer('bob')];
const PATH = '/fleet/v1/repository/metadata/';

let server: TestServer;
let device: DeviceCredential;
let officers: SignedOfficers;

type Signed = Record<string, unknown> & { version: number; meta: Record<string, { version: number }> };
const envelope = (signed: unknown, signatures: readonly { keyid: string; sig: string }[]): string =>
  JSON.stringify({ signed, signatures });
const byOfficers = (signed: unknown, signers: readonly TestOfficer[]): string =>
  envelope(
    signed,
    signers.map((one) => ({
      keyid: keyIdOf(tufKeyOf(one.key)!),
      sig: Buffer.from(one.sign(metadataBytes(signed as never)).signature, 'base64url').toString('hex'),
    })),
  );

/** As a device does: over the listener for device certificates, with its own. */
function file(name: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const { config, modules } = server;
  const where = {
    host: '127.0.0.1',
    servername: 'localhost',
    port: config.ingestPort,
    path: `${PATH}${name}`,
    agent: false,
  };
  const own = { ca: modules.identity.authority.caPem, key: device.key, cert: device.certificate };
  const asked = request({ ...where, ...own, headers: { host: `localhost:${config.ingestPort}` } }, (answer) => {
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    answer.on('end', () =>
      answer.statusCode === 200 ? resolve(Buffer.concat(pieces)) : reject(new Error(`${name}: ${answer.statusCode}`)),
    );
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}
const inside = (bytes: Buffer, name: string): number =>
  (JSON.parse(bytes.toString()) as { signed: Signed }).signed.meta[name]!.version;
async function fetched(): Promise<Fetched> {
  const timestamp = await file('timestamp.json');
  const snapshot = await file(`${inside(timestamp, 'snapshot.json')}.snapshot.json`);
  const targets = await file(`${inside(snapshot, 'targets.json')}.targets.json`);
  return { root: await file('1.root.json'), timestamp, snapshot, targets };
}
async function publish(): Promise<void> {
  const { repository } = server.modules.fleet;
  const { root, targets } = must(await repository.drafts());
  if (root) must(await repository.publish('root', byOfficers(root, [ann, bob])));
  if (targets) must(await repository.publish('targets', byOfficers(targets, [ann, bob])));
}
const judged = (of: Fetched, seen = NOTHING_SEEN, now = Date.now()) =>
  verifyRepository(of, { officers: officers.officers, seen, now });
const codeOf = (result: ReturnType<typeof judged>): string => (result.ok ? 'taken' : result.error.code);

/** What the thief signs with the keys that lie on the server, over what stood before. */
function forged(role: 'snapshot' | 'timestamp', before: Buffer, change: (signed: Signed) => void): string {
  const { signed, signatures } = JSON.parse(before.toString()) as { signed: Signed; signatures: { keyid: string }[] };
  change(signed);
  const key = createPrivateKey(readFileSync(join(server.config.dataFolder, 'keys', 'fleet', `${role}.key`), 'utf8'));
  return envelope(signed, [
    { keyid: signatures[0]!.keyid, sig: sign(null, metadataBytes(signed as never), key).toString('hex') },
  ]);
}
const fileOf = (version: number, text: string) => ({
  ...{ version, length: Buffer.byteLength(text) },
  hashes: { sha256: createHash('sha256').update(text).digest('hex') },
});
const keep = (role: string, version: number, text: string): Promise<unknown> =>
  raw`insert into fleet.metadata values (${role}, ${version}, ${text}, ${Date.now()})
    on conflict (role, version) do update set text = excluded.text`.execute(server.modules.sql.for());
/** Snapshot and timestamp over these targets, newer than any before and rightly signed; the server then stands with them. */
async function stand(before: Fetched, version: number, targets: string): Promise<void> {
  const snapshot = forged('snapshot', before.snapshot as Buffer, (signed) =>
    Object.assign(signed, { version: 50, meta: { 'targets.json': fileOf(version, targets) } }),
  );
  const timestamp = forged('timestamp', before.timestamp as Buffer, (signed) =>
    Object.assign(signed, { version: 90, meta: { 'snapshot.json': fileOf(50, snapshot) } }),
  );
  await keep('targets', version, targets);
  await keep('snapshot', 50, snapshot);
  await keep('timestamp', 90, timestamp);
  await server.halt();
  server = await openTestServer(server.config);
}

beforeAll(async () => {
  server = await openTestServer();
  const { city, fleet } = server.modules;
  const document = testOfficers([ann, bob], { city: CITY_NAME, expires: Date.now() + 365 * DAY_MS });
  officers = signedOfficers(document, [ann, bob]);
  must(await fleet.officers.add(officers, 'system'));
  device = await enrolDevice(
    server,
    city.deviceIds().find((id) => city.record(id)!.class === 'camera')!,
  );
  await keepFirmware(server, '1.0.0');
  await publish();
}, 300_000);
afterAll(() => server?.stop());

describe('a stolen repository', () => {
  it('that is rolled back by its own keys is refused by whoever has seen the newer one, and by the clock when it stands still', async () => {
    const old = await fetched();
    await keepFirmware(server, '2.0.0');
    await publish();
    const newer = await fetched();
    const taken = judged(newer);
    if (!taken.ok) throw new Error(taken.error.message);
    await stand(newer, 1, Buffer.from(old.targets).toString());
    const shown = await fetched();
    expect(codeOf(judged(shown, taken.value.seen))).toBe('METADATA_ROLLED_BACK');
    // Without what it has seen a device would take it: the signatures are right.
    expect(codeOf(judged(shown))).toBe('taken');
    const tooLate = judged(newer, NOTHING_SEEN, Date.now() + 2 * DAY_MS);
    expect(tooLate).toMatchObject({ ok: false, error: { code: 'METADATA_EXPIRED' } });
    expect(tooLate.ok ? '' : tooLate.error.message).toContain('by this clock it is');
  }, 300_000);

  it('that names other artifacts under the server’s own keys is refused by all', async () => {
    const before = await fetched();
    const { signed } = JSON.parse(Buffer.from(before.targets).toString()) as { signed: Signed };
    const own = JSON.parse(forged('snapshot', before.snapshot as Buffer, () => undefined)) as { signatures: [] };
    await stand(before, 3, envelope({ ...signed, version: 3 }, own.signatures));
    expect(codeOf(judged(await fetched()))).toBe('METADATA_NOT_SIGNED');
  }, 300_000);
});
