/** Who looked, week by week, and its proof. */
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '@cityward/kernel';
import { AROHA, BEN, codeOf, must, NOW } from '../testing.ts';
import { useVault } from '../testing-rig.ts';

const rig = useVault();

describe('a week of looks', () => {
  it('says what was done in it, and which week before it has more', async () => {
    const record = await rig.put();
    await rig.seen(record);
    rig.at.clock.now = NOW + 14 * DAY_MS;
    const consent = await rig.give();
    for (let i = 0; i < 3; i++) await rig.seen(record);
    const now = must(await rig.at.vault.looks.week(AROHA));
    expect(now).toMatchObject({ week: { id: '2027-W04' }, cut: false, earlier: '2027-W02' });
    expect(now.lines).toMatchObject([
      { what: 'viewed', by: BEN, category: 'blood-tests', consent, count: 3, records: 1, why: null },
    ]);
    const before = must(await rig.at.vault.looks.week(AROHA, '2027-W02'));
    expect(before.lines).toMatchObject([{ what: 'refused', why: 'no-consent', count: 1 }]);
    expect(before.earlier).toBeNull();
    expect(must(await rig.at.vault.looks.week(AROHA, '2027-W03'))).toMatchObject({ lines: [], earlier: '2027-W02' });
    expect(must(await rig.at.vault.looks.week(BEN)).lines).toEqual([]);
    expect(codeOf(await rig.at.vault.looks.week(AROHA, '2027-W99'))).toBe('WEEK_UNKNOWN');
  });
  it('is proved by its own entries and by no other', async () => {
    const record = await rig.put();
    await rig.seen(record);
    rig.at.clock.now = NOW + 14 * DAY_MS;
    await rig.seen(record);
    const packed = async (week?: string): Promise<unknown> => {
      const pack = must(await rig.at.vault.looks.prove(AROHA, week, AROHA));
      return pack && JSON.parse(Buffer.from(pack).toString());
    };
    expect(await packed()).toEqual({ subject: AROHA, entries: [1], actor: AROHA });
    expect(await packed('2027-W02')).toEqual({ subject: AROHA, entries: [0], actor: AROHA });
    expect(await packed('2027-W03')).toBeNull();
  });
});
