/** No file, however broken, breaks the import: it is refused with a sentence, or each of its rows has a verdict. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftChanges, inverse, type Change } from './domain/change.ts';
import { Difference, claimsOf } from './domain/difference.ts';
import { exampleCity } from './example-city.ts';
import { openImportFile } from './import-file.ts';
import { Inventory } from './inventory.ts';
import { knownOf } from './known.ts';
import { snapshotOf, membership } from './snapshot.ts';

const inventory = new Inventory();
inventory.apply(draftChanges(exampleCity));
const known = knownOf(inventory, exampleCity.geometry);

function differenceOf(file: string, text: string): { verdicts: string[]; changes: Change[] } | { fault: string } {
  const opened = openImportFile({ file, text });
  if (!opened.ok) return { fault: opened.error.message };
  const { input } = opened.value;
  const difference = new Difference(input, known, claimsOf(input, known));
  const changes = [...difference.opening()];
  const verdicts: string[] = [];
  for (const record of input.records()) {
    const { row, changes: own } = difference.decide(record);
    verdicts.push(row.verdict);
    if (row.verdict !== 'same' && row.verdict !== 'new' && row.verdict !== 'changed') expect(row.reason).not.toBe('');
    if (row.verdict === 'same' || row.verdict === 'conflict' || row.verdict === 'rejected') expect(own).toEqual([]);
    changes.push(...own);
  }
  changes.push(...difference.closing());
  return { verdicts, changes };
}

/** All that the inventory can be asked for, in an order of its own. */
const pictureOf = (of: Inventory): unknown => {
  const graph = snapshotOf(of, membership(of));
  return [...graph.ids].sort().map((id) => of.node(of.slotOf(id)));
};

const id = fc.constantFrom('C1', 'c1', 'C2', 'X1', 'N1', 'N2', '', 'N/A');
const mac = fc.constantFrom('02:00:00:00:00:01', '02-00-00-00-00-02', '020000000009', 'zz', '', 'ff:ff:ff:ff:ff:ff');
const word = fc.constantFrom(
  'camera',
  'crossing',
  'toaster',
  '',
  'yes',
  'life-safety',
  '1.0',
  '-41.25',
  '174.05',
  'Acme',
  'East',
  '"',
  '\u0000',
  '\u001f',
  "'; drop table",
  '__proto__',
);

describe('files', () => {
  it('of CSV noise over every column', () => {
    const header = fc.subarray([
      'serial',
      'mac',
      'class',
      'name',
      'firmware',
      'lat',
      'lon',
      'maker',
      'ward',
      'site',
      'never cut',
      'id',
      'criticality',
      'ip',
      'installed',
    ]);
    const rows = fc.array(fc.tuple(id, mac, fc.array(word, { minLength: 13, maxLength: 13 })), { maxLength: 5 });
    fc.assert(
      fc.property(header, rows, (names, list) => {
        const lines = list.map(([serial, address, words]) =>
          names
            .map((name, at) =>
              name === 'serial' || name === 'id' ? serial : name === 'mac' ? address : words[at % 13],
            )
            .join(','),
        );
        const found = differenceOf('noise.csv', [names.join(','), ...lines].join('\n'));
        if ('fault' in found) expect(found.fault).toMatch(/^read /);
      }),
      { numRuns: 4_000 },
    );
  });

  it('of JSON noise', () => {
    const key = fc.constantFrom(
      'type',
      'id',
      'geometry',
      'properties',
      'coordinates',
      'COMMLINE',
      'COMMCAB',
      'TRUNK',
      'serialNumber',
      'refDevice',
      'controlledAsset',
      'location',
      '__proto__',
      'toString',
    );
    const leaf = fc.oneof(
      fc.constantFrom(
        'Feature',
        'Device',
        'Streetlight',
        'Point',
        'urn:a',
        'urn:b',
        ' ',
        '0',
        null,
        174.05,
        -41.25,
        1e300,
      ),
      fc.string({ maxLength: 5 }),
    );
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    const feature = fc.record({
      type: fc.constant('Feature'),
      geometry: fc.oneof(tree, fc.constant({ type: 'Point', coordinates: [174, -41] })),
      properties: tree,
    });
    const entity = fc.record({
      id: fc.constantFrom('urn:a', 'urn:b', 'urn:c'),
      type: fc.constantFrom('Device', 'Camera', 'Streetlight', 'Road'),
      refDevice: tree,
      controlledAsset: tree,
      location: tree,
      serialNumber: tree,
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(feature, entity), { maxLength: 4 }), fc.boolean(), (items, collection) => {
        const text = JSON.stringify(collection ? { type: 'FeatureCollection', features: items } : items);
        differenceOf('noise.json', text);
      }),
      { numRuns: 3_000 },
    );
  });

  it('of text noise', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('{', '[', '"', 'serial', ',', '\n', 'C1', ':', '}', ']', '\ufeff', '\0', 'a'),
          maxLength: 30,
        }),
        (text) => {
          differenceOf('noise', text);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('and taking back what a file changes leaves the city as it was', () => {
    const rows = fc.array(fc.tuple(id, mac, word, word), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, (list) => {
        const found = differenceOf(
          'x.csv',
          `serial,mac,maker,site\n${list.map((cells) => cells.join(',')).join('\n')}`,
        );
        if ('fault' in found) return;
        const own = new Inventory();
        own.apply(draftChanges(exampleCity));
        const before = pictureOf(own);
        own.apply(found.changes);
        own.apply(inverse(found.changes));
        expect(pictureOf(own)).toEqual(before);
        expect(own.deviceCount).toBe(exampleCity.devices.length);
        expect(own.bySerial('c1')).toBe(own.slotOf('cam-1'));
      }),
      { numRuns: 500 },
    );
  });
});
