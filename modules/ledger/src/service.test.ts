/** The module as others use it: facts in, entries listed, packs out, the index made again. */
import { rmSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, type LedgerEntry } from '@cityward/contracts';
import { ok, systemClock, type Refusal, type Result } from '@cityward/kernel';
import { createHttpListener, type RawAnswer } from '@cityward/http';
import { silentLog } from '@cityward/log';
import { openTestSql } from '@cityward/sql/testing';
import { createLedger, type Ledger } from './index.ts';
import { factOf, factsOf, newFolder, ORIGIN } from './fixture.ts';
import { verifyLog, verifyPack } from './verify.ts';
import type { LedgerFact } from './domain/body.ts';

type TestSql = Awaited<ReturnType<typeof openTestSql>>;
let sql: TestSql;
const open: Ledger[] = [];
beforeAll(async () => {
  sql = await openTestSql();
});
afterEach(async () => {
  for (const ledger of open.splice(0)) await ledger.stop();
  await sql.reset();
});
afterAll(() => sql.stop());

async function ledgerIn(folder: string): Promise<Ledger> {
  const ledger = createLedger({
    folder: join(folder, 'ledger'),
    keyFile: join(folder, 'key.pem'),
    origin: ORIGIN,
    sql,
    clock: systemClock,
    log: silentLog,
  });
  await ledger.start();
  open.push(ledger);
  return ledger;
}
async function closed(ledger: Ledger): Promise<void> {
  open.splice(open.indexOf(ledger), 1);
  await ledger.stop();
}

async function ask<T>(ledger: Ledger, name: string, input: object): Promise<Result<T, Refusal>> {
  const found = ledger.routes.find((route) => route.endpoint.name === name)!;
  const caller = {
    principal: { ...ANONYMOUS, type: 'Person' as const, id: 'per-auditor' },
    id: 'r',
    sessionToken: null,
    setSession: () => undefined,
    origin: '',
  };
  const filled = { params: undefined, query: {}, body: undefined, ...input } as unknown as Parameters<
    typeof found.handle
  >[0];
  return (await found.handle(filled, caller)) as Result<T, Refusal>;
}
async function asked<T>(ledger: Ledger, name: string, input: object = {}): Promise<T> {
  const answer = await ask<T>(ledger, name, input);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}
const list = (ledger: Ledger, query: object) =>
  asked<{ size: number; entries: LedgerEntry[] }>(ledger, 'listEntries', { query });
const rows = async (): Promise<number> =>
  (await raw<{ n: number }>`select count(*)::int as n from ledger.entry`.execute(sql.for())).rows[0]!.n;

const AT = 1_764_000_000_000;
const story: LedgerFact[] = [
  factOf('evt-a', {
    module: 'watch',
    type: 'finding.raised',
    subject: 'fnd-1',
    data: { title: 'Speaks to a stranger', device: 'cam-0007' },
  }),
  factOf('evt-b', {
    module: 'watch',
    type: 'finding.raised',
    subject: 'fnd-2',
    data: { title: 'Elsewhere', device: 'cam-0007' },
  }),
  factOf('evt-c', {
    module: 'respond',
    type: 'situation.opened',
    subject: 'sit-1',
    data: { finding: 'fnd-1', devices: ['cam-0007'] },
  }),
  factOf('evt-d', {
    module: 'respond',
    type: 'incident.opened',
    subject: 'inc-1',
    data: { situation: 'sit-1', title: 'Cameras' },
  }),
  factOf('evt-e', {
    module: 'respond',
    type: 'containment.applied',
    subject: 'con-1',
    data: { incident: 'inc-1', devices: ['cam-0007'] },
  }),
  factOf('evt-f', {
    module: 'identity',
    type: 'device.held',
    subject: 'cam-0007',
    at: AT + 1_000,
    data: { reason: 'contained' },
  }),
  factOf('evt-g', { module: 'identity', type: 'device.enrolled', subject: 'cam-0007', data: {} }),
  factOf('evt-h', {
    module: 'identity',
    type: 'device.held',
    subject: 'cam-0007',
    at: AT - 86_400_000,
    data: { reason: 'long before' },
  }),
  factOf('evt-i', {
    module: 'identity',
    type: 'person.signed-in',
    subject: 'per-2',
    actor: 'per-2',
    personal: true,
    data: { note: 'inc-1' },
  }),
];

