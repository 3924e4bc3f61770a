/** A receipt says what the consent says, is written with it, and verifies by two keys alone; changed anywhere it does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RECEIPT_CONTEXT, type ConsentReceipt, type ReceiptFile } from '@cityward/contracts';
import { DAY_MS, type Millis } from '@cityward/kernel';
import { silentLog } from '@cityward/log';
import { openTestSql, type TestSql } from '@cityward/sql/testing';
import { NO_RETENTION } from '../domain/retention.ts';
import { receiptHash, receiptOf, receiptSignedBytes } from '../domain/receipt.ts';
import { testCity, type TestCity } from '../life/testing-certificate.ts';
import { AROHA, BEN, codeOf, CLINIC, consentTo, must, NOW, OFFICER, person, testDestruction } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { verifyReceipt } from '../verify.ts';
import { daysIn } from '../consents/previewing.ts';
import { Issuing } from './issuing.ts';
import { readReceipt } from './receipt-store.ts';
import { receiptWriter } from './receipts.ts';

const rig = useVault();
/** What is taken back is confirmed before SQL has it: waited for. */
const stored = async (consent: string, event: 'given' | 'taken-back') => {
  const { document } = await vi.waitUntil(() => readReceipt(rig.sql, consent, event), { timeout: 20_000 });
  return { receipt: JSON.parse(document) as ConsentReceipt, hash: receiptHash(Buffer.from(document)) };
};

describe('a receipt', () => {
  it('is written with the consent and with its end, each in the fact by its hash', async () => {
    const id = await rig.give({
      organisation: CLINIC,
      role: 'doctor',
      uses: 3,
      depth: 1,
      refrains: ['DELAU', 'NOREUSE'],
    });
    rig.at.clock.now += 1_000;
    must(await rig.at.vault.takeBack(id, OFFICER));
    const [given, back] = [await stored(id, 'given'), await stored(id, 'taken-back')];
    expect(given.receipt).toMatchObject({
      record_id: id,
      pii_principal_id: AROHA,
      collection_method: 'signed-in-and-agreed',
      purposes: [
        {
          purpose: 'TREAT',
          pii_information: [{ pii_type: 'category', pii_attribute_id: 'blood-tests' }],
          recipient_third_parties: [BEN, CLINIC],
          processing_methods: ['view', 'text'],
          processing_restrictions: ['DELAU', 'NOREUSE'],
          uses: 3,
          delegation_depth: 1,
          storage_locations: [testDestruction.office.location],
          retention_period: ['It is kept until the person has it destroyed.'],
          jurisdiction: 'NZ',
        },
      ],
      events: [{ event_state: 'given', entity_id: AROHA, validity_duration: expect.stringMatching(/Z\/2.*Z$/) }],
    });
    expect(back.receipt.events[1]!.validity_duration).toBe('PT0S');
    expect(given.receipt.parties.map((one) => [one.party_type, one.party_role, one.party_address !== null])).toEqual([
      ['organisation', 'pii-controller', true],
      ['person', 'pii-principal', false],
      ['person', 'recipient', false],
      ['organisation', 'recipient', false],
    ]);
    expect(given.receipt.parties.map(({ party_name }) => party_name)).toEqual([
      'Port Test',
      null,
      null,
      'Harbour Clinic',
    ]);
    expect(back.receipt.events).toMatchObject([
      given.receipt.events[0],
      { event_state: 'taken-back', entity_id: OFFICER },
    ]);
    const facts = (await rig.outbox()).filter(
      ({ type, data }) => type.startsWith('consent.') && JSON.stringify(data).includes(id),
    );
    expect(facts.map(({ type, data }) => [type, (data as { receipt: string }).receipt])).toEqual([
      ['consent.given', given.hash],
      ['consent.taken-back', back.hash],
    ]);
  });

  it('fetches nothing to be read: its context is in it, and has every field', async () => {
    const { receipt } = await stored(await rig.give(), 'given');
    expect(receipt['@context']).toEqual(RECEIPT_CONTEXT);
    const remote = JSON.stringify(receipt, (key, value: unknown) => (key === '@context' ? null : value));
    expect(remote).not.toMatch(/https?:/);
    expect(
      Object.values(RECEIPT_CONTEXT).flatMap((term) => (typeof term === 'object' ? Object.keys(term) : [])),
    ).not.toContain('@import');
  });

  it('is signed later where the city cannot sign at once, and handed out once the ledger has it', async () => {
    const id = await rig.give();
    expect(await rig.at.vault.tick()).toBeUndefined();
    expect((await readReceipt(rig.sql, id))?.signature).toBeNull();
    const ask = (route = rig.at.vault.routes.find(({ endpoint: { name } }) => name === 'getReceipt')!) =>
      route.handle({ params: { id }, query: {}, body: undefined } as never, { principal: person(AROHA) } as never);
    expect(codeOf(await ask())).toBe('PROOF_NOT_READY');
    await rig.restart({ destruction: { ...testDestruction, sign: () => Promise.resolve(Buffer.from('signed')) } });
    await rig.at.vault.tick();
    expect(await readReceipt(rig.sql, id)).toMatchObject({ signature: Buffer.from('signed').toString('base64') });
  });
});

