/** Whoever was let keep a copy is asked to delete it, reminded, named where it does not answer; its signed word alone closes the row. */
import { sql as raw } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RecipientRequestFile, RecipientRequestShown } from '@cityward/contracts';
import { DAY_MS } from '@cityward/kernel';
import { ANSWER_WITHIN_MS, TRIES_MAX } from '../domain/recipient.ts';
import { noticesOf } from '../notices/notices.ts';
import { AROHA, BEN, CAT, codeOf, CLINIC, consentTo, must, NOW, OFFICER, person, testDestruction } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { testRecipient } from './testing-recipient.ts';

const rig = useVault();
const SECOND = 'per-second';
const VERIFIER = { name: 'Otto', title: 'officer', location: 'City Hall', contact: 'records@port.test' };
const bens = testRecipient();
const sent: string[] = [];
let answer: (body: string) => Promise<{ status: number; body: string }>;
const options: Parameters<typeof rig.restart>[0] = {
  destruction: { ...testDestruction, sign: () => Promise.resolve(Buffer.from('signed by the city')) },
  sendToRecipient: (_url, body) => {
    sent.push(body);
    return answer(body);
  },
};
beforeEach(async () => {
  sent.length = 0;
  answer = () => Promise.reject(new Error('nobody is there'));
  await rig.restart(options);
});

const recipients = () => rig.at.vault.recipients();
const keep = (change: { url?: string | null; publicKey?: string } = {}) =>
  recipients().keep({ id: BEN, name: 'Ben', url: null, publicKey: bens.publicKey, ...change }, OFFICER);
const store = (change: object = {}) => rig.give({ rights: ['text', 'store'], refrains: [], ...change });
const open = async (record: string) =>
  (await rig.at.vault.copies().of({ record })).filter(({ kind }) => kind === 'recipient');
const only = async (): Promise<RecipientRequestShown> => {
  const all = await recipients().requests();
  expect(all).toHaveLength(1);
  return all[0]!;
};
const file = async (): Promise<RecipientRequestFile> => must(await recipients().file((await only()).id));
const tick = async (at = rig.at.clock.now): Promise<void> => {
  rig.at.clock.now = at;
  await rig.at.vault.tick();
};
const facts = async (prefix: string) =>
  (await rig.outbox()).filter(({ type }) => type.startsWith(prefix)).map(({ type }) => type);
const certifiable = async () => {
  const [destruction] = await rig.at.vault.desk().destructions.list();
  return rig.at.vault.desk().destructions.draft(destruction!.id, { verifier: VERIFIER, by: SECOND });
};

describe('a copy that somebody was let keep', () => {
  it('has its row before it is handed out, one for each consent; a look by a consent to look has none', async () => {
    const [record, other] = [await rig.put(), await rig.put()];
    await rig.give();
    await rig.seen(record);
    expect(await open(record)).toEqual([]);
    const [consent] = await rig.at.vault.consents(AROHA);
    must(await rig.at.vault.takeBack(consent!.id, AROHA));
    const id = await store();
    for (const one of [record, other, record]) await rig.seen(one);
    await rig.restart(options);
    await rig.seen(record);
    expect(await open(record)).toMatchObject([{ custodian: BEN, place: `recipient:${BEN}/${id}` }]);
    expect((await open(other))[0]!.id).toBe((await open(record))[0]!.id);
  });

  it('is the organisation’s where the consent is to somebody there', async () => {
    rig.at.posts.set(BEN, [{ organisation: CLINIC, role: 'doctor' }]);
    must(
      await rig.at.vault.give(
        consentTo(BEN, { organisation: CLINIC, role: 'doctor', rights: ['text', 'store'], refrains: [] }),
        AROHA,
      ),
    );
    const record = await rig.put();
    await rig.seen(record);
    expect(await open(record)).toMatchObject([{ custodian: CLINIC }]);
  });
});

