import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { api } from '@cityward/contracts';
import { DAY_MS, dayOf } from '../../ui/format.ts';
import { draftOf, emptyColumn, faultsOf, isFine, type ColumnFilled, type ExportFilled } from './export-draft.ts';

const NOW = Date.UTC(2027, 2, 10, 9);
const column = (key: number, change: Partial<ColumnFilled>): ColumnFilled => ({ ...emptyColumn(key), ...change });
const test = column(0, { value: 'test', at: '/code/text', name: 'test' });
const flag = column(1, { value: 'flag', at: '/interpretation/0/text', name: 'flag', role: 'sensitive' });
const filled = (change: Partial<ExportFilled> = {}): ExportFilled => ({
  ...{ category: 'blood-tests', shape: 'rows', columns: [test, flag], purpose: 'HRESCH', ground: 'law', person: '' },
  ...{ basis: 'rule 11(2)(c)', recipient: 'Harbour University', publicKey: `age1${'q'.repeat(58)}` },
  ...{ k: 5, l: 2, until: dayOf(NOW + 90 * DAY_MS) },
  ...change,
});
const faults = (change: Partial<ExportFilled>) => faultsOf(filled(change), NOW);

describe('an export that is filled in', () => {
  it('is what the endpoint takes', () => {
    const born = column(2, { value: 'other', at: '/age', name: 'age', bands: '5, 10 20' });
    const whole = filled({ columns: [test, born, flag] });
    expect(isFine(faultsOf(whole, NOW))).toBe(true);
    const draft = draftOf(whole);
    expect(Value.Check(api.askExport.body, draft)).toBe(true);
    expect(draft.columns[1]!.levels).toEqual([
      { by: 'exact' },
      ...[5, 10, 20].map((width) => ({ by: 'bands', width })),
    ]);
    expect(draft.columns[2]!.levels).toEqual([{ by: 'exact' }]);
  });

  it('says at each field what is wrong with it', () => {
    expect(faults({ k: 4 }).k).toBe('5 to 1,000');
    expect(faults({ publicKey: 'ssh-ed25519 AAAA' }).publicKey).toMatch(/age1/);
    expect(faults({ until: dayOf(NOW - DAY_MS) }).until).toMatch(/future/);
    expect(faults({ ground: 'consent' }).person).not.toBeNull();
    expect(faults({ columns: [flag] }).columns).toMatch(/known of a person/);
    expect(faults({ shape: 'counts', columns: [flag, test] }).columns).toMatch(/first is not sensitive/);
    const twice = faults({ columns: [test, { ...flag, name: 'test' }] });
    expect(twice.each.map(({ name }) => name)).toEqual(Array(2).fill('Another column is called so'));
    for (const bands of ['10, 15', '0', 'ten', '20 10', '2000'])
      expect(faults({ columns: [{ ...test, bands }] }).each[0]!.bands).toMatch(/multiple/);
    expect(faults({ columns: [{ ...test, name: 'row' }] }).each[0]!.name).toMatch(/Rows have numbers/);
    expect(isFine(faults({ basis: ' x ' }))).toBe(false);
  });
});
