/**
 * The whole server in the hands of a thief: its rows, its files and every key on it. Real agents meet it in pairs: one withstands
 * the attack and its refusal is seen; the other has the guard taken out as it is loaded, and acts. So each attack is one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql as raw, type RawBuilder } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactRef, LedgerEntry, SignedOfficers } from '@cityward/contracts';
import { signedOfficers, testOfficer, testOfficers, testPasskey } from '@cityward/fleet/testing';
import { jobBytes, officersHash } from '@cityward/fleet/verify';
import { DAY_MS, MINUTE_MS } from '@cityward/kernel';
import { isConnected, testDevice, type TestDevice, type Weakness } from './testing-agents.ts';
import { enrolDevice, eventually, signInFirst, type Call } from './testing-clients.ts';
import {
  begin,
  keepFirmware,
  must,
  over,
  planChange,
  signChange,
  type Signer,
  type Wanted,
} from './testing-council.ts';
import { anyOfficers, anySignature, documents, FACTORY, sha, state, TRUST } from './testing-thief.ts';
import { openTestServer, type TestServer } from './testing.ts';
import { CITY_NAME } from './city-names.ts';

const [ann, ...others] = [testOfficer('ann'), ...['bob', 'fay', 'dee', 'eve', 'mal'].map((name) => testOfficer(name))];
const [bob, fay, dee, eve, mal] = others;
const cyd = testPasskey('cyd');
const two = [ann.sign, dee!.sign];
let server: TestServer;
let call: Call;
let officersFile: string;
let free: string[];
let second: SignedOfficers;
/** When the time of the job is over that devices are shown all the same. */
let lateFrom = Infinity;
const firmware = new Map<string, ArtifactRef>();
const row = (text: RawBuilder<unknown>): Promise<unknown> => text.execute(server.modules.sql.for());

interface Pair {
  readonly whole: TestDevice;
  readonly weak: TestDevice;
}
const pairs = new Map<string, Pair>();
const ids = (name: string): string[] => [pairs.get(name)!.whole.id, pairs.get(name)!.weak.id];
interface Attack {
  readonly name: string;
  readonly code: string;
  readonly weaknesses: readonly Weakness[];
  readonly state: keyof typeof state;
  readonly after: unknown;
  // In the days before, when the city was honest; then what the thief does to the rows and files of the server that stands.
  readonly before: () => Promise<void>;
  readonly alter: () => Promise<void>;
  readonly live?: () => Promise<void>;
  readonly inLedger?: string;
  readonly was?: unknown;
  readonly more?: readonly string[];
}

const installs = (name: string, version: string, more: Partial<Wanted> = {}): Wanted => ({
  ...{ title: `Lamps to ${version}`, devices: ids(name), action: { do: 'install', artifact: firmware.get(version)! } },
  ...more,
});
const changes = new Map<string, string>();
async function plans(name: string, wanted: Wanted, signers: readonly Signer[] = two): Promise<string> {
  const { id } = await planChange(server, wanted);
  await signChange(server, id, signers);
  changes.set(name, id);
  return id;
}
/** The thief begins it: nobody has to be asked. */
const running = (id: string): Promise<unknown> =>
  row(raw`update fleet.change set state = 'running', started = ${Date.now()} where id = ${id}`);
const copySignature = (from: string, to: string, officer: string): Promise<unknown> =>
  row(raw`insert into fleet.signature select ${to}, officer, key, public_key, signature, at from fleet.signature
    where change = ${from} and officer = ${officer}`);
const forge = (change: string, { key, sign }: ReturnType<typeof testOfficer>, bytes: Uint8Array): Promise<unknown> =>
  row(raw`insert into fleet.signature values (${change}, ${key.officer}, ${key.id}, ${key.publicKey},
    ${JSON.stringify(sign(bytes))}::jsonb, ${Date.now()})`);

