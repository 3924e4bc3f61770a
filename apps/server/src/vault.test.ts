/** Whose record it is decides: a record's whole way through the running server and the command, and nothing of it left on disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Consent, Exposure, HeldRecord, Look, LooksOfWeek, PictureTrace } from '@cityward/contracts';
import { DAY_MS, HOUR_MS } from '@cityward/kernel';
import { verifyPack } from '@cityward/ledger/verify';
import { readZip } from '@cityward/formats/zip';
import { createLog } from '@cityward/log';
import { damaged } from '@cityward/pictures/testing';
import { keysInTheClear } from '@cityward/vault/testing';
import { callLocally, caller, eventually, type Call } from './testing-clients.ts';
import { commandIn, type Desk } from './testing-journey.ts';
import { openTestServer, type TestServer } from './testing.ts';

const CANARY = 'haemoglobin-canary-4711';
const RESULT = JSON.stringify({ resourceType: 'Observation', status: 'final', note: CANARY });
const WHERE = ['--categories', 'blood-tests', '--purpose', 'TREAT'];

interface Somebody {
  readonly id: string;
  /** Signed in by a link, which the city's own machine can make. */
  readonly byLink: Call;
  /** Signed in by something only they have. */
  readonly call: Call;
  /** A page of a record, as its bytes. */
  page(record: string): Promise<{ status: number; bytes: Buffer }>;
  /** A file with a recovery code that is still good. */
  codeFile(): string;
}

let server: TestServer;
let desk: Desk;
let said: string[];
let isHalted = false;
let aroha: Somebody;
let ben: Somebody;

async function somebody(handle: string, roles: readonly string[] = []): Promise<Somebody> {
  const { dataFolder } = server.config;
  const invited = await callLocally<{ person: { id: string }; link: string }>(dataFolder, '/api/people', {
    handle,
    roles,
  });
  const cookieOf = (answer: { headers: Readonly<Record<string, unknown>> }): string =>
    String(answer.headers['set-cookie']).split(';')[0]!;
  const token = invited.body.link.split('#token=')[1];
  const byLink = caller(server, cookieOf(await caller(server)('POST', '/api/session/link', { token })));
  const { body } = await byLink<{ codes: string[] }>('POST', '/api/me/recovery-codes');
  const codes = [...body.codes];
  const cookie = cookieOf(await caller(server)('POST', '/api/session/recovery', { code: codes.shift() }));
  const call = caller(server, cookie);
  const page = async (record: string): Promise<{ status: number; bytes: Buffer }> => {
    const headers = { host: `localhost:${server.config.consolePort}`, cookie };
    const url = `/api/records/${record}/pages/1?purpose=TREAT`;
    const answer = await server.listeners.console.inject({ method: 'GET', url, headers });
    return { status: answer.statusCode, bytes: answer.rawPayload };
  };
  const codeFile = (): string => {
    const file = desk.at(`code-${handle}`);
    writeFileSync(file, `${codes.shift()!}\n`, { mode: 0o600 });
    return file;
  };
  return { id: invited.body.person.id, byLink, call, page, codeFile };
}

beforeAll(async () => {
  said = [];
  server = await openTestServer({}, { log: createLog({ level: 'debug', write: (line) => said.push(line) }) });
  desk = commandIn(mkdtempSync(join(tmpdir(), 'cityward-desk-')), server.config);
  aroha = await somebody('Aroha');
  ben = await somebody('Ben');
  writeFileSync(desk.at('result.json'), RESULT);
}, 120_000);
afterAll(async () => {
  if (!isHalted) await server.halt();
  for (const folder of [server.config.dataFolder, desk.at('')]) rmSync(folder, { recursive: true, force: true });
});

async function run<T>(...words: string[]): Promise<T> {
  const { exit, data, err } = await desk.run<T>(...words);
  if (exit !== 0) throw new Error(err);
  return data;
}
const refused = async (...words: string[]): Promise<string> => (await desk.run(...words)).err;
const put = async (category = 'blood-tests'): Promise<string> => {
  const media = ['--media', 'application/fhir+json', '--category', category];
  return (await run<{ record: string }>('record', 'put', 'result.json', '--subject', aroha.id, ...media)).record;
};
const url = (): string[] => ['--url', `http://localhost:${server.config.consolePort}`];
const asPerson = (who: Somebody): string[] => [...url(), '--code-file', who.codeFile()];
const viewAs = (who: Call, record: string, purpose = 'TREAT') =>
  who<{ note?: string; code?: string }>('GET', `/api/records/${record}/content?purpose=${purpose}`);
const until = (): string[] => ['--until', new Date(Date.now() + 30 * DAY_MS).toISOString()];