describe('a consent from before receipts', () => {
  /** As SQL had it then. */
  const forgetReceipts = () =>
    rig.sql.for<{ 'vault.receipt': { consent: string } }>().deleteFrom('vault.receipt').execute();
  const issued = async () => (await rig.outbox()).filter(({ type }) => type === 'consent.receipt-issued');
  const restartSigning = () =>
    rig.restart({ destruction: { ...testDestruction, sign: () => Promise.resolve(Buffer.from('signed')) } });

  it('gets one for each of its events at the next start, which says when it was issued and for what', async () => {
    const [id, standing] = [await rig.give(), await rig.give()];
    rig.at.clock.now += DAY_MS;
    must(await rig.at.vault.takeBack(id, OFFICER));
    await stored(id, 'taken-back');
    await forgetReceipts();
    rig.at.clock.now += 30 * DAY_MS;
    await restartSigning();
    await rig.at.vault.tick();
    const [given, back, other] = [
      await stored(id, 'given'),
      await stored(id, 'taken-back'),
      await stored(standing, 'given'),
    ];
    const days = daysIn('Pacific/Auckland');
    const late = /^This receipt was issued on (.+) for (.+) on (.+); there was none at the time\.$/;
    expect(given.receipt.privacy_notice[0]).toMatch(late);
    expect(late.exec(back.receipt.privacy_notice[0]!)?.slice(1)).toEqual([
      days(NOW + 31 * DAY_MS),
      'the taking back of the consent',
      days(NOW + DAY_MS),
    ]);
    expect(back.receipt.events).toMatchObject([{ event_state: 'given' }, { event_state: 'taken-back' }]);
    const told = (await issued()).map(({ actor, data }) => [actor, (data as { receipt: string }).receipt]);
    expect(told.sort()).toEqual([given, back, other].map(({ hash }) => ['system', hash]).sort());
    expect(await readReceipt(rig.sql, standing)).toMatchObject({ signed_at: NOW + 31 * DAY_MS });
    // Once.
    await restartSigning();
    await rig.at.vault.tick();
    expect(await issued()).toHaveLength(3);
  });

  it('gets it at once where somebody asks for it, and one that has its own gets none', async () => {
    const id = await rig.give();
    await rig.at.vault.tick();
    const ask = (consent: string) =>
      rig.at.vault.routes
        .find(({ endpoint: { name } }) => name === 'getReceipt')!
        .handle(
          { params: { id: consent }, query: {}, body: undefined } as never,
          { principal: person(AROHA) } as never,
        );
    await ask(id);
    expect(await issued()).toEqual([]);
    await forgetReceipts();
    expect(codeOf(await ask(id))).toBe('PROOF_NOT_READY');
    expect((await stored(id, 'given')).receipt.privacy_notice[0]).toMatch(/^This receipt was issued on /);
    expect(codeOf(await ask('con-none000000000'))).toBe('RECEIPT_UNKNOWN');
  });

  it('gets it in turns of a bounded number', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => rig.give()));
    await forgetReceipts();
    const parts = { sql: rig.sql, clock: () => (NOW + DAY_MS) as Millis, log: silentLog, limit: 2 } as const;
    const names = { nameOf: () => null, isOrganisation: () => false, zone: 'Pacific/Auckland' };
    const write = receiptWriter({ ...names, destruction: testDestruction, retention: NO_RETENTION });
    const issuing = new Issuing({ ...parts, write });
    const turns = [];
    for (let i = 0; i < 4; i++) turns.push(await issuing.issueLeft());
    expect(turns).toEqual([2, 2, 1, 0]);
    for (const id of ids) expect(await readReceipt(rig.sql, id, 'given')).not.toBeNull();
  });
});

