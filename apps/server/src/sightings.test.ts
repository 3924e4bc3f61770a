/** A number plate that a camera read: from its site's gateway to the file where its pseudonym lies, and nowhere as it was. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPseudonyms, inMemory, type RawSighting } from '@cityward/agent/pseudonyms';
import { DAY_MS, systemClock } from '@cityward/kernel';
import { createLog, silentLog } from '@cityward/log';
import { ownData } from '@cityward/vault';
import { createIngest, IngestRefusal, type Ingest, type Reporter } from './ingest.ts';
import { createSightings } from './sightings.ts';
import { openTestServer, type TestServer } from './testing.ts';

const PLATE = 'KHR482QZ';
const ADDRESS = '5ea70ffeed42';
let server: TestServer;
let ingest: Ingest;
let said: string[];
let camera: string;
let site: string;
let elsewhere: string;

beforeAll(async () => {
  said = [];
  server = await openTestServer({}, { log: createLog({ level: 'debug', write: (line) => said.push(line) }) });
  const { stream, sightings, identity, city } = server.modules;
  const cameras = [...city.deviceIds()].filter((id) => city.record(id)?.class === 'camera' && identity.gatewayOf(id));
  camera = cameras[0]!;
  site = identity.gatewayOf(camera)!;
  elsewhere = cameras.map((id) => identity.gatewayOf(id)!).find((id) => id !== site)!;
  // Certificates are tried elsewhere: here it counts which site speaks about which camera.
  ingest = createIngest({
    stream,
    sightings,
    clock: systemClock,
    maySpeak: (reporter, body) => identity.maySpeak(reporter.id, body),
  });
}, 120_000);
afterAll(() => rmSync(server.config.dataFolder, { recursive: true, force: true }));

const reporter = (id: string): Reporter => ({
  ...{ id, gateway: 'mqtt', authenticated: true, replay: false, simulated: false },
});
const report = (by: string, body: unknown): Promise<string> =>
  new Promise((resolve) =>
    ingest.take(reporter(by), Buffer.from(JSON.stringify(body)), (fault) =>
      resolve(
        fault instanceof IngestRefusal ? `${fault.refusal.code} ${fault.refusal.message}` : fault ? 'fault' : 'taken',
      ),
    ),
  );
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());
const holding = (text: string): string[] => {
  const forms = [
    text,
    text.toLowerCase(),
    Buffer.from(text).toString('base64').slice(0, 8),
    Buffer.from(text).toString('hex'),
  ];
  return filesIn(server.config.dataFolder).filter((name) => {
    const bytes = readFileSync(join(server.config.dataFolder, name));
    return forms.some((form) => bytes.includes(form));
  });
};

describe('a sighting', () => {
  it('is told by the gateway of its own site alone, not by the camera and not by another site', async () => {
    const plate = createPseudonyms(inMemory(), Date.now).of({ at: 1, seenBy: camera, of: 'parking', raw: PLATE })!;
    expect(await report(camera, plate)).toMatch(/^NOT_A_WITNESS/);
    expect(await report(elsewhere, plate)).toMatch(/^NOT_OF_SITE/);
    expect(await report(site, { ...plate, seen_by: 'cam-none' })).toMatch(/^SUBJECT_UNKNOWN/);
  });

  it('is kept as a pseudonym by its class, apart from all else; the plate reaches no file and no line of log', async () => {
    const gateway = createPseudonyms(inMemory(), Date.now);
    const raw = (of: RawSighting['of'], text: string): RawSighting => ({
      at: Date.now(),
      seenBy: camera,
      of,
      raw: text,
    });
    const plate = gateway.of(raw('number-plate', PLATE))!;
    const address = gateway.of(raw('network-address', ADDRESS))!;
    const before = server.modules.stream.last;
    expect(await report(site, plate)).toBe('taken');
    expect(await report(site, [address, plate])).toBe('taken');
    expect(server.modules.stream.last).toBe(before);
    expect(server.modules.sightings.stats()).toEqual({ 'number-plate': 2, 'network-address': 1, parking: 0 });
    // As a gateway that was never told would send it.
    for (const body of [
      { ...plate, pseudonym: PLATE },
      { ...plate, raw: PLATE },
      { ...address, pseudonym: ADDRESS },
    ]) {
      const answer = await report(site, body);
      expect(answer).toMatch(/^SIGHTING_MALFORMED/);
      expect(answer).not.toContain(PLATE);
    }
    await server.modules.sightings.look();
    const rows = await server.modules.sql
      .for<{ 'vault.copy': { kind: string; place: string; closed_at: number | null } }>()
      .selectFrom('vault.copy')
      .select('place')
      .where('kind', '=', 'stream-segment')
      .where('closed_at', 'is', null)
      .execute();
    await server.halt();
    const found = holding(plate.pseudonym);
    expect(found).toHaveLength(1);
    expect(rows.map(({ place }) => place.replace('sightings:', 'sightings/'))).toContain(found[0]);
    for (const text of [PLATE, ADDRESS]) {
      expect(holding(text)).toEqual([]);
      expect(said.filter((line) => line.includes(text))).toEqual([]);
    }
    expect(said.length).toBeGreaterThan(0);
  }, 120_000);
});

describe('files of sightings', () => {
  it('end when the time of their class is over, each class by its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cityward-sightings-'));
    let now = Date.UTC(2027, 0, 15);
    const registered = new Map<string, number>();
    const sightings = createSightings({
      ...{ folder, log: silentLog, ownData: ownData(), now: () => now },
      register: (name, segments) =>
        Promise.resolve(void registered.set(name, segments.filter(({ firstAt }) => firstAt !== null).length)),
    });
    await sightings.start();
    const keep = (of: 'number-plate' | 'parking') =>
      new Promise<void>((resolve, reject) =>
        sightings.appendThen(of, Buffer.from('{}'), (fault) => (fault ? reject(fault) : resolve())),
      );
    await keep('number-plate');
    await keep('parking');
    now += 6 * DAY_MS;
    await sightings.look();
    expect(sightings.stats()).toEqual({ 'number-plate': 1, 'network-address': 0, parking: 1 });
    now += 2 * DAY_MS;
    await sightings.look();
    expect(sightings.stats()).toEqual({ 'number-plate': 0, 'network-address': 0, parking: 1 });
    expect(Object.fromEntries(registered)).toEqual({ 'number-plate': 0, 'network-address': 0, parking: 1 });
    await sightings.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});
