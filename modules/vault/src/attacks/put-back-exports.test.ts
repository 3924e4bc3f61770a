import type * as testing from '../testing-exports.ts';
import { attack } from '../testing-attack.ts';

attack<typeof testing>({
  id: 'A12',
  name: 'what exports remember, as it was on an earlier day',
  through: 'testing-exports.ts',
  ways: [
    {
      way: 'the difference to an export that was released since shows who came',
      control: {
        file: 'exports/replay.ts',
        text: "types: ['export.asked', 'export.released', 'export.refused', 'export.fetched'],",
        cut: 'types: [],',
      },
      run: async ({ onAnotherDay, addPatients, askExport, releaseExport, must }, place) => {
        let shown = 0;
        return onAnotherDay(place, {
          before: (site) => addPatients(site, { count: 40, from: 0 }),
          since: async (site) => {
            shown = must(await releaseExport(site, await askExport(site))).manifest!.shown;
          },
          then: async (site) => {
            await addPatients(site, { count: 1, from: 500 });
            return must(await releaseExport(site, await askExport(site))).manifest!.shown > shown;
          },
        });
      },
    },
    {
      way: 'an export that was refused since',
      control: {
        file: 'exports/replay.ts',
        text: 'if (refused && (await store.saveRefused(tx, { ...refused, id }))) found = 1;',
        cut: '',
      },
      run: async ({ onAnotherDay, addPatients, askExport, releaseExport }, place) =>
        onAnotherDay(place, {
          before: async (site) => {
            await addPatients(site, { count: 40, from: 0 });
            return askExport(site);
          },
          since: ({ vault }, id) => vault.exports.refuse(id, { by: 'per-omar', reason: 'not for this purpose' }),
          then: async (site, id) => (await releaseExport(site, id)).ok,
        }),
    },
  ],
});