describe('a record of a person', () => {
  it('is stored, let be seen, seen, taken back, refused, destroyed and gone, by the command', async () => {
    const record = await put();
    const view = (who: Somebody): string[] => ['record', 'view', record, '--purpose', 'TREAT', ...asPerson(who)];
    expect(await refused(...view(ben))).toContain('RECORD_NOT_SEEN');
    const grant = ['consent', 'grant', ben.id, '--subject', aroha.id, ...WHERE, ...until(), '--refrains', 'NOPERSISTP'];
    const consent = await run<Consent>(...grant, ...asPerson(aroha));
    expect(consent).toMatchObject({ person: ben.id, state: 'standing', given: { by: aroha.id, behalf: false } });
    const seen = await run<{ content: string }>(...view(ben));
    expect(Buffer.from(seen.content, 'base64').toString()).toBe(RESULT);
    expect((await run<Consent>('consent', 'revoke', consent.id)).state).toBe('taken-back');
    expect(await refused(...view(ben))).toContain('RECORD_NOT_SEEN');
    const consents = await run<Consent[]>('consent', 'ls', '--subject', aroha.id);
    // The machine took it back, not she.
    expect(consents.map(({ state, takenBack }) => [state, takenBack?.by])).toEqual([['taken-back', 'city-cli']]);
    // Health records are kept ten years by law; others go at once.
    expect(await refused('record', 'destroy', record, '--reason', 'erasure asked for')).toContain('RECORD_KEPT_BY_LAW');
    const loan = await put('library');
    const held = await run<HeldRecord>('record', 'destroy', loan, '--reason', 'erasure asked for');
    expect(held.destroyed).toMatchObject({ by: 'city-cli', reason: 'erasure asked for' });
    const own = ['record', 'view', loan, ...asPerson(aroha)];
    expect(await refused(...own)).toContain('RECORD_DESTROYED');
  }, 120_000);

  it('is seen by nobody who runs the city: not by the socket, not by a link it made, not by a role', async () => {
    const record = await put();
    expect(await refused('record', 'view', record)).toContain('Recovery code');
    const over = await callOverSocket(`/api/records/${record}/content?purpose=TREAT`);
    expect(over).toContain('NOT_ALLOWED');
    const chief = await somebody('Chief', ['administrator', 'operator', 'analyst', 'auditor']);
    expect((await viewAs(chief.call, record)).body.code).toBe('RECORD_NOT_SEEN');
    expect((await viewAs(aroha.byLink, record)).body.code).toBe('RECORD_NOT_SEEN');
    expect((await viewAs(aroha.call, record)).body.note).toBe(CANARY);
    const draft = {
      ...{ subject: aroha.id, person: ben.id, scope: { of: 'categories', categories: ['blood-tests'] } },
      ...{ rights: ['view', 'text'], purpose: 'TREAT', from: Date.now(), until: Date.now() + DAY_MS },
      ...{ uses: 1, refrains: [] },
    };
    const local = await callLocally<{ code: string }>(server.config.dataFolder, '/api/consents', draft);
    expect(local.body.code).toBe('NOT_ALLOWED');
    for (const [who, code] of [
      [aroha.byLink, 'NOT_ALLOWED'],
      [ben.call, 'NOT_ALLOWED'],
    ] as const)
      expect((await who<{ code: string }>('POST', '/api/consents', draft)).body.code).toBe(code);
    const given = await aroha.call<Consent>('POST', '/api/consents', draft);
    expect(given.status).toBe(200);
    const looks = await Promise.all([1, 2, 3].map(() => viewAs(ben.call, record)));
    expect(looks.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await ben.call<{ code: string }>('POST', `/api/consents/${given.body.id}/take-back`)).body.code).toBe(
      'NOT_ALLOWED',
    );
    for (const path of ['/api/records', '/api/consents'])
      expect((await ben.call<{ code: string }>('GET', `${path}?subject=${aroha.id}`)).body.code).toBe('NOT_ALLOWED');
  }, 120_000);

  it('tells the person whose it is who looked, and nobody else', async () => {
    const record = await put();
    expect((await viewAs(ben.call, record)).status).toBe(404);
    expect((await viewAs(aroha.call, record, 'PATRQT')).status).toBe(200);
    const told = async (who: Call, more = ''): Promise<Look[]> =>
      (await who<{ looks: Look[] }>('GET', `/api/looks${more}`)).body.looks;
    // What is stored reaches the ledger by the outbox, in a moment; looks are there before they are answered.
    const [own, refusal] = (await told(aroha.call)).filter((one) => one.record === record && one.what !== 'stored') as [
      Look,
      Look,
    ];
    expect(own).toMatchObject({ what: 'viewed', by: aroha.id, record, version: 1, purpose: 'PATRQT', consent: null });
    expect(refusal).toMatchObject({ what: 'refused', by: ben.id, record, purpose: 'TREAT' });
    expect(await told(aroha.call, `?before=${own.entry}&limit=1`)).toHaveLength(1);
    expect((await told(aroha.call, `?before=${own.entry}`)).every(({ entry }) => entry < own.entry)).toBe(true);
    expect(await told(ben.call)).toEqual([]);
    expect((await ben.call<{ code: string }>('GET', `/api/looks?subject=${aroha.id}`)).body.code).toBe('NOT_ALLOWED');
    const listed = await run<Look[]>('record', 'looks', '--subject', aroha.id);
    expect(listed.filter((one) => one.record === record).map(({ what }) => what)).toEqual(
      expect.arrayContaining(['viewed', 'refused']),
    );
  }, 60_000);

  it('tells it week by week, and proves the week to whom it is about alone', async () => {
    const record = await put();
    expect((await viewAs(ben.call, record)).status).toBe(404);
    const told = await aroha.call<LooksOfWeek>('GET', '/api/looks/week');
    expect(told.body.lines).toContainEqual(
      expect.objectContaining({ what: 'refused', by: ben.id, category: 'blood-tests', why: 'no-consent' }),
    );
    const week = await run<LooksOfWeek>('record', 'looks', '--subject', aroha.id, '--week', told.body.week.id);
    expect(week.lines.length).toBeGreaterThanOrEqual(told.body.lines.length);
    await run('record', 'looks', '--subject', aroha.id, '--proof', desk.at('looks.zip'));
    const { verifierKey } = server.modules.ledger.status();
    const verdict = verifyPack(readFileSync(desk.at('looks.zip')), { verifierKey });
    expect(verdict.faults).toEqual([]);
    expect(verdict.exhibits.map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ type: 'record.refused', actor: ben.id, subject: aroha.id }),
    );
    // Of nobody else.
    expect(new Set(verdict.exhibits.map(({ body }) => body.subject))).toEqual(new Set([aroha.id]));
    for (const path of ['/api/looks/week', '/api/looks/week/proof'])
      expect((await ben.call<{ code: string }>('GET', `${path}?subject=${aroha.id}`)).body.code).toBe('NOT_ALLOWED');
  }, 60_000);

  it('gives a person everything along, and nobody that of another', async () => {
    const record = await put();
    await run('my-data', '--out', desk.at('mine.zip'), ...asPerson(aroha));
    const files = readZip(readFileSync(desk.at('mine.zip')))!;
    expect(Buffer.from(files.get(`records/blood-tests/${record}-v1.fhir.json`)!).toString()).toBe(RESULT);
    await run('my-data', '--out', desk.at('bens.zip'), ...asPerson(ben));
    expect(
      [...readZip(readFileSync(desk.at('bens.zip')))!.keys()].filter((name) => name.startsWith('records/')),
    ).toEqual([]);
    expect((await aroha.byLink<{ code: string }>('GET', '/api/my-data')).body.code).toBe('NOT_ALLOWED');
    for (const file of ['mine.zip', 'bens.zip']) rmSync(desk.at(file));
  }, 60_000);

  it('says whose data a camera touched, and tells them when an officer has the words', async () => {
    const { city, ledger, vault } = server.modules;
    const camera = city.deviceIds().find((id) => city.datasetsOf([id]).length > 0)!;
    const hour = ['--from', new Date(Date.now() - HOUR_MS).toISOString()];
    const asked = ['whose-data', '--sources', camera, ...hour, '--reason', 'the camera was taken over'];
    const found = await run<Exposure>(...asked);
    expect(found.people).toBe(city.peopleBehind([camera]));
    expect(found.people).toBeGreaterThan(20);
    expect(found.groups[0]!.draft).toContain('[What happened');
    const [one] = (await run<{ subject: string }[]>('whose-data', 'people', found.id)) as [{ subject: string }];
    writeFileSync(desk.at('notice.txt'), 'A camera at the quay was taken over for an hour; it is mended.');
    const tell = ['whose-data', 'tell', found.id, '--text', 'notice.txt'];
    expect(await refused(...tell, ...asPerson(ben))).toContain('NOT_ALLOWED');
    const told = await vault.exposures.tell(found.id, readFileSync(desk.at('notice.txt'), 'utf8'), 'per-olive');
    expect(told).toMatchObject({ ok: true, value: { state: 'told', told: found.people } });
    await eventually('they are told', async () => {
      const entries = await ledger.entriesAbout(one.subject, 10);
      return entries.some(({ type }) => type === 'data.exposed') ? true : null;
    });
  }, 120_000);

  it('has every step in the ledger, with ids alone', async () => {
    const types = ['record.put', 'record.viewed', 'record.refused', 'record.destroyed'];
    for (const type of [...types, 'consent.given', 'consent.taken-back']) {
      const entries = await eventually(`${type} is in the ledger`, async () => {
        const all = await server.modules.ledger.entriesAbout(aroha.id, 200);
        const found = all.filter((one) => one.type === type);
        return found.length > 0 ? found : null;
      });
      // Who reads the console sees that it happened; which record it was is in an evidence pack alone.
      for (const { body } of entries) expect(body).toBeNull();
    }
  });
});