const OPENED = '[{"start":0,"opened":1,"quorumAt":0,"forgiven":0,"counts":null}]';
const attacks: readonly Attack[] = [
  {
    name: 'shows one job and asks for another',
    code: 'SIGNATURE_WRONG',
    weaknesses: [anySignature],
    ...{ state: 'firmware', after: '6.6.6' },
    before: async () => void (await plans('shown', installs('shows one job and asks for another', '2.0.0'))),
    alter: async () => {
      const id = changes.get('shown')!;
      const action = JSON.stringify({ do: 'install', artifact: firmware.get('6.6.6') });
      await row(
        raw`update fleet.change set job = jsonb_set(job::jsonb, '{action}', ${action}::jsonb)::json where id = ${id}`,
      );
      await running(id);
    },
  },
  {
    name: 'sends a job to devices that it was not signed for',
    code: 'NOT_IN_JOB',
    weaknesses: [
      { file: `${TRUST}/order.ts`, guard: '  if (!provesLeaf({', without: '  if (now_is_weak() && !provesLeaf({' },
      {
        file: `${TRUST}/order.ts`,
        guard: 'const TIME_MAX =',
        without: 'const now_is_weak = (): boolean => false;\nconst TIME_MAX =',
      },
    ],
    ...{ state: 'firmware', after: '2.0.0' },
    before: async () => void (await plans('moved', installs('spare', '2.0.0'))),
    alter: async () => {
      const id = changes.get('moved')!;
      const victims = ids('sends a job to devices that it was not signed for').sort().join('\n');
      await row(
        raw`update fleet.change_part set ids = ${victims} where change_number = (select number from fleet.change where id = ${id})`,
      );
      await running(id);
    },
  },
  {
    name: 'adds two invented officers',
    code: 'KEY_UNKNOWN',
    weaknesses: [anyOfficers],
    ...{ state: 'firmware', after: '6.6.6' },
    before: async () =>
      void changes.set('invented', (await planChange(server, installs('adds two invented officers', '6.6.6'))).id),
    alter: async () => {
      const id = changes.get('invented')!;
      const job = must(await server.modules.fleet.changes.job(id));
      for (const one of [eve!, mal!]) await forge(id, one, jobBytes(job));
      await running(id);
    },
  },
  {
    name: 'rewinds the officers to those who had to go',
    code: 'KEY_UNKNOWN',
    weaknesses: [anyOfficers],
    ...{ state: 'firmware', after: '6.6.6' },
    before: async () =>
      void changes.set(
        'rewound',
        (await planChange(server, installs('rewinds the officers to those who had to go', '6.6.6'))).id,
      ),
    alter: async () => {
      const id = changes.get('rewound')!;
      const job = must(await server.modules.fleet.changes.job(id));
      for (const one of [bob!, fay!]) await forge(id, one, jobBytes(job));
      await running(id);
    },
  },
  {
    name: 'replays an old job',
    code: 'REPLAYED',
    weaknesses: [
      {
        file: `${TRUST}/order.ts`,
        guard: '  if (fresh) return ok(undefined);',
        without: '  if (fresh || last > 0) return ok(undefined);',
      },
    ],
    ...{ state: 'brightness', after: 40 },
    before: async () => {
      const { whole, weak } = pairs.get('replays an old job')!;
      for (const one of [whole, weak]) await one.start({ more: commissioned() });
      for (const one of [whole, weak]) await isConnected(server, one);
      for (const to of [40, 10]) {
        const action = { do: 'set', name: 'brightness', to } as const;
        const id = await plans(`set-${to}`, { title: `Lamps to ${to} %`, devices: [whole.id, weak.id], action });
        await begin(server, id);
        await over(server, id);
        expect([whole, weak].map(state.brightness)).toEqual([to, to]);
      }
      for (const one of [whole, weak]) await one.stop();
    },
    alter: async () => {
      const number = raw`(select number from fleet.change where id = ${changes.get('set-40')!})`;
      for (const table of ['attempt', 'change_order'])
        await row(raw`delete from ${raw.raw(`fleet.${table}`)} where change_number = ${number}`);
      await row(raw`update fleet.change set ended = null, waves = ${OPENED} where number = ${number}`);
      await row(raw`update fleet.change set state = 'stopped', lives_until = 0 where id = ${changes.get('set-10')!}`);
      await running(changes.get('set-40')!);
    },
  },
  {
    name: 'serves other bytes than were signed',
    code: 'BYTES_NOT_SIGNED',
    weaknesses: [
      {
        file: 'apps/agent/src/update/install.ts',
        guard: "if (hash.digest('hex') !== label.sha256)",
        without: "if (hash.digest('hex') === 'x')",
      },
      { file: 'apps/agent/src/update/slots.ts', guard: 'digest.sha256 === label.sha256 &&', without: '' },
    ],
    ...{ state: 'firmware', after: '2.2.0' },
    before: async () => {
      await plans('bytes', installs('serves other bytes than were signed', '2.2.0'));
      await plans('right-bytes', installs('spare', '2.2.0'));
    },
    alter: async () => {
      for (const change of ['right-bytes', 'bytes']) await running(changes.get(change)!);
    },
    // The server looks at what it keeps before it sends it for the first time: the thief waits until it has.
    live: async () => {
      const { whole } = pairs.get('spare')!;
      await whole.start({ more: commissioned() });
      await eventually('the server has looked', () => (state.firmware(whole) === '2.2.0' ? true : null));
      await whole.stop();
      const { sha256, size } = firmware.get('2.2.0')!;
      const shelf = join(server.config.dataFolder, 'objects', sha256.slice(0, 2));
      writeFileSync(join(shelf, sha256.slice(2)), Buffer.from('evil'.padEnd(size)));
    },
    inLedger: 'its hash is not the one that was signed',
  },
  {
    name: 'shows a job whose time is over',
    code: 'TOO_LATE',
    weaknesses: [{ file: `${TRUST}/order.ts`, guard: '  if (now > end)', without: '  if (now > end + 86_400_000)' }],
    ...{ state: 'brightness', after: 99 },
    before: async () => {
      lateFrom = Date.now() + 20_000;
      const window = { notBefore: Date.now() - MINUTE_MS, notAfter: lateFrom };
      const action = { do: 'set', name: 'brightness', to: 99 } as const;
      await plans('late', { title: 'Lamps to 99 %', devices: ids('shows a job whose time is over'), action, window });
    },
    live: () => eventually('its time is over', () => (Date.now() > lateFrom ? true : null)).then(() => undefined),
    alter: async () => {
      const id = changes.get('late')!;
      await row(
        raw`update fleet.change set not_after = ${Date.now() + DAY_MS}, lives_until = ${Date.now() + DAY_MS}, waves = ${OPENED} where id = ${id}`,
      );
      await row(
        raw`insert into fleet.change_order select number, 0, 0, ${Date.now()}, '{0,1}' from fleet.change where id = ${id}`,
      );
      await running(id);
    },
  },
  {
    name: 'copies a signature from another job',
    code: 'SIGNATURE_WRONG',
    weaknesses: [anySignature],
    ...{ state: 'firmware', after: '2.0.0' },
    before: async () => {
      await plans('copied', installs('copies a signature from another job', '2.0.0'), [ann.sign]);
      await plans('source', installs('spare', '2.2.0'));
    },
    alter: async () => {
      await copySignature(changes.get('source')!, changes.get('copied')!, 'dee');
      await running(changes.get('copied')!);
    },
  },
  {
    name: 'shows a passkey one job and asks for another',
    code: 'PASSKEY_CHALLENGE',
    weaknesses: [
      {
        file: `${TRUST}/passkey.ts`,
        guard: '!timingSafeEqual(asked, challenge))',
        without: '!timingSafeEqual(asked, asked))',
      },
    ],
    ...{ state: 'document', after: sha(documents[1]!) },
    before: async () => {
      for (const body of documents) await row(raw`insert into fleet.document values (${sha(body)}, ${body})`);
      const configure = (name: string, body: string): Wanted => ({
        ...{ title: 'Lamps by night', devices: ids(name), action: { do: 'configure', document: sha(body) } },
      });
      await plans('shown-passkey', configure('spare', documents[0]!), [cyd.sign]);
      changes.set(
        'passkey',
        (await planChange(server, configure('shows a passkey one job and asks for another', documents[1]!))).id,
      );
    },
    alter: async () => {
      await copySignature(changes.get('shown-passkey')!, changes.get('passkey')!, 'cyd');
      await running(changes.get('passkey')!);
    },
  },
  {
    name: 'has officers sign what is a downgrade',
    code: 'DOWNGRADE',
    weaknesses: [
      {
        file: `${TRUST}/order.ts`,
        guard: 'if (compareVersions(version, running) >= 0)',
        without: 'if (running.length > 0)',
      },
    ],
    ...{ state: 'firmware', after: '2.0.0' },
    // The rows say 1.0.0, the devices run 3.0.0: to the officers it looks like an upgrade.
    before: async () => void (await plans('down', installs('has officers sign what is a downgrade', '2.0.0'))),
    alter: async () => void (await running(changes.get('down')!)),
    ...{ more: ['--firmware', '3.0.0'], was: '3.0.0' },
  },
];

