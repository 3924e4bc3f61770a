/** People with diagnoses, and exports of them, for attacks on what exports remember. */
import type { Export, ExportDraft, Principal } from '@cityward/contracts';
import { DAY_MS, type Refusal, type Result } from '@cityward/kernel';
import { newKeyPair } from './exports/sealing.ts';
import type { Site } from './testing-disaster.ts';
import { must, NOW, OFFICER, person, SECOND_OFFICER } from './testing.ts';

export * from './testing-disaster.ts';
type Held = Pick<Site, 'vault'>;
const SUBURBS = ['Quay', 'Ridge'];
const CONDITIONS = ['asthma', 'migraine'];
const releasing: Principal = person(SECOND_OFFICER, 'passkey', ['officer']);

/** Ten of each look in forty, five of each condition. */
export async function addPatients({ vault }: Held, { count, from }: { count: number; from: number }): Promise<void> {
  const records = Array.from({ length: count }, (_, at) => {
    const number = from + at;
    const said = {
      address: { suburb: SUBURBS[number % 2] },
      age: number % 4 < 2 ? 25 : 65,
      condition: CONDITIONS[(number >> 2) % 2],
    };
    const content = Buffer.from(JSON.stringify(said)).toString('base64');
    return { subject: `sub-${number}`, category: 'diagnoses', media: 'application/json' as const, content };
  });
  must(await vault.putMany(records, OFFICER));
}
export async function askExport({ vault }: Held): Promise<string> {
  const { recipient: key } = await newKeyPair();
  const draft: ExportDraft = {
    ...{ category: 'diagnoses', shape: 'rows', only: null, purpose: 'HRESCH', ground: 'law', person: null },
    columns: [
      { name: 'suburb', at: '/address/suburb', role: 'quasi', levels: [{ by: 'exact' }] },
      { name: 'age', at: '/age', role: 'quasi', levels: [{ by: 'bands', width: 20 }] },
      { name: 'condition', at: '/condition', role: 'sensitive', levels: [{ by: 'exact' }] },
    ],
    ...{ basis: 'rule 11(2)(c)', recipient: { name: 'Harbour University', key }, k: 5, l: 2, until: NOW + DAY_MS },
  };
  return must(await vault.exports.ask(draft, OFFICER)).id;
}
export const releaseExport = ({ vault }: Held, id: string): Promise<Result<Export, Refusal>> =>
  vault.exports.release(id, releasing);