const callOverSocket = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ socketPath: join(server.config.dataFolder, 'cityward.sock'), path }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });

/** How bytes may lie somewhere: as they are, and as text of them. */
function forms(bytes: Buffer): Buffer[] {
  const inBase64 = [0, 1, 2].map((skip) => {
    const from = (3 - skip) % 3;
    const whole = bytes.subarray(from, from + Math.floor((bytes.length - from) / 3) * 3);
    return Buffer.from(whole.toString('base64'));
  });
  const wide = Buffer.from(bytes.toString('latin1'), 'utf16le');
  return [bytes, wide, Buffer.from(bytes.toString('hex')), ...inBase64];
}
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
const holding = (folder: string, secret: Buffer): string[] => {
  const wanted = forms(secret);
  return filesIn(folder).filter((path) => {
    const bytes = readFileSync(path);
    return wanted.some((form) => bytes.includes(form));
  });
};

describe('a record as pictures', () => {
  it('is seen by whom its owner lets see it and not have it; a screenshot says whose copy it is, by the command', async () => {
    const record = await put();
    expect((await ben.page(record)).status).toBe(404);
    const grant = ['consent', 'grant', ben.id, '--subject', aroha.id, ...WHERE, ...until(), '--rights', 'view'];
    const consent = await run<Consent>(...grant, ...asPerson(aroha));
    expect((await viewAs(ben.call, record)).body.code).toBe('RECORD_NOT_SEEN');
    const shown = await ben.page(record);
    expect(shown.status).toBe(200);
    writeFileSync(desk.at('screenshot.jpg'), await damaged(shown.bytes, { size: 0.5, quality: 70 }));
    const { copies } = await run<PictureTrace>('trace-picture', 'screenshot.jpg');
    expect(copies).toMatchObject([
      { person: ben.id, record, subject: aroha.id, consent: consent.id, purpose: 'TREAT' },
    ]);
    const looks = await run<Look[]>('record', 'looks', '--subject', aroha.id);
    expect(looks.slice(0, 2).map(({ what, by }) => [what, by])).toEqual([
      ['traced', 'city-cli'],
      ['viewed', ben.id],
    ]);
    writeFileSync(desk.at('none.txt'), 'no picture');
    expect(await refused('trace-picture', 'none.txt')).toContain('NOT_DRAWN');
  }, 120_000);
});

