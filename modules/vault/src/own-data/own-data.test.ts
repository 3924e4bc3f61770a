/** Every class says what it is and when it ends; every file of sightings has its row for as long as it is there. */
import { describe, expect, it } from 'vitest';
import { silentLog } from '@cityward/log';
import { DAY_MS, type Millis } from '@cityward/kernel';
import { createCopyRegister } from '../copies/register.ts';
import { faultsOfOwnData, type OwnDataClass } from '../domain/own-data.ts';
import { NOW } from '../testing.ts';
import { useVault } from '../testing-rig.ts';
import { ownData } from '../law/classes.ts';
import { registerSegments } from './segments.ts';

const { classes } = ownData();
const plates = classes['number-plate']!;

describe('a class of the city’s own data', () => {
  it.each<[RegExp, Partial<OwnDataClass>]>([
    [/wanted its basis/, { basis: ' ' }],
    [/kept for "0" days/, { keptDays: 0 }],
    [/wanted who may ask/, { mayAsk: [] }],
    [/wanted it as a pseudonym/, { pseudonymised: false }],
  ])('is refused with %s', (fault, change) => {
    const faults = faultsOfOwnData({ classes: { ...classes, 'number-plate': { ...plates, ...change } } });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });
  it('is there for everything that sensors see', () => {
    const { parking: _, ...others } = classes;
    expect(faultsOfOwnData({ classes: others })).toEqual(['class "parking": sensors see it, wanted it described']);
  });
});

describe('files of sightings', () => {
  const rig = useVault();
  it('have a row from when they are there until they are deleted', async () => {
    const copies = createCopyRegister({ sql: rig.sql, log: silentLog, clock: () => rig.at.clock.now as Millis });
    const see = (...names: string[]) =>
      registerSegments(
        { sql: rig.sql, copies },
        {
          name: 'number-plate',
          about: plates,
          segments: names.map((name) => ({ place: `number-plate/${name}`, firstAt: NOW })),
        },
      );
    const rows = () =>
      rig.sql
        .for<{ 'vault.copy': { kind: string; place: string; expires: number | null; closed_why: string | null } }>()
        .selectFrom('vault.copy')
        .select(['place', 'expires', 'closed_why'])
        .where('kind', '=', 'stream-segment')
        .orderBy('place')
        .execute();
    await see('1.seg');
    await see('1.seg', '2.seg');
    expect(await rows()).toEqual([
      { place: 'sightings:number-plate/1.seg', expires: NOW + 7 * DAY_MS, closed_why: null },
      { place: 'sightings:number-plate/2.seg', expires: NOW + 7 * DAY_MS, closed_why: null },
    ]);
    await see('2.seg');
    expect((await rows()).map(({ closed_why }) => closed_why)).toEqual(['kept for 7 days, then deleted', null]);
  });
});