const commissioned = (more: readonly string[] = ['--firmware', FACTORY]): string[] => [
  ...['--officers', officersFile, '--setting', 'brightness=0..100'],
  ...more,
];

/** Enrolled, and not started yet. */
async function nextDevice(): Promise<TestDevice> {
  const id = free.shift()!;
  const { key, certificate, device } = await enrolDevice(server, id);
  const made = testDevice(() => server, id);
  const expires = Date.now() + 30 * DAY_MS;
  writeFileSync(join(made.folder, 'credentials.ndjson'), `${JSON.stringify({ device, key, certificate, expires })}\n`, {
    mode: 0o600,
  });
  server.modules.fleet.desk.seen(id, { firmware: FACTORY, document: null });
  return made;
}

beforeAll(async () => {
  server = await openTestServer();
  const { city, fleet } = server.modules;
  free = city
    .deviceIds()
    .filter((id) => city.record(id)!.criticality !== 'life-safety' && city.record(id)!.class !== 'site-switch');
  const expires = Date.now() + 365 * DAY_MS;
  const first = signedOfficers(testOfficers([ann, bob!, fay!, cyd], { city: CITY_NAME, expires }), [ann, bob!]);
  must(await fleet.officers.add(first, 'system'));
  officersFile = join(server.config.dataFolder, 'handed-over.json');
  writeFileSync(officersFile, JSON.stringify(first));
  second = signedOfficers(testOfficers([ann, dee!, cyd], { city: CITY_NAME, expires, version: 2 }), [ann, bob!, dee!]);
  must(await fleet.officers.add(second, 'system'));
  for (const version of ['2.0.0', '2.2.0', '6.6.6']) firmware.set(version, await keepFirmware(server, version));
  for (const { name } of [...attacks, { name: 'spare' }])
    pairs.set(name, { whole: await nextDevice(), weak: await nextDevice() });
  for (const { before } of attacks) await before();
  for (const { alter } of attacks) await alter();
  await forgeOfficers(first, expires);
  await server.halt();
  server = await openTestServer(server.config);
  call = await signInFirst(server);
}, 600_000);
afterAll(async () => {
  for (const { whole, weak } of pairs.values()) for (const one of [whole, weak]) await one.stop();
  await server?.stop();
});