describe('entries', () => {
  it('are listed newest first, in plain English, filtered, before the index in SQL is filled and after', async () => {
    const ledger = await ledgerIn(newFolder());
    await ledger.append(story);
    for (const isFilled of [false, true]) {
      if (isFilled) await ledger.indexed();
      const all = await list(ledger, { limit: 3 });
      expect(all.size).toBe(9);
      expect(all.entries.map((entry) => entry.index)).toEqual([8, 7, 6]);
      expect(all.entries[1]).toMatchObject({
        text: 'per-0001 held device cam-0007: long before',
        body: { reason: 'long before' },
        personal: false,
      });
      expect(all.entries[0]).toMatchObject({ type: 'person.signed-in', body: null, personal: true });
      expect((await list(ledger, { type: 'finding.raised' })).entries.map((entry) => entry.index)).toEqual([1, 0]);
      expect((await list(ledger, { subject: 'cam-0007', limit: 1 })).entries.map((entry) => entry.index)).toEqual([7]);
      expect((await list(ledger, { subject: 'cam-0007', before: 6 })).entries.map((entry) => entry.index)).toEqual([5]);
      expect((await list(ledger, { actor: 'per-2' })).entries.map((entry) => entry.index)).toEqual([8]);
      expect((await list(ledger, { actor: 'per-0001', limit: 2 })).entries.map((entry) => entry.index)).toEqual([7, 6]);
      expect((await list(ledger, { from: AT + 1 })).entries.map((entry) => entry.index)).toEqual([5]);
      expect((await list(ledger, { actor: 'per-0001', to: AT - 1 })).entries.map((entry) => entry.index)).toEqual([7]);
      expect((await list(ledger, { actor: 'per-2', to: AT - 1 })).entries).toEqual([]);
      expect((await list(ledger, { before: 2 })).entries.map((entry) => entry.index)).toEqual([1, 0]);
      expect((await list(ledger, { type: 'nothing' })).entries).toEqual([]);
    }
    expect(ledger.status()).toMatchObject({ behind: 0, durable: 9, size: 9, notes: [] });
    expect(await ledger.entryOf('evt-d')).toBe(3);
  });

  it('of people stay commitments in public: neither type nor exact time nor body', async () => {
    const ledger = await ledgerIn(newFolder());
    await ledger.append([
      factOf('evt-p', {
        type: 'person.signed-in',
        module: 'identity',
        subject: 'per-secret',
        at: 1_764_000_123_456,
        personal: true,
      }),
    ]);
    await asked(ledger, 'entryProof', { params: { index: 0 } });
    const bundle = Buffer.from(ledger.staticFile('/tile/entries/000.p/1')!.body as Uint8Array).toString();
    expect(bundle).toMatch(/"at":1764000000000,"commitment":"[^"]{44}","type":"personal"/);
    expect(bundle).not.toContain('per-secret');
    expect(bundle).not.toContain('signed-in');
  });

  it('stated by people are numbered without gaps', async () => {
    const ledger = await ledgerIn(newFolder());
    const statements = [
      { subject: 'pump-0001', text: 'Seal replaced' },
      { subject: 'pump-0001', text: 'Seal checked' },
    ];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        asked<{ first: number; count: number }>(ledger, 'recordEvidence', { body: { statements } }),
      ),
    );
    expect(answers.map((answer) => answer.first).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, i) => i * 2),
    );
    expect((await list(ledger, { limit: 1 })).entries[0]!.text).toBe(
      'per-auditor stated about pump-0001: Seal checked',
    );
  });
});

