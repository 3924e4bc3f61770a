/** The register says what is held and consented to at this moment, and nothing that was typed in. */
import { describe, expect, it } from 'vitest';
import { OFFICER, must, NOW } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { retentionLaw } from '../law/classes.ts';
import { LAW } from '../people.ts';
import { lawShown, registerOf } from './register.ts';

const rig = useVault();
const register = () => registerOf({ sql: rig.sql, law: LAW, retention: retentionLaw() }, rig.at.clock.now);

describe('the register', () => {
  it('follows what is stored, let be seen, taken back and destroyed', async () => {
    const record = await rig.put();
    await rig.put({ subject: 'per-cat' });
    await rig.put({ category: 'notes' });
    const consent = await rig.give();
    const blood = async () => (await register()).entries.find(({ category }) => category === 'blood-tests');
    expect(await blood()).toEqual({
      ...{ category: 'blood-tests', people: 2, records: 2, recipients: 1 },
      ...{ purposes: [{ purpose: 'TREAT', consents: 1 }], kept: ['nz-retention-5', 'nz-retention-6'] },
    });
    must(await rig.at.vault.takeBack(consent, OFFICER));
    must(await rig.at.vault.destroy(record, { by: OFFICER, reason: 'asked for' }));
    expect(await blood()).toMatchObject({ people: 1, records: 1, recipients: 0, purposes: [] });
    const all = await register();
    expect([all.at, all.entries.map(({ category }) => category)]).toEqual([NOW, ['blood-tests', 'notes']]);
    for (const id of all.safeguards) expect(LAW.has(id)).toBe(true);
  });
  it('names for each category the clauses of its class, and of none what is asked of all personal data', async () => {
    for (const category of ['notes', 'street-camera', 'library']) await rig.put({ category });
    const { entries } = await register();
    expect(Object.fromEntries(entries.map(({ category, kept }) => [category, kept]))).toEqual({
      notes: ['nz-retention-5', 'nz-retention-6'],
      'street-camera': ['nz-ipp-9'],
      library: ['nz-ipp-9'],
    });
    for (const clause of entries.flatMap(({ kept }) => kept)) expect(LAW.has(clause)).toBe(true);
  });
  it('shows the law with what is a person’s to do', () => {
    const clauses = lawShown(LAW).instruments.flatMap((one) => one.clauses);
    expect(clauses.find(({ id }) => id === 'nz-ipp-1')?.tasks).toHaveLength(1);
    expect(clauses.find(({ id }) => id === 'nz-pa-44')?.tasks).toEqual([]);
    expect(clauses.find(({ id }) => id === 'nz-pa-49')).toMatchObject({
      refuses: ['access', 'portability'],
      extends: [],
    });
  });
});