/** Version 3 as the thief would like it: those who had to go are back, two are invented, and old signatures stand below it. */
async function forgeOfficers(first: SignedOfficers, expires: number): Promise<void> {
  const keys = [ann, bob!, fay!, cyd, dee!, eve!, mal!];
  const third = testOfficers(keys, { city: CITY_NAME, expires, version: 3 });
  const { signatures } = signedOfficers(third, [eve!, mal!]);
  const signed = JSON.stringify({ officers: third, signatures: [...first.signatures, ...signatures] });
  await row(
    raw`insert into fleet.officers values (3, ${officersHash(third)}, ${signed}::jsonb, ${Date.now()}, 'system')`,
  );
}

const told = async (device: string): Promise<readonly LedgerEntry[]> =>
  (await call<{ entries: LedgerEntry[] }>('GET', `/api/evidence/entries?limit=500`)).body.entries.filter(
    ({ subject }) => subject === device,
  );

describe('a stolen server', () => {
  it.each(attacks)(
    '$name: the device stays as it is and says $code; without the guard it acts',
    async ({ name, code, weaknesses, state: what, after, more, live, was: before, inLedger = code }) => {
      const { whole, weak } = pairs.get(name)!;
      const was = before ?? state[what](whole);
      await live?.();
      await whole.start({ more: commissioned(more) });
      await weak.start({ more: commissioned(more), weaknesses });
      await eventually(`"${whole.id}" has refused`, () => {
        if (whole.ended()) throw new Error(whole.log());
        return whole.log().includes(code) ? true : null;
      }).catch((fault: unknown) => {
        throw new Error(`${String(fault)}\n${whole.log()}`);
      });
      await eventually('the one without the guard has acted', () => {
        if (weak.ended()) throw new Error(weak.log());
        return state[what](weak) === after ? true : null;
      });
      await eventually('the refusal is in the ledger', async () =>
        (await told(whole.id)).some(({ text, body }) => `${text} ${JSON.stringify(body)}`.includes(inLedger))
          ? true
          : null,
      );
      expect(state[what](whole)).toBe(was);
      expect(whole.kept('update.json') ?? {}).not.toMatchObject({ now: { step: expect.any(String) as string } });
      for (const one of [whole, weak]) await one.stop();
    },
    300_000,
  );
  it('finds no device that follows officers whom enough of those before did not sign', () => {
    const withstood = [...pairs].filter(([name]) => name !== 'spare').map(([, { whole }]) => whole);
    for (const device of withstood) expect(device.log()).toMatch(/OFFICERS_NOT_SIGNED|KEY_UNKNOWN|SIGNATURE_WRONG/);
    const versions = withstood.map(({ id }) => server.modules.fleet.desk.shown(id)?.officers);
    expect(versions).toEqual(versions.map(() => 2));
  });
});
