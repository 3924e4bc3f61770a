/** The command as a process against one running city: consents in and out, posts, requests, exports, and the vault through a disaster. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  AccessRequest,
  Consent,
  ConsentDraft,
  Export,
  Post,
  RightRequest,
  VaultOpening,
} from '@cityward/contracts';
import { openingBytes } from '@cityward/fleet/verify';
import { CITY_NAME } from './city-names.ts';
import { commandIn, SIGNERS, swearIn, type Desk, type Ran } from './testing-journey.ts';
import { peopleOf, type Somebody, type TestPeople } from './testing-people.ts';
import { openTestServer, type TestServer } from './testing.ts';

const CLINIC = 'party-quay-clinic';
const UNTIL = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);

let server: TestServer;
let desk: Desk;
/** The same commands in this process, which costs a second less for each: for whatever is no verb of records, exports or the vault. */
let near: Desk;
let people: TestPeople;
let aroha: Somebody;
let ben: Somebody;
let nia: Somebody;
let olive: Somebody;
let otto: Somebody;
beforeAll(async () => {
  server = await openTestServer();
  desk = commandIn(mkdtempSync(join(tmpdir(), 'cityward-command-')), server.config);
  near = await inProcess(desk);
  await swearIn(near, CITY_NAME);
  people = peopleOf(server, desk);
  [aroha, ben, nia] = [await people.somebody('Aroha'), await people.somebody('Ben'), await people.somebody('Nia')];
  [olive, otto] = [await people.somebody('Olive', true), await people.somebody('Otto', true)];
}, 120_000);
afterAll(async () => {
  await server?.halt();
  for (const folder of [server.config.dataFolder, desk.at('')]) rmSync(folder, { recursive: true, force: true });
});

interface InProcess {
  runCommand(args: readonly string[]): Promise<{ readonly exit: number; readonly out: string; readonly err: string }>;
}
const FILE = /^[A-Za-z][\w.-]*\.(?:key|json|ndjson)$|^passphrase$|^code-/;
async function inProcess({ at }: Desk): Promise<Desk> {
  const { runCommand } = (await import(new URL('../../cli/src/run.ts', import.meta.url).href)) as InProcess;
  const placed = (word: string): string =>
    word.split(',').every((part) => FILE.test(part)) ? word.split(',').map(at).join(',') : word;
  return {
    at,
    run: async <T>(...words: string[]): Promise<Ran<T>> => {
      const ran = await runCommand([...words.map(placed), '--json', '--data', server.config.dataFolder]);
      return { exit: ran.exit, data: (ran.out ? JSON.parse(ran.out) : null) as T, err: ran.err };
    },
  };
}

async function ran<T>(how: Desk, words: readonly string[]): Promise<T> {
  const { exit, data, err } = await how.run<T>(...words);
  if (exit !== 0) throw new Error(`${words.slice(0, 2).join(' ')}: ${err}`);
  return data;
}
const run = <T>(...words: string[]): Promise<T> => ran<T>(desk, words);
const by = <T>(who: Somebody, ...words: string[]): Promise<T> => run<T>(...words, ...people.as(who));
const nearBy = <T>(who: Somebody, ...words: string[]): Promise<T> => ran<T>(near, [...words, ...people.as(who)]);
const refusedNear = async (who: Somebody, ...words: string[]): Promise<string> => {
  const { exit, err } = await near.run(...words, ...people.as(who));
  expect([words.slice(0, 2), exit]).toEqual([words.slice(0, 2), 1]);
  return err;
};