describe('a consent that is taken back', () => {
  it('has the recipient asked once, and the row closed by its signed answer alone', async () => {
    const record = await rig.put();
    must(await keep());
    const id = await store();
    await rig.seen(record);
    await tick();
    expect(await recipients().requests()).toEqual([]);
    must(await rig.at.vault.takeBack(id, AROHA));
    await tick();
    await tick();
    const { request, signature } = await file();
    expect(request).toMatchObject({ ask: 'revoke', consent: id, recipient: BEN, versions: [{ record, version: 1 }] });
    expect(Buffer.from(signature, 'base64').toString()).toBe('signed by the city');
    expect(await open(record)).toHaveLength(1);
    expect(must(await recipients().take(request.id, bens.receipt({ request, signature }), OFFICER)).state).toBe(
      'deleted',
    );
    expect(await open(record)).toEqual([]);
    expect(await facts('recipient.')).toEqual(['recipient.registered', 'recipient.asked', 'recipient.answered']);
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    expect((await certifiable()).ok).toBe(true);
  });

  it('ends what was handed on from it too', async () => {
    const record = await rig.put();
    rig.at.posts.set(BEN, [{ organisation: CLINIC, role: 'doctor' }]);
    rig.at.posts.set(CAT, [{ organisation: CLINIC, role: 'nurse' }]);
    const id = await store({ organisation: CLINIC, depth: 1 });
    const draft = {
      scope: { of: 'categories', categories: ['blood-tests'] },
      rights: ['text', 'store'],
      from: NOW,
      until: NOW + DAY_MS,
    } as const;
    const more = { uses: null, refrains: [], depth: 0 };
    const handed = must(await rig.at.vault.grants.handOn(id, { person: CAT, ...draft, ...more } as never, BEN)).id;
    await rig.seen(record, { principal: person(CAT) });
    must(await rig.at.vault.takeBack(id, AROHA));
    await tick();
    expect((await file()).request).toMatchObject({ recipient: CLINIC, ask: 'revoke', consent: handed });
  });

  it('whose recipient keeps its own copy by law leaves the row, and the certificate names it when the record is destroyed', async () => {
    const record = await rig.put();
    must(await keep());
    const id = await store();
    await rig.seen(record);
    must(await rig.at.vault.takeBack(id, AROHA));
    await tick();
    const asked = await file();
    const kept = bens.receipt(asked, { did: 'kept', because: 'regulation 6: ten years' });
    must(await recipients().take(asked.request.id, kept, OFFICER));
    expect(await open(record)).toHaveLength(1);
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    const again = (await recipients().requests()).find(({ ask }) => ask === 'delete')!;
    const request = must(await recipients().file(again.id));
    must(
      await recipients().take(
        again.id,
        bens.receipt(request, { did: 'kept', because: 'regulation 6: ten years' }),
        OFFICER,
      ),
    );
    await tick();
    expect(must(await certifiable()).record.exclusions.join()).toMatch(
      /per-ben.*signed that it keeps it: regulation 6/,
    );
  });
});

describe('a record that is destroyed', () => {
  const destroyed = async () => {
    const record = await rig.put();
    await store();
    await rig.seen(record);
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    return record;
  };

  it('is not certified before its recipient answered', async () => {
    must(await keep());
    await destroyed();
    expect(await certifiable()).toMatchObject({ error: { code: 'COPIES_LEFT' } });
    const { request, signature } = await file();
    expect(request).toMatchObject({ ask: 'delete', consent: null });
    must(await recipients().take(request.id, bens.receipt({ request, signature }), OFFICER));
    await tick();
    const { record } = must(await certifiable());
    expect(record.copies.find(({ kind }) => kind === 'recipient')).toMatchObject({ outcome: 'purged' });
    expect(record.exclusions).toEqual([]);
  });

  it('whose recipient is silent has it reminded, then told to person and officers, and named as an open exclusion; a late answer still closes the row', async () => {
    must(await keep());
    const record = await destroyed();
    await tick(NOW + ANSWER_WITHIN_MS - 1);
    expect((await only()).state).toBe('asked');
    await tick(NOW + ANSWER_WITHIN_MS);
    expect((await only()).state).toBe('reminded');
    await tick(NOW + 2 * ANSWER_WITHIN_MS);
    await tick();
    expect((await only()).state).toBe('silent');
    expect(rig.at.alarms).toHaveLength(1);
    const told = await noticesOf(rig.sql, AROHA, rig.at.clock.now);
    expect(told.filter(({ kind }) => kind === 'copy-not-ended')).toMatchObject([{ about: { recipient: BEN } }]);
    expect(must(await certifiable()).record.exclusions.join()).toMatch(/reminded on .* the request stays open/);
    expect(await facts('recipient.')).toEqual([
      'recipient.registered',
      'recipient.asked',
      'recipient.reminded',
      'recipient.silent',
    ]);
    const rows = () =>
      rig.sql
        .for<{ 'vault.copy': { kind: string; closed_at: number | null } }>()
        .selectFrom('vault.copy')
        .select('closed_at')
        .where('kind', '=', 'recipient')
        .execute();
    expect(await rows()).toEqual([{ closed_at: null }]);
    const asked = await file();
    must(await recipients().take(asked.request.id, bens.receipt(asked, { at: rig.at.clock.now }), OFFICER));
    expect(await rows()).toEqual([{ closed_at: NOW + 2 * ANSWER_WITHIN_MS }]);
    expect(await open(record)).toEqual([]);
  });

  it('has its recipient reminded in time, however many older requests are reminded and not yet silent', async () => {
    await destroyed();
    const { id } = await only();
    const older = 300;
    await raw`insert into vault.recipient_request
        (id, recipient, subject, copy, ask, at, answer_by, request, signature, versions, state)
      select id || '-' || number, recipient, subject, copy, ask, at - 1, answer_by - 1, request, signature, versions, 'reminded'
      from vault.recipient_request, generate_series(1, ${older}::int) as number`.execute(rig.sql.for());
    await tick(NOW + ANSWER_WITHIN_MS);
    expect(await recipients().requests('asked')).toEqual([]);
    expect((await recipients().requests('reminded'))[0]!.id).toBe(id);
  });
});

