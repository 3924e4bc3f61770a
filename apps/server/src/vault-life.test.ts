/** Erased, held and certified through the running server and the command; the certificate is checked by programs that are not the city's. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Consent,
  Destruction,
  DestructionCertificate,
  ErasureAnswer,
  Hold,
  ReceiptFile,
  Unsealing,
} from '@cityward/contracts';
import { receiptSignedBytes, signedBytes, verifyDestruction } from '@cityward/vault/verify';
import { callLocally, eventually } from './testing-clients.ts';
import { commandIn, type Desk } from './testing-journey.ts';
import { peopleOf, type Somebody } from './testing-people.ts';
import { openTestServer, type TestServer } from './testing.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) process.stderr.write('\nSKIPPED: openssl is not installed (apt install openssl)\n\n');
const PASSPHRASE = 'a passphrase long enough to do';

let server: TestServer;
let desk: Desk;
async function run<T>(...words: string[]): Promise<T> {
  const { exit, data, err } = await desk.run<T>(...words);
  if (exit !== 0) throw new Error(err);
  return data;
}
const refused = async (...words: string[]): Promise<string> => (await desk.run(...words)).err;
const put = async (subject: string, category: string): Promise<string> =>
  (await run<{ record: string }>('record', 'put', 'note.json', '--subject', subject, '--category', category)).record;

let somebody: ReturnType<typeof peopleOf>['somebody'];
let as: ReturnType<typeof peopleOf>['as'];
let aroha: Somebody;
let olive: Somebody;
let otto: Somebody;
let ona: Somebody;
let opal: Somebody;
let oren: Somebody;
beforeAll(async () => {
  server = await openTestServer();
  desk = commandIn(mkdtempSync(join(tmpdir(), 'cityward-desk-')), server.config);
  const { somebody: come, as: way } = peopleOf(server, desk);
  [somebody, as] = [come, way];
  [aroha, olive, otto] = [await somebody('Aroha'), await somebody('Olive', true), await somebody('Otto', true)];
  [ona, opal, oren] = [await somebody('Ona', true), await somebody('Opal', true), await somebody('Oren', true)];
  writeFileSync(desk.at('note.json'), '{"note":"4711-canary"}');
  writeFileSync(desk.at('pass'), `${PASSPHRASE}\n`, { mode: 0o600 });
  writeFileSync(desk.at('root.pem'), server.modules.identity.authority.rootPem);
  writeFileSync(desk.at('log.vkey'), server.modules.ledger.status().verifierKey);
}, 120_000);
afterAll(async () => {
  await server?.halt();
  for (const folder of [server.config.dataFolder, desk.at('')]) rmSync(folder, { recursive: true, force: true });
});

const certifyAs = (who: Somebody, id: string): string[] => [
  ...['destruction', 'certify', id, '--name', 'Otto Ngata', '--title', 'records officer', '--location', 'City Hall'],
  ...['--contact', 'records@port.example', '--key', 'otto.key', '--passphrase-file', 'pass', '--yes', ...as(who)],
];

/** Takes the city's signature over these bytes, and over no others. */
function opensslTakes(bytes: Buffer, signature: string): void {
  if (!hasOpenssl) return;
  writeFileSync(desk.at('signed.p7s'), Buffer.from(signature, 'base64'));
  const args = ['cms', '-verify', '-binary', '-purpose', 'any', '-inform', 'DER', '-in', desk.at('signed.p7s')];
  const files = ['-content', desk.at('signed.json'), '-CAfile', desk.at('root.pem'), '-out', desk.at('out')];
  writeFileSync(desk.at('signed.json'), bytes);
  expect(spawnSync('openssl', [...args, ...files]).status).toBe(0);
  writeFileSync(desk.at('signed.json'), Buffer.concat([bytes, Buffer.from(' ')]));
  expect(spawnSync('openssl', [...args, ...files]).status).not.toBe(0);
}