describe('what facts mention', () => {
  it('is asked by type, actor and time, each once for a subject', async () => {
    const ledger = await ledgerIn(newFolder());
    const viewed = { type: 'record.viewed', module: 'vault', personal: true, actor: 'per-ben' } as const;
    await ledger.append([
      factOf('evt-1', { ...viewed, subject: 'sub-a', at: 10, data: { record: 'rec-1', consent: 'con-1' } }),
      factOf('evt-2', { ...viewed, subject: 'sub-a', at: 20, data: { record: 'rec-1' } }),
      factOf('evt-3', { ...viewed, subject: 'sub-b', at: 20, data: { record: 'rec-2' } }),
      factOf('evt-4', { ...viewed, actor: 'per-cat', subject: 'sub-c', at: 20, data: { record: 'rec-3' } }),
      factOf('evt-5', { ...viewed, type: 'record.put', subject: 'sub-d', at: 20, data: { record: 'rec-4' } }),
      factOf('evt-6', { ...viewed, subject: 'sub-e', at: 30, data: { record: 'rec-5' } }),
    ]);
    const asked = { types: ['record.viewed'], from: 10, to: 20, prefix: 'rec-' };
    const by = async (actors: readonly string[] | null) =>
      (await ledger.mentions({ ...asked, actors })).map(({ subject, mention }) => `${subject} ${mention}`).sort();
    expect(await by(['per-ben', 'per-none'])).toEqual(['sub-a rec-1', 'sub-b rec-2']);
    expect(await by(null)).toEqual(['sub-a rec-1', 'sub-b rec-2', 'sub-c rec-3']);
  });
});

describe('packs', () => {
  it('hold what belongs to an incident, and the export itself', async () => {
    const ledger = await ledgerIn(newFolder());
    await ledger.append(story);
    const pack = await asked<RawAnswer>(ledger, 'evidencePack', { query: { incident: 'inc-1' } });
    expect(pack.fileName).toMatch(/^evidence-inc-1-\d{4}-\d\d-\d\d\.zip$/);
    const verdict = verifyPack(pack.body as Uint8Array, { verifierKey: ledger.status().verifierKey });
    expect(verdict.faults).toEqual([]);
    expect(verdict.exhibits.map((exhibit) => exhibit.index)).toEqual([0, 2, 3, 4, 5, 8, 9]);
    expect(verdict.sentences.at(-1)).toContain('per-auditor exported 6 entries');
    expect(verdict.incident).toBe('inc-1');
    expect(await ask(ledger, 'evidencePack', { query: { incident: 'inc-none' } })).toMatchObject({
      ok: false,
      error: { code: 'INCIDENT_UNKNOWN' },
    });
  });
  it('of somebody hold the entries that were chosen, and their export is about the same one', async () => {
    const ledger = await ledgerIn(newFolder());
    await ledger.append(story);
    const pack = await ledger.packOf({ subject: 'per-1', entries: [4, 1] }, 'per-1');
    const verdict = verifyPack(pack!, { verifierKey: ledger.status().verifierKey });
    expect(verdict.faults).toEqual([]);
    expect(verdict.exhibits.map(({ index, body }) => [index, body.type])).toEqual([
      [1, story[1]!.type],
      [4, story[4]!.type],
      [story.length, 'evidence.exported'],
    ]);
    expect(verdict.exhibits.at(-1)!.body).toMatchObject({ subject: 'per-1', personal: true });
    expect(await ledger.packOf({ subject: 'per-1', entries: [] }, 'per-1')).toBeNull();
  });
  it('without an incident hold the newest thousand, and an empty ledger still gives one', async () => {
    const ledger = await ledgerIn(newFolder());
    const key = { verifierKey: ledger.status().verifierKey };
    const first = await asked<RawAnswer>(ledger, 'evidencePack');
    expect(verifyPack(first.body as Uint8Array, key)).toMatchObject({ ok: true, counts: { entries: 1 } });
    await ledger.append(factsOf(0, 1_100));
    const pack = await asked<RawAnswer>(ledger, 'evidencePack');
    expect(verifyPack(pack.body as Uint8Array, key)).toMatchObject({
      ok: true,
      counts: { entries: 1_001 },
      size: 1_102,
    });
    expect(await ask(ledger, 'entryProof', { params: { index: 5_000 } })).toMatchObject({
      ok: false,
      error: { code: 'ENTRY_UNKNOWN' },
    });
  });
});

