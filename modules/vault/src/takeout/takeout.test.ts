/** Taking along what is held about oneself: whole, recorded, and also while other parts are down. */
import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { readZip } from '@cityward/formats/zip';
import { AROHA, BEN, must, NOW, OFFICER, person, recordOf, TEXT } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import type { Manifest } from './takeout.ts';

const rig = useVault();
const PDF = Buffer.from('%PDF-1.7\nx-ray of 4711-canary');

async function takenBy(who = person(AROHA), after?: string) {
  const files = readZip(must(await rig.at.vault.takeOut(who, after)))!;
  const text = (name: string): string => Buffer.from(files.get(name) ?? '').toString();
  const json = <T>(name: string): T => JSON.parse(text(name)) as T;
  return { files, text, json, manifest: json<Manifest>('manifest.json') };
}
const putPdf = async (): Promise<string> =>
  rig.put({ media: 'application/pdf', category: 'x-rays', content: PDF.toString('base64') });

describe('what a person takes along', () => {
  it('is every version of every record, in FHIR and as files, with consents, looks and a page to read', async () => {
    const record = await rig.put();
    must(await rig.at.vault.put(recordOf('second', { record }), OFFICER));
    const scan = await putPdf();
    await rig.put({ subject: BEN }, 'of somebody else');
    const consent = await rig.give();
    await rig.seen(record);
    const { files, text, json, manifest } = await takenBy();
    expect(text(`records/blood-tests/${record}-v1.fhir.json`)).toContain(TEXT);
    expect(text(`records/blood-tests/${record}-v2.fhir.json`)).toContain('second');
    expect(text(`records/x-rays/${scan}-v1.pdf`)).toBe(PDF.toString());
    const bundle = json<{ entry: { resource: { resourceType: string; text?: string; content?: unknown } }[] }>(
      'bundle.fhir.json',
    );
    expect(bundle).toMatchObject({
      resourceType: 'Bundle',
      type: 'collection',
      timestamp: new Date(NOW).toISOString(),
    });
    const resources = bundle.entry.map(({ resource }) => resource);
    expect(resources.find(({ resourceType }) => resourceType === 'Observation')).toMatchObject({ text: 'second' });
    expect(resources.find(({ resourceType }) => resourceType === 'DocumentReference')).toMatchObject({
      status: 'current',
      content: [{ attachment: { contentType: 'application/pdf', url: `records/x-rays/${scan}-v1.pdf` } }],
    });
    expect(resources).toHaveLength(2);
    expect(json('consents.json')).toMatchObject([{ id: consent, person: BEN }]);
    expect(json('consents.fhir.json')).toMatchObject({
      entry: [{ resource: { resourceType: 'Consent', id: consent } }],
    });
    expect(json<{ by: string }[]>('who-looked.json').some(({ by }) => by === BEN)).toBe(true);
    expect(text('read-me.pdf').startsWith('%PDF-')).toBe(true);
    expect(manifest).toMatchObject({ subject: AROHA, missing: [], next: null });
    for (const [name, sum] of Object.entries(manifest.files)) expect(hash('sha256', files.get(name)!, 'hex')).toBe(sum);
    expect(Object.keys(manifest.files)).toHaveLength(files.size - 1);
    expect([...files.values()].some((bytes) => Buffer.from(bytes).includes('of somebody else'))).toBe(false);
  });
  it('is recorded look by look and as a whole, and stands in the register', async () => {
    const record = await rig.put();
    await takenBy();
    expect(
      rig.at.ledger.facts.map(({ type, actor, data }) => [type, actor, data['record'] ?? data['versions']]),
    ).toEqual([
      ['record.viewed', AROHA, record],
      ['data.taken-out', AROHA, 1],
    ]);
    const { rows } = await sql<{ custodian: string; record: string }>`
      select custodian, record from vault.copy join vault.copy_item on copy = id where kind = 'export'`.execute(
      rig.sql.for(),
    );
    expect(rows).toEqual([{ custodian: AROHA, record }]);
  });
  it('names what is gone, and what could not be reached while half of the platform is down', async () => {
    const record = await rig.put();
    await putPdf();
    rig.at.ledger.isDeaf = true;
    const { files, manifest, text } = await takenBy();
    expect(text(`records/blood-tests/${record}-v1.fhir.json`)).toContain(TEXT);
    expect(files.has('who-looked.json')).toBe(false);
    expect(files.has('read-me.pdf')).toBe(true);
    expect(manifest.missing).toEqual([{ what: 'who looked', why: 'it could not be reached; ask again later' }]);
  });
  it('is nothing at all where the ledger cannot be written', async () => {
    await rig.put();
    rig.at.ledger.isFull = true;
    await expect(rig.at.vault.takeOut(person(AROHA))).rejects.toThrow('ENOSPC');
  });
  it('says for a record that may not be seen why it is missing', async () => {
    const record = await rig.put();
    const { manifest, files } = await takenBy(person(AROHA, 'link'));
    expect(manifest.missing).toMatchObject([{ what: `record ${record}, version 1` }]);
    expect([...files.values()].some((bytes) => Buffer.from(bytes).includes('canary'))).toBe(false);
  });
  it('comes in parts', async () => {
    await rig.restart({ takeoutPartMaxBytes: 300 });
    for (let i = 0; i < 10; i++) await rig.put({}, `record ${i}`);
    const first = await takenBy();
    expect(Object.keys(first.manifest.files).filter((name) => name.startsWith('records/'))).toHaveLength(6);
    const second = await takenBy(person(AROHA), first.manifest.next!);
    expect(second.manifest.next).toBeNull();
    const names = [first, second].flatMap(({ manifest }) => Object.keys(manifest.files));
    expect(names.filter((name) => name.startsWith('records/'))).toHaveLength(10);
    expect(new Set(names.filter((name) => name.startsWith('records/'))).size).toBe(10);
  });
});