describe('the receipt of a consent', () => {
  it('is written when it is given and when it is taken back, and verifies without the city', async () => {
    const draft = {
      ...{
        subject: aroha.id,
        person: olive.id,
        scope: { of: 'categories', categories: ['library'] },
        rights: ['text'],
      },
      ...{ purpose: 'TREAT', from: Date.now(), until: Date.now() + 3_600_000, uses: null, refrains: ['NOREUSE'] },
    };
    const { id } = (await aroha.call<Consent>('POST', '/api/consents', draft)).body;
    const write = (event: string): Promise<true> =>
      eventually('the ledger has it', async () =>
        (await desk.run('consent', 'receipt', id, '--out', `${event}.json`)).exit === 0 ? true : null,
      );
    await write('given');
    await run('consent', 'revoke', id);
    await write('taken-back');
    for (const event of ['given', 'taken-back']) {
      const check = ['verify', 'receipt', `${event}.json`, '--ca', 'root.pem', '--key-file', 'log.vkey'];
      const { receipt } = await run<{ receipt: ReceiptFile['signed']['receipt'] }>(...check);
      expect(receipt).toMatchObject({ record_id: id, pii_principal_id: aroha.id });
      expect(receipt.events.at(-1)).toMatchObject({ event_state: event });
      const file = JSON.parse(readFileSync(desk.at(`${event}.json`), 'utf8')) as ReceiptFile;
      opensslTakes(receiptSignedBytes(file.signed), file.city);
      file.signed.receipt.purposes[0].processing_methods.push('export');
      writeFileSync(desk.at(`${event}.json`), JSON.stringify(file));
      expect((await desk.run(...check)).exit).toBe(4);
    }
    expect((await otto.call('GET', `/api/consents/${id}/receipt`)).status).toBe(200);
    const stranger = await somebody('Stranger');
    expect((await stranger.call('GET', `/api/consents/${id}/receipt`)).status).toBe(403);
  }, 120_000);
});