describe('the index in SQL', () => {
  it('is filled again when the database lost it, and the facts are still taken once', async () => {
    const folder = newFolder();
    const first = await ledgerIn(folder);
    await first.append(factsOf(0, 2_500));
    await first.indexed();
    expect(await rows()).toBe(2_500);
    await closed(first);
    await sql.reset();
    const again = await ledgerIn(folder);
    await again.append(factsOf(0, 2_500));
    await again.indexed();
    expect(await rows()).toBe(2_500);
    expect(again.status()).toMatchObject({ durable: 2_500, behind: 0, notes: [] });
  });
  it('of other or newer files is made again, and said so', async () => {
    const folder = newFolder();
    const ledger = await ledgerIn(folder);
    await ledger.append(factsOf(0, 10));
    await ledger.indexed();
    await closed(ledger);
    cpSync(folder, `${folder}-old`, { recursive: true });
    const newer = await ledgerIn(folder);
    await newer.append(factsOf(10, 10));
    await newer.indexed();
    await closed(newer);
    const older = await ledgerIn(`${folder}-old`);
    await older.indexed();
    expect(older.status().notes).toEqual([expect.stringContaining('hold 10 entries, but the database has seen 20')]);
    expect(await rows()).toBe(10);
    await closed(older);
    const other = await ledgerIn(newFolder());
    expect(other.status().notes).toEqual([expect.stringContaining('hold 0 entries')]);
    await other.append(factsOf(0, 12));
    await other.indexed();
    await closed(other);
    const stranger = await ledgerIn(folder);
    expect(stranger.status().notes).toEqual([expect.stringContaining('another ledger was put in their place')]);
  });
});

describe('over HTTP', () => {
  it('checkpoint and tiles are served as C2SP asks, and a stranger audits the log with them', async () => {
    const ledger = await ledgerIn(newFolder());
    await ledger.append(factsOf(0, 700));
    await asked(ledger, 'entryProof', { params: { index: 699 } });
    const listener = createHttpListener({
      host: '127.0.0.1',
      port: 0,
      allowedHosts: ['127.0.0.1'],
      allowedOrigins: [],
      routes: ledger.routes,
      rawRoutes: ledger.logRoutes,
      authenticate: () => ANONYMOUS,
      authorise: () => Promise.resolve(ok(undefined)),
      statusOf: () => 400,
      log: silentLog,
    });
    await listener.start();
    const base = `${listener.addresses()[0]}/ledger/`;
    const checkpoint = await fetch(`${base}checkpoint`);
    expect([
      checkpoint.status,
      checkpoint.headers.get('content-type'),
      checkpoint.headers.get('cache-control'),
    ]).toEqual([200, 'text/plain; charset=utf-8', 'no-cache']);
    const full = await fetch(`${base}tile/0/000`);
    expect(full.headers.get('content-type')).toBe('application/octet-stream');
    expect(full.headers.get('cache-control')).toContain('immutable');
    expect((await full.arrayBuffer()).byteLength).toBe(8_192);
    for (const path of [
      'tile/0/003',
      'tile/0/002.p/200',
      'tile/0/2',
      'tile/entries/..%2f..%2fkeys',
      'tile/9/000',
      'tile/',
    ])
      expect((await fetch(base + path)).status, path).toBe(404);
    const read = async (path: string) => new Uint8Array(await (await fetch(base + path)).arrayBuffer());
    const verdict = await verifyLog(read, { verifierKey: ledger.status().verifierKey });
    expect(verdict).toMatchObject({ ok: true, counts: { entries: 700, bundles: 3, tiles: 4 } });
    await listener.stop();
  });
});

it('tells listeners of each checkpoint, and needs no SQL to be opened by another process', async () => {
  const folder = newFolder();
  const ledger = await ledgerIn(folder);
  const seen: number[] = [];
  const stop = ledger.onCheckpoint(({ size, root }) => {
    expect(Buffer.from(root, 'base64')).toHaveLength(32);
    seen.push(size);
  });
  await ledger.append(factsOf(0, 3));
  await asked(ledger, 'entryProof', { params: { index: 2 } });
  expect(seen.at(-1)).toBe(3);
  stop();
  await closed(ledger);
  rmSync(join(folder, 'ledger', 'mark.json'));
  const again = await ledgerIn(folder);
  expect(again.status().size).toBe(3);
});