describe('the command', () => {
  it('keeps posts, asks, agrees, hands on, and takes consents out and in as FHIR', async () => {
    const posts: Post[] = [];
    for (const { id } of [ben, nia])
      posts.push(await nearBy<Post>(olive, 'post', 'add', id, '--organisation', CLINIC, '--role', 'doctor'));
    expect(await nearBy<Post[]>(olive, 'post', 'ls', ben.id)).toMatchObject([{ id: posts[0]!.id, role: 'doctor' }]);
    expect(await refusedNear(ben, 'post', 'end', posts[0]!.id)).toContain('NOT_ALLOWED');

    const what = ['--categories', 'notes', '--rights', 'text'];
    const asking = (whom: Somebody): string[] => [
      'consent',
      'ask',
      whom.id,
      ...what,
      '--purpose',
      'TREAT',
      '--days',
      '30',
    ];
    const ofBen = await nearBy<AccessRequest>(nia, ...asking(ben), '--why', 'You are booked with me on Friday');
    const asked = await nearBy<AccessRequest>(ben, ...asking(aroha), '--why', 'You are booked with me on Monday');
    expect((await nearBy<AccessRequest[]>(ben, 'consent', 'asked')).map(({ id }) => id)).toEqual([asked.id, ofBen.id]);
    expect(await nearBy<AccessRequest[]>(aroha, 'consent', 'asked')).toMatchObject([{ id: asked.id, state: 'open' }]);
    const agreed = await nearBy<AccessRequest>(aroha, 'consent', 'agree', asked.id, ...what, '--until', UNTIL);
    expect(agreed).toMatchObject({ state: 'agreed', asker: ben.id });
    await ran(near, ['consent', 'revoke', agreed.consent!]);

    const grant = ['consent', 'grant', ben.id, '--subject', aroha.id, '--organisation', CLINIC, '--role', 'doctor'];
    const terms = [...what, '--until', UNTIL, '--uses', '3'];
    const given = await nearBy<Consent>(
      aroha,
      ...grant,
      ...terms,
      '--purpose',
      'TREAT',
      '--refrains',
      'DELAU',
      '--depth',
      '1',
    );
    const narrower = [...what, '--until', UNTIL, '--uses', '2', '--refrains', 'DELAU'];
    const handed = await nearBy<Consent>(ben, 'consent', 'hand-on', given.id, nia.id, ...narrower);
    expect(handed).toMatchObject({ parent: given.id, person: nia.id, uses: 2 });

    for (const version of ['r4', 'r5'])
      await ran(near, ['consent', 'export', given.id, '--fhir', version, '--out', desk.at(`consent-${version}.json`)]);
    const file = 'consent-r4.json';
    const before = await server.modules.vault.consents(aroha.id);
    const read = await nearBy<{ draft: ConsentDraft; faults: string[] }>(aroha, 'consent', 'import', file);
    const { id: _id, given: _given, used: _used, parent: _parent, state: _state, takenBack: _taken, ...draft } = given;
    expect(read).toMatchObject({ draft, faults: [] });
    // By itself a file gives nothing, not even read by the person; and nobody else's sign-in reads one about her.
    expect(await server.modules.vault.consents(aroha.id)).toEqual(before);
    expect(await refusedNear(ben, 'consent', 'import', file)).toContain('NOT_ALLOWED');
    const again = await nearBy<Consent>(aroha, 'consent', 'grant', '--draft', `${file}.draft.json`);
    expect(again).toMatchObject({ ...draft, state: 'standing' });
    const strange = JSON.parse(readFileSync(desk.at(file), 'utf8')) as Record<string, unknown>;
    writeFileSync(desk.at(file), JSON.stringify({ ...strange, implicitRules: 'http://x' }));
    expect(await refusedNear(aroha, 'consent', 'import', file)).toContain(
      'Consent.implicitRules: it changes what the rest means',
    );

    await nearBy(olive, 'post', 'end', posts[0]!.id);
    const states = (await ran<Consent[]>(near, ['consent', 'ls', '--subject', aroha.id])).map(({ id, state }) => [
      id,
      state,
    ]);
    expect(states).toContainEqual([given.id, 'standing']);
    expect((await server.modules.vault.grants.to(ben.id)).map(({ id }) => id)).toEqual([]);
  }, 240_000);

  it('asks for an export, releases it by another officer, fetches, opens, traces and refuses it', async () => {
    const conditions = ['Asthma', 'Gout', 'Eczema', 'Migraine'];
    const lines = Array.from({ length: 40 }, (_, i) => {
      const said = { suburb: i % 2 === 0 ? 'Quay' : 'Hill', condition: conditions[(i >> 1) % conditions.length] };
      const content = Buffer.from(JSON.stringify(said)).toString('base64');
      return JSON.stringify({ subject: `sub-${100 + i}`, category: 'diagnoses', media: 'application/json', content });
    });
    writeFileSync(desk.at('people.ndjson'), `${lines.join('\n')}\n`);
    expect(await ran(near, ['record', 'put', 'people.ndjson', '--bulk'])).toEqual({ stored: 40 });
    const { recipient: key } = await run<{ recipient: string }>('export', 'new-key', 'clinic.key');
    const column = (name: string, role: string) => ({ name, at: `/${name}`, role, levels: [{ by: 'exact' }] });
    const draft = {
      ...{
        category: 'diagnoses',
        shape: 'rows',
        only: null,
        purpose: 'HRESCH',
        ground: 'law',
        person: null,
        k: 5,
        l: 2,
      },
      columns: [column('suburb', 'quasi'), column('condition', 'sensitive')],
      ...{
        basis: 'HIPC 2020, rule 11(2)(c)',
        recipient: { name: 'Harbour University', key },
        until: Date.now() + 864e5,
      },
    };
    writeFileSync(desk.at('asthma.json'), JSON.stringify(draft));
    const asked = await by<Export>(olive, 'export', 'ask', 'asthma.json');
    expect(await refusedNear(olive, 'export', 'release', asked.id)).toContain('EXPORT_BY_ONESELF');
    expect(await by<Export>(otto, 'export', 'release', asked.id)).toMatchObject({ state: 'released' });
    expect(await run<Export[]>('export', 'ls')).toMatchObject([{ id: asked.id, manifest: { shown: 40 } }]);
    writeFileSync(
      desk.at('university.pem'),
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    );
    const called = ['--name', 'Harbour University', '--key', 'university.pem'];
    await by(otto, 'recipient', 'add', 'harbour-university', ...called);
    await run('export', 'fetch', asked.id, '--out', 'sealed');
    await run('export', 'open', 'sealed', '--key', 'clinic.key', '--out', 'table.ndjson');
    expect(readFileSync(desk.at('table.ndjson'), 'utf8')).toContain('"Quay"');
    const traced = await run<{ export: string }[]>('export', 'trace', 'table.ndjson', '--category', 'diagnoses');
    expect(traced).toMatchObject([{ export: asked.id, numbers: expect.any(Number) as number }]);
    const withdrawn = await by<Export>(otto, 'export', 'refuse', asked.id, '--reason', 'the study ended');
    expect(withdrawn).toMatchObject({ state: 'withdrawn', bytes: null });
  }, 120_000);

  it('shows and answers what people ask for by law', async () => {
    const made = await aroha.call<RightRequest>('POST', '/api/requests', {
      subject: aroha.id,
      kind: 'access',
      regime: 'nz',
      words: 'everything that you hold',
    });
    expect(made.status).toBe(200);
    expect(await by<RightRequest[]>(otto, 'request', 'ls')).toMatchObject([{ id: made.body.id, subject: aroha.id }]);
    const answer = ['request', 'answer', made.body.id, '--outcome', 'granted', '--words', 'It is all in your export.'];
    expect(await refusedNear(aroha, ...answer)).toContain('NOT_ALLOWED');
    expect(await by<RightRequest>(otto, ...answer)).toMatchObject({ answer: { outcome: 'granted' } });
    expect((await near.run('request', 'answer', made.body.id, '--outcome', 'maybe')).exit).toBe(2);
  }, 120_000);

  it('backs the vault up, restores it, opens it by two officers, and erases a person', async () => {
    expect(await run('vault', 'status')).toMatchObject({ isOpen: true, backups: { last: null } });
    mkdirSync(desk.at('backups'));
    const { folder } = await run<{ folder: string }>('vault', 'backup', 'backups', '--keys-to', 'safe');
    expect(readdirSync(desk.at('backups'))).toEqual([folder.split('/').at(-1)]);
    const restore = ['vault', 'restore', folder, '--keys-from', 'safe', '--reason', 'the disk failed'];
    expect((await near.run(...restore)).exit).not.toBe(0);
    expect(server.modules.vault.status().gate).toMatchObject({ is: 'open' });
    await run(...restore, '--yes');
    const closed = await desk.run<{ isOpen: boolean }>('vault', 'status');
    expect([closed.exit, closed.data.isOpen]).toEqual([1, false]);
    const { opening } = await run<{ opening: VaultOpening }>('vault', 'opening', 'opening.json');
    const hash = createHash('sha256').update(openingBytes(opening)).digest('hex');
    const signatures: string[] = [];
    for (const officer of SIGNERS) {
      const key = ['--key', `${officer}.key`, '--passphrase-file', 'passphrase', '--yes-hash', hash];
      signatures.push((await ran<{ file: string }>(near, ['sign', 'opening.json', ...key])).file);
    }
    const one = ['vault', 'open', 'opening.json', '--signatures', signatures[0]!];
    expect((await near.run(...one)).err).toContain('TOO_FEW_OFFICERS');
    await run('vault', 'open', 'opening.json', '--signatures', signatures.join(','));
    expect(server.modules.vault.status().gate).toMatchObject({ is: 'open' });
    const content = Buffer.from('{"loan":1}').toString('base64');
    const held = [
      ['sub-900', 'library'],
      ['sub-901', 'library'],
      ['sub-901', 'diagnoses'],
    ].map(([subject, category]) => JSON.stringify({ subject, category, media: 'application/json', content }));
    writeFileSync(desk.at('held.ndjson'), `${held.join('\n')}\n`);
    await ran(near, ['record', 'put', 'held.ndjson', '--bulk']);
    const erase = (who: string, typed = who) =>
      near.run('vault', 'erase', who, '--reason', 'asked for by letter', '--typed', typed);
    expect((await erase('sub-900', 'sub-102')).err).toContain('sub-900');
    // Her diagnosis is kept by law: nothing is destroyed, her loan is not either.
    expect((await erase('sub-901')).err).toContain('RECORD_KEPT_BY_LAW');
    expect((await server.modules.vault.records('sub-901')).map(({ category }) => category)).toEqual(
      expect.arrayContaining(['library', 'diagnoses']),
    );
    expect((await erase('sub-900')).data).toMatchObject({ records: 1 });
  }, 240_000);
});