describe('the file that is handed out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cityward-receipt-'));
  let sql: TestSql;
  let city: TestCity;
  let file: ReceiptFile;
  let other: ReceiptFile;
  const at = Date.now() - 60_000;
  const receipt = (id: string): ConsentReceipt =>
    receiptOf({
      grant: {
        ...{
          ...consentTo(BEN),
          id,
          used: 0,
          depth: 0,
          parent: null,
          state: { is: 'taken-back', at: at + 1, by: AROHA },
        },
        grantee: { person: BEN, organisation: CLINIC, role: 'doctor' },
      },
      ...{ given: { at, by: AROHA }, event: 'taken-back', notice: ['Ben may read it.'] },
      ...{ city: { name: 'Port Test', contact: 'records@port.test', address: 'City Hall' } },
      ...{ nameOf: () => 'Harbour Clinic', retention: ['Ten years.'] },
    });
  beforeAll(async () => {
    sql = await openTestSql();
    city = await testCity(sql, folder);
    file = await city.receipt(receipt('con-aaaaaaaaaaaaaaaa'));
    other = await city.receipt(receipt('con-bbbbbbbbbbbbbbbb'));
  }, 120_000);
  afterAll(async () => {
    await city.stop();
    await sql.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const verify = (given: unknown) =>
    verifyReceipt({ json: Buffer.from(JSON.stringify(given)), ca: city.ca, verifierKey: city.verifierKey });
  /** The city signed it, and nothing else is wrong. */
  const signed = async (change: (it: ReceiptFile) => void): Promise<ReceiptFile> => {
    const copy = structuredClone(file);
    change(copy);
    return { ...copy, city: (await city.sign(receiptSignedBytes(copy.signed))).toString('base64') };
  };

  it('verifies', () => {
    expect(must(verify(file))).toMatchObject({ receipt: { record_id: 'con-aaaaaaaaaaaaaaaa' } });
    expect(must(verify(other)).entry).toBe(must(verify(file)).entry + 1);
  });

  it('verifies where it was issued later, by the fact that says so and no other', async () => {
    const receiptLater = receipt('con-cccccccccccccccc');
    const later = Date.now() - 1_000;
    const fact = { type: 'consent.receipt-issued', actor: 'system', at: later } as const;
    const data = { event: 'taken-back', happened: at + 1 };
    const told = (change: object, more: object = {}) =>
      city.receipt(receiptLater, Date.now(), { ...fact, data: { ...data, ...change }, ...more });
    expect(must(verify(await told({})))).toMatchObject({ issuedLater: later });
    expect(must(verify(file)).issuedLater).toBeNull();
    for (const change of [{ event: 'given' }, { happened: at }, { consent: 'con-aaaaaaaaaaaaaaaa' }])
      expect(codeOf(verify(await told(change)))).toBe('NOT_IN_LEDGER');
    expect(codeOf(verify(await told({}, { at })))).toBe('NOT_IN_LEDGER');
    expect(codeOf(verify(await city.receipt(receiptLater, later - 1, { ...fact, data })))).toBe('NOT_IN_LEDGER');
  });

  it('does not once any value in it is another', () => {
    let changed = 0;
    const walk = (at: Record<string, unknown>): void => {
      for (const [key, value] of Object.entries(at)) {
        if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>);
        else {
          at[key] = typeof value === 'number' ? value + 1 : value === null ? 'x' : `${String(value).slice(0, -2)}zz`;
          changed++;
          expect([key, verify(whole).ok]).toEqual([key, false]);
          at[key] = value;
        }
      }
    };
    const whole = structuredClone(file);
    walk(whole as unknown as Record<string, unknown>);
    expect(changed).toBeGreaterThan(60);
    expect(verify(whole).ok).toBe(true);
  });

  it.each<[string, string, (it: ReceiptFile) => void]>([
    [
      'of which the ledger tells nothing',
      'NOT_IN_LEDGER',
      (it) => void (it.signed.receipt.privacy_notice = ['Ben may print it.']),
    ],
    ['with the proof of another', 'NOT_IN_LEDGER', (it) => void (it.ledger = other.ledger)],
    ['signed before it happened', 'RECEIPT_NOT_WHOLE', (it) => void (it.signed.signedAt = at - 1)],
    [
      'with another JSON-LD context',
      'RECEIPT_NOT_WHOLE',
      (it) => void ((it.signed.receipt['@context'] as Record<string, unknown>)['uses'] = 'dct:title'),
    ],
    [
      'with recipients that are not its parties',
      'RECEIPT_NOT_WHOLE',
      (it) => void (it.signed.receipt.purposes[0].recipient_third_parties = ['per-mallory']),
    ],
    [
      'that is valid for longer than its purpose',
      'RECEIPT_NOT_WHOLE',
      (it) => void (it.signed.receipt.purposes[0].valid_until = '2099-01-01T00:00:00.000Z'),
    ],
    ['that hides that it was taken back', 'RECEIPT_NOT_WHOLE', (it) => void it.signed.receipt.events.pop()],
    ['with a field more', 'RECEIPT_SHAPE', (it) => void ((it.signed.receipt as Record<string, unknown>)['more'] = 1)],
  ])('%s is refused, whoever signed it', async (_, code, change) => {
    expect(codeOf(verify(await signed(change)))).toBe(code);
  });

  it('signed by another city is refused', async () => {
    const strangers = await openTestSql();
    const stranger = await testCity(strangers, mkdtempSync(join(folder, 'stranger-')));
    const forged = { ...file, city: (await stranger.sign(receiptSignedBytes(file.signed))).toString('base64') };
    expect(codeOf(verify(forged))).toBe('DOCUMENT_SIGNER');
    await stranger.stop();
    await strangers.stop();
  }, 60_000);
});
