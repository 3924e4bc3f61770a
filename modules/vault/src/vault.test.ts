/** The vault over real SQL, real files and the city's own policy: who sees what, and no further than was said. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RECORD_MAX_BYTES, type ConsentDraft, type RecordDraft } from '@cityward/contracts';
import {
  AROHA,
  BEN,
  codeOf,
  consentTo,
  keysInTheClear,
  must,
  NOW,
  OFFICER,
  person,
  recordOf,
  TEXT,
} from './testing.ts';
import { deaf, look, useVault } from './testing-rig.ts';
import type { Look } from './viewing/viewing.ts';

const rig = useVault();
const whys = (): unknown[] => rig.at.ledger.of('record.refused').map(({ data }) => data['why']);

describe('a record', () => {
  it('is seen by its owner, and by whom the owner lets see it; each look is in the ledger', async () => {
    const record = await rig.put();
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    const consent = await rig.give();
    expect(await rig.seen(record)).toBe(TEXT);
    expect(await rig.seen(record, { principal: person(AROHA), purpose: 'PATRQT' })).toBe(TEXT);
    await rig.restart();
    expect(await rig.seen(record)).toBe(TEXT);
    expect(rig.at.ledger.facts.map(({ type, actor, subject, personal }) => [type, actor, subject, personal])).toEqual([
      ['record.refused', BEN, AROHA, true],
      ['record.viewed', BEN, AROHA, true],
      ['record.viewed', AROHA, AROHA, true],
      ['record.viewed', BEN, AROHA, true],
    ]);
    expect(rig.at.ledger.facts.map(({ data }) => data)).toEqual([
      { record, purpose: 'TREAT', why: 'no-consent' },
      { record, purpose: 'TREAT', version: 1, consent },
      { record, purpose: 'PATRQT', version: 1, consent: null },
      { record, purpose: 'TREAT', version: 1, consent },
    ]);
    expect((await rig.outbox()).map(({ type, actor, subject }) => [type, actor, subject])).toEqual([
      ['record.put', OFFICER, AROHA],
      ['notice.given', OFFICER, AROHA],
      ['consent.given', AROHA, AROHA],
    ]);
    expect(JSON.stringify([rig.at.ledger.facts, await rig.outbox()])).not.toContain('4711');
  });

  it('has a list of who looked, in pages, newest first', async () => {
    const record = await rig.put();
    const consent = await rig.give();
    await rig.seen(record, { purpose: 'HRESCH' });
    await rig.seen(record);
    const looks = await rig.at.vault.looks.list(AROHA, {});
    expect(looks).toEqual([
      {
        entry: 1,
        at: NOW,
        what: 'viewed',
        by: BEN,
        machine: false,
        record,
        version: 1,
        purpose: 'TREAT',
        consent,
        emergency: null,
        why: null,
      },
      {
        ...{
          entry: 0,
          at: NOW,
          what: 'refused',
          by: BEN,
          machine: false,
          record,
          version: null,
          purpose: 'HRESCH',
          consent: null,
          emergency: null,
        },
        why: 'another-purpose',
      },
    ]);
    expect(await rig.at.vault.looks.list(AROHA, { before: 1 })).toEqual(looks.slice(1));
    expect(await rig.at.vault.looks.list(AROHA, { limit: 1 })).toEqual(looks.slice(0, 1));
    expect(await rig.at.vault.looks.list('per-cat', {})).toEqual([]);
  });

  it('has versions, each under a key of its own', async () => {
    const record = await rig.put();
    const next = must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    expect(next).toEqual({ record, version: 2 });
    await rig.give();
    expect([
      await rig.seen(record),
      await rig.seen(record, { version: 1 }),
      await rig.seen(record, { version: 3 }),
    ]).toEqual(['second', TEXT, 'RECORD_NOT_SEEN']);
    expect(new Set((await keysInTheClear(join(rig.folder, 'keys'))).map(String)).size).toBe(5);
    expect((await rig.at.vault.records(AROHA)).map(({ versions }) => versions.length)).toEqual([2]);
  });

  it.each<[string, Partial<RecordDraft>]>([
    ['RECORD_NOT_AS_SAID', { media: 'application/pdf' }],
    ['RECORD_NOT_AS_SAID', { media: 'image/png' }],
    ['RECORD_NOT_AS_SAID', { media: 'image/jpeg' }],
    ['RECORD_NOT_AS_SAID', { content: Buffer.from('{"no":"resource"}').toString('base64') }],
    ['RECORD_NOT_AS_SAID', { media: 'application/json', content: Buffer.from('{').toString('base64') }],
    ['RECORD_TOO_LARGE', { content: Buffer.alloc(RECORD_MAX_BYTES + 1, ' ').toString('base64') }],
    ['RECORD_UNKNOWN', { record: 'rec-0000' }],
  ])('is refused with %s where it is not what it is said to be', async (code, change) => {
    expect(codeOf(await rig.at.vault.put(recordOf(TEXT, change), OFFICER))).toBe(code);
    expect(await rig.at.vault.records(AROHA)).toEqual([]);
  });

  it('may be a PDF or a picture, and comes back byte by byte', async () => {
    const files = [
      ['application/pdf', Buffer.from('%PDF-1.7\n\u0000\u00ff', 'latin1')],
      ['image/png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255])],
      ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1])],
    ] as const;
    for (const [media, bytes] of files) {
      const record = await rig.put({ media, content: bytes.toString('base64') });
      const answer = must(await rig.at.vault.view(look(record, { principal: person(AROHA) })));
      expect([answer.media, answer.content.equals(bytes)]).toEqual([media, true]);
    }
  });

  it('takes no version for another person or category', async () => {
    const record = await rig.put();
    for (const change of [{ subject: 'per-cat' }, { category: 'notes' }])
      expect(codeOf(await rig.at.vault.put(recordOf('x', { record, ...change }), OFFICER))).toBe('RECORD_UNKNOWN');
  });

  it('does not open where somebody put its ciphertext in the place of another', async () => {
    const [mine, theirs] = [await rig.put(), await rig.put({ subject: 'per-cat' }, 'theirs')];
    await rig.give();
    const db = rig.sql.for<{ 'vault.version': { record: string; content: Buffer; key: string } }>();
    const stolen = await db.selectFrom('vault.version').selectAll().where('record', '=', theirs).executeTakeFirst();
    await db.deleteFrom('vault.version').where('record', '=', theirs).execute();
    const { content, key } = stolen!;
    await db.updateTable('vault.version').set({ content, key }).where('record', '=', mine).execute();
    expect(await rig.seen(mine)).toBe('CONTENT_ALTERED');
  });
});

describe('a consent', () => {
  it.each<[string, Partial<ConsentDraft>, Partial<Look>]>([
    ['no-consent', {}, { principal: person('per-cat') }],
    ['no-consent', {}, { principal: { ...person(BEN), type: 'Service', attributes: {} } }],
    ['another-record', { scope: { of: 'categories', categories: ['notes'] } }, {}],
    ['another-record', { scope: { of: 'records', records: ['rec-0000'] } }, {}],
    ['another-purpose', {}, { purpose: 'HRESCH' }],
    ['right-not-given', { rights: ['view'] }, {}],
    ['not-yet', { from: NOW + 1 }, {}],
    ['policy', {}, { principal: person(BEN, 'link') }],
  ])('does not reach further than it says: %s', async (why, draft, change) => {
    const record = await rig.put();
    await rig.give(draft);
    const answer = await rig.at.vault.view(look(record, change));
    const unknown = await rig.at.vault.view(look('rec-0000', change));
    // There or not, the answer is the same but for the id that was asked.
    const told = (one: typeof answer): string => JSON.stringify(one).replace(/rec-[0-9a-z]+/g, 'rec');
    expect(codeOf(answer)).toBe('RECORD_NOT_SEEN');
    expect(told(answer)).toBe(told(unknown));
    expect(whys()).toEqual([why, 'unknown']);
  });

  it('ends at its end, to the millisecond', async () => {
    const record = await rig.put();
    await rig.give({ until: NOW + 1_000 });
    rig.at.clock.now = NOW + 999;
    expect(await rig.seen(record)).toBe(TEXT);
    rig.at.clock.now = NOW + 1_000;
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
  });

  it('is used as often as it says, by however many at once, and not more after a restart', async () => {
    const record = await rig.put();
    await rig.give({ uses: 3 });
    const looks = await Promise.all(Array.from({ length: 8 }, () => rig.seen(record)));
    expect(looks.filter((text) => text === TEXT)).toHaveLength(3);
    await rig.restart();
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
    expect(whys()).toEqual(Array.from({ length: 6 }, () => 'used-up'));
    expect((await rig.at.vault.consents(AROHA)).map(({ used, state }) => [used, state])).toEqual([[3, 'used-up']]);
  });

  it('counts a use that SQL never heard of', async () => {
    const record = await rig.put();
    await rig.give({ uses: 1 });
    await rig.restartOver(deaf(rig.sql));
    expect(await rig.seen(record)).toBe(TEXT);
    await rig.restartOver(rig.sql);
    expect(await rig.seen(record)).toBe('RECORD_NOT_SEEN');
  });

  it.each<[string, Partial<ConsentDraft>, string]>([
    ['PERSON_UNKNOWN', { person: 'per-nobody' }, AROHA],
    ['CONSENT_TO_SUBJECT', { person: AROHA }, AROHA],
    ['CONSENT_TO_ONESELF', { person: OFFICER }, OFFICER],
    ['CONSENT_NOT_VALID', { until: NOW }, AROHA],
    ['CONSENT_NOT_VALID', { rights: ['store'], refrains: ['NOPERSISTP'] }, AROHA],
  ])('is refused with %s', async (code, change, by) => {
    expect(codeOf(await rig.at.vault.give(consentTo(BEN, change), by))).toBe(code);
    expect(await rig.at.vault.consents(AROHA)).toEqual([]);
  });

  it('given by an officer says that it was on behalf', async () => {
    must(await rig.at.vault.give(consentTo(BEN), OFFICER));
    expect((await rig.at.vault.consents(AROHA)).map(({ given }) => given)).toEqual([
      { at: NOW, by: OFFICER, behalf: true },
    ]);
    const [given, notice] = await rig.outbox();
    expect([given?.data, notice?.type]).toEqual([expect.objectContaining({ behalf: true }), 'notice.given']);
  });
});