describe('what is sent', () => {
  it('goes where an officer said, again after a while where nobody answers, and ends with a signed answer', async () => {
    must(await keep({ url: 'https://ben.example/requests' }));
    const record = await rig.put();
    const id = await store();
    await rig.seen(record);
    must(await rig.at.vault.takeBack(id, AROHA));
    await tick();
    await tick();
    expect(sent).toHaveLength(1);
    expect(await only()).toMatchObject({ tries: 1, fault: 'nobody is there' });
    answer = () => Promise.resolve({ status: 200, body: JSON.stringify({ deleted: true }) });
    await tick((await only()).nextTry!);
    expect(await only()).toMatchObject({ tries: 2, fault: 'its answer is no receipt', state: 'asked' });
    answer = (body) => {
      const given = JSON.parse(body) as RecipientRequestFile;
      return Promise.resolve({ status: 200, body: JSON.stringify(bens.receipt(given)) });
    };
    await tick((await only()).nextTry!);
    expect(await only()).toMatchObject({ state: 'deleted', nextTry: null, fault: null });
    expect(sent).toHaveLength(3);
  });

  it('is sent no more after so many tries, nor anywhere without an address', async () => {
    await keep();
    const record = await rig.put();
    const id = await store();
    await rig.seen(record);
    must(await rig.at.vault.takeBack(id, AROHA));
    await tick();
    expect(sent).toEqual([]);
    must(await keep({ url: 'https://ben.example/requests' }));
    for (let next: number | null = rig.at.clock.now; next !== null; next = (await only()).nextTry) {
      rig.at.clock.now = next;
      await recipients().tend();
    }
    expect(sent).toHaveLength(TRIES_MAX);
  });
});

describe('a recipient', () => {
  it('is refused with an address or a key that is none', async () => {
    expect(codeOf(await keep({ url: 'http://ben.example/' }))).toBe('RECIPIENT_ADDRESS_NOT_VALID');
    expect(codeOf(await keep({ url: 'https://me:secret@ben.example/' }))).toBe('RECIPIENT_ADDRESS_NOT_VALID');
    expect(codeOf(await keep({ publicKey: 'no key' }))).toBe('RECIPIENT_KEY_NOT_VALID');
  });
  it('may sign with P-256, and has copies that an officer notes', async () => {
    const cloud = testRecipient('p256');
    must(
      await recipients().keep(
        { id: 'north-cloud', name: 'North Cloud', url: null, publicKey: cloud.publicKey },
        OFFICER,
      ),
    );
    const record = await rig.put();
    expect(codeOf(await recipients().note('nobody', { records: [record], basis: 'contract 7', by: OFFICER }))).toBe(
      'RECIPIENT_UNKNOWN',
    );
    expect(
      codeOf(await recipients().note('north-cloud', { records: ['rec-none'], basis: 'contract 7', by: OFFICER })),
    ).toBe('RECORD_UNKNOWN');
    must(await recipients().note('north-cloud', { records: [record], basis: 'contract 7', by: OFFICER }));
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'x' }));
    const asked = await file();
    must(await recipients().take(asked.request.id, cloud.receipt(asked), OFFICER));
    await tick();
    expect((await certifiable()).ok).toBe(true);
  });
});