describe('erasure', () => {
  it('asked for by the person destroys what may be, seals what the law keeps, and is certified by another', async () => {
    const [health, loan] = [await put(aroha.id, 'blood-tests'), await put(aroha.id, 'library')];
    const asked = await aroha.call<ErasureAnswer>('POST', '/api/records/erase', {
      trigger: 'order-of-court',
      reason: 'I am moving away',
    });
    expect(asked.body).toMatchObject({ destroyed: 1, sealed: 1 });
    const id = asked.body.destruction!;
    expect((await aroha.call(`GET`, `/api/records/${health}/content`)).status).toBe(404);
    const [shown] = await run<Destruction[]>('destruction', 'ls');
    expect(shown).toMatchObject({ id, by: aroha.id, trigger: 'erasure-asked', state: 'to-certify', left: [] });

    await run('officers', 'key', 'otto.key', '--officer', 'otto', '--passphrase-file', 'pass');
    await run(...certifyAs(otto, id));
    expect(await refused(...certifyAs(otto, id))).toContain('CERTIFIED_ALREADY');
    await eventually('the ledger has it', async () => {
      const { exit } = await desk.run('destruction', 'certificate', id, '--record', loan);
      return exit === 0 ? true : null;
    });
    const check = ['verify', 'certificate', `${id}.json`, '--ca', 'root.pem', '--key-file', 'log.vkey'];
    expect(await run(...check, '--record', loan)).toMatchObject({ verified: true, proven: 1 });
    expect((await desk.run(...check, '--record', health)).exit).toBe(4);
    expect(
      readFileSync(desk.at(`${id}.pdf`))
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    const lives = await aroha.call<{ lives: { record: string; state: string }[] }>('GET', '/api/records/lives');
    expect(lives.body.lives.map(({ record, state }) => [record, state]).sort()).toEqual(
      [
        [health, 'sealed'],
        [loan, 'closed'],
      ].sort(),
    );
    await foreign(id);
  }, 180_000);

  /** The signature by openssl; forged, partial, by a stranger's city: refused by our own verifier. */
  async function foreign(id: string): Promise<void> {
    const file = JSON.parse(readFileSync(desk.at(`${id}.json`), 'utf8')) as DestructionCertificate;
    opensslTakes(signedBytes(file.signed), file.city);
    const keys = {
      ca: readFileSync(desk.at('root.pem'), 'latin1'),
      verifierKey: readFileSync(desk.at('log.vkey'), 'utf8'),
    };
    const json = (change: object): Uint8Array => Buffer.from(JSON.stringify({ ...file, ...change }));
    const record = { ...file.signed.record, copies: [] };
    expect(verifyDestruction({ json: json({}), ...keys }).ok).toBe(true);
    expect(verifyDestruction({ json: json({ signed: { ...file.signed, record } }), ...keys }).ok).toBe(false);
  }

  it('certified by who ordered it, by a link or by the machine is refused', async () => {
    const loan = await put(aroha.id, 'library');
    const body = { subject: aroha.id, records: [loan], trigger: 'officer', reason: 'a mistake' };
    const erased = await otto.call<ErasureAnswer>('POST', '/api/records/erase', body);
    expect(await refused(...certifyAs(otto, erased.body.destruction!))).toContain('VERIFIER_IS_DESTROYER');
    const draft = { verifier: { name: 'x', title: 'x', location: 'x', contact: 'x' } };
    const path = `/api/destructions/${erased.body.destruction!}/draft`;
    expect((await callLocally<{ code: string }>(server.config.dataFolder, path, draft)).body.code).toBe('NOT_ALLOWED');
    expect((await aroha.call<{ code: string }>('POST', path, draft)).body.code).toBe('NOT_ALLOWED');
  }, 60_000);
});

describe('a recipient', () => {
  it('is asked by a document that the city signed, and its own signature alone lets the destruction be certified', async () => {
    const loan = await put(aroha.id, 'library');
    for (const [args, out] of [
      [['genpkey', '-algorithm', 'ED25519'], 'clinic.key'],
      [['pkey', '-in', desk.at('clinic.key'), '-pubout'], 'clinic.pem'],
      [['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'stranger.key'],
    ] as const)
      expect(spawnSync('openssl', [...args, '-out', desk.at(out)]).status).toBe(0);
    const about = ['--name', 'Harbour Clinic', '--key', 'clinic.pem'];
    expect(await refused('recipient', 'add', 'harbour-clinic', ...about, ...as(aroha))).toContain('NOT_ALLOWED');
    await run('recipient', 'add', 'harbour-clinic', ...about, ...as(otto));
    await run('recipient', 'note', 'harbour-clinic', '--records', loan, '--basis', 'paper copy', ...as(olive));
    await run('record', 'destroy', loan, '--reason', 'asked by letter');
    const [asked] = await run<{ id: string; state: string }[]>('recipient', 'requests', '--state', 'asked');
    await run('recipient', 'request', asked!.id, 'request.json');
    writeFileSync(desk.at('root.pem'), server.modules.identity.authority.rootPem);
    const signed = (key: string, out: string): string[] => [
      ...['recipient', 'sign', 'request.json', out, '--ca', 'root.pem', '--key', key, '--did', 'deleted'],
    ];
    await run(...signed('stranger.key', 'forged.json'));
    expect(await refused('recipient', 'receipt', 'forged.json')).toContain('RECEIPT_NOT_VALID');
    const changed = readFileSync(desk.at('request.json'), 'utf8').replace('"delete"', '"revoke"');
    writeFileSync(desk.at('changed.json'), changed);
    expect((await desk.run(...signed('clinic.key', 'x.json').with(2, 'changed.json'))).exit).toBe(4);
    await run(...signed('clinic.key', 'receipt.json'));
    expect(await run('recipient', 'receipt', 'receipt.json')).toMatchObject({ state: 'deleted' });
    expect(await refused('recipient', 'receipt', 'receipt.json')).toContain('REQUEST_ANSWERED');
    await server.modules.vault.desk().tend();
    const [destruction] = await run<Destruction[]>('destruction', 'ls');
    expect(destruction).toMatchObject({ state: 'to-certify', left: [] });
  }, 120_000);
});

describe('a legal hold', () => {
  it('is asked for and set by two officers, and keeps what the machine would destroy', async () => {
    const loan = await put(aroha.id, 'library');
    const what = ['--subject', aroha.id, '--category', 'library', '--basis', 'claim 12/27', '--clause', 'HCR 8.3'];
    const hold = await run<Hold>('hold', 'ask', ...what, ...as(olive));
    expect(await refused('hold', 'set', hold.id, ...as(olive))).toContain('SECOND_OFFICER');
    expect((await run<Hold>('hold', 'set', hold.id, ...as(otto))).state).toBe('set');
    expect((await run<Hold[]>('hold', 'ls')).map(({ id }) => id)).toEqual([hold.id]);
    expect(await refused('record', 'destroy', loan, '--reason', 'tidy')).toContain('RECORD_HELD');
    const erased = await run<ErasureAnswer>('record', 'erase', '--subject', aroha.id, '--reason', 'asked by letter');
    expect(erased).toMatchObject({ destroyed: 0, destruction: null });
    expect(erased.words.join(' ')).toContain('locked because of a legal matter');
    const opening = ['--subject', aroha.id, '--records', loan, '--reader', oren.id, '--reason', 'claim 12/27'];
    const order = ['--clause', 'HCR 8.3', '--reference', 'CIV-2027-404-12', '--days', '1'];
    const { id } = await run<Unsealing>('unsealing', 'ask', ...opening, ...order, ...as(opal));
    expect(await refused('unsealing', 'approve', id, ...as(opal))).toContain('SECOND_OFFICER');
    expect(await refused('unsealing', 'approve', id, ...as(oren))).toContain('UNSEALING_PARTY');
    expect(await refused('unsealing', 'ask', ...opening, ...order, '--quiet', ...as(opal))).toContain('ORDER_WANTED');
    expect(await run<Unsealing>('unsealing', 'approve', id, ...as(ona))).toMatchObject({
      state: 'open',
      reader: oren.id,
    });
    expect((await run<Unsealing[]>('unsealing', 'ls')).map((one) => one.id)).toEqual([id]);
    expect((await run<Unsealing>('unsealing', 'end', id, ...as(ona))).state).toBe('ended');
    for (const who of [olive, otto]) await run('hold', 'lift', hold.id, '--basis', 'settled', ...as(who));
    expect(await server.modules.vault.desk().tend()).toMatchObject({ fellDue: 1, destroyed: 1 });
  }, 120_000);
});

describe('records in bulk', () => {
  it('are stored from a file, seen, registered, and erased with their owner; a bad line stores none of its batch', async () => {
    const lines = Array.from({ length: 620 }, (_, i) => {
      const content = Buffer.from(JSON.stringify({ n: i })).toString('base64');
      return JSON.stringify({ subject: `sub-${i % 7}`, category: 'library', media: 'application/json', content });
    });
    writeFileSync(desk.at('many.ndjson'), `${lines.join('\n')}\n`);
    expect(await run('record', 'put', 'many.ndjson', '--bulk')).toEqual({ stored: 620 });
    const held = await server.modules.vault.records('sub-3');
    expect(held).toHaveLength(89);
    expect((await server.modules.vault.copies().of({ subject: 'sub-3' })).map(({ kind }) => kind)).toContain('primary');
    writeFileSync(desk.at('bad.ndjson'), `${lines[0]!}\n${lines[1]!.replace('application/json', 'application/pdf')}\n`);
    expect(await refused('record', 'put', 'bad.ndjson', '--bulk')).toMatch(
      /lines 1 to 2 were not stored, 0 before them are.*RECORD_NOT_AS_SAID/s,
    );
    expect(await server.modules.vault.records('sub-0')).toHaveLength(89);
    const erased = await run<ErasureAnswer>('record', 'erase', '--subject', 'sub-3', '--reason', 'moved away');
    expect(erased).toMatchObject({ destroyed: 89, sealed: 0 });
  }, 120_000);
});