describe('the disk', () => {
  it('holds no content and no key in the clear anywhere, and no log line does', async () => {
    const { dataFolder } = server.config;
    await put();
    // What is looked for would be found, in SQL and its log, in the ledger, and in each form.
    const planted = 'planted-canary-0815';
    await callLocally(dataFolder, '/api/evidence/batch', { statements: [{ subject: 'planted', text: planted }] });
    await server.modules.sql.transact((tx) =>
      Promise.resolve(
        tx.record({ module: 'server', type: 'server.started', actor: 'system', subject: planted, at: 0, data: {} }),
      ),
    );
    await server.halt();
    isHalted = true;
    const found = holding(dataFolder, Buffer.from(planted)).map(
      (path) => path.slice(dataFolder.length + 1).split('/')[0],
    );
    expect(new Set(found)).toEqual(new Set(['ledger', 'sql']));
    writeFileSync(join(dataFolder, 'forms'), Buffer.concat(forms(Buffer.from(CANARY)).slice(1)));
    expect(holding(dataFolder, Buffer.from(CANARY))).toEqual([join(dataFolder, 'forms')]);
    writeFileSync(join(dataFolder, 'forms'), '');
    expect(holding(dataFolder, Buffer.from(CANARY))).toEqual([]);
    const keys = await keysInTheClear(join(dataFolder, 'keys', 'vault'));
    expect(keys.length).toBeGreaterThan(4);
    const root = keys.pop()!;
    for (const key of keys) expect(holding(dataFolder, key)).toEqual([]);
    expect(holding(dataFolder, root)).toEqual([join(dataFolder, 'keys', 'vault', 'root.key')]);
    expect(said.length).toBeGreaterThan(0);
    expect(
      said.filter((line) => line.includes(CANARY) || line.includes(Buffer.from(CANARY).toString('base64'))),
    ).toEqual([]);
  }, 120_000);
});
