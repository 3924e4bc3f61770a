/** What people write in cells and columns, and that no text whatever breaks the reading of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyOverride, guessColumns, isNetbox, NETBOX_COLUMNS, readOverride } from './column-map.ts';
import { FIELDS, readValues } from './fields.ts';
import { classOf, subjectOfName } from './words.ts';

const value = (field: string, text: string): unknown => {
  const read = readValues({ [field]: text });
  return 'fault' in read ? read.fault : (read.values as unknown as Record<string, unknown>)[field];
};

describe('cells', () => {
  it.each([
    ['mac', '00-1A-2b-3C-4d-5E', '00:1a:2b:3c:4d:5e'],
    ['mac', '001a.2b3c.4d5e', '00:1a:2b:3c:4d:5e'],
    ['mac', 'ff:ff:ff:ff:ff:ff', 'mac "ff:ff:ff:ff:ff:ff" is a placeholder, the real MAC address wanted'],
    ['mac', '00:1a', 'mac "00:1a" is no MAC address, twelve hexadecimal digits wanted'],
    ['ip', '192.0.2.7/24', '192.0.2.7'],
    ['ip', '2001:DB8::1', '2001:db8::1'],
    ['ip', '192.0.2.256', 'ip "192.0.2.256" is no IP address'],
    ['ip', '1::2::3', 'ip "1::2::3" is no IP address'],
    ['installed', '2020', Date.UTC(2020, 0, 1)],
    ['installed', '2020-02-29', Date.UTC(2020, 1, 29)],
    ['installed', '2020-02-30', 'installed "2020-02-30" is no date, year-month-day wanted'],
    ['installed', '2020-01-02T03:04:05+13:00', Date.UTC(2020, 0, 1, 14, 4, 5)],
    ['installed', '2020-01-02 03:04', Date.UTC(2020, 0, 2, 3, 4)],
    ['installed', '01/02/2020', 'installed "01/02/2020" is no date, year-month-day wanted'],
    ['class', 'CCTV Camera', 'camera'],
    ['class', 'Lamp post', 'street-light'],
    ['criticality', 'Life Safety', 'life-safety'],
    [
      'criticality',
      'huge',
      'criticality "huge" is no criticality, life-safety, essential, important or routine wanted',
    ],
    ['neverCut', 'Yes', true],
    ['neverCut', 'perhaps', 'neverCut "perhaps" is neither yes nor no'],
    ['serial', 'N/A', undefined],
    ['serial', ' a\nb ', 'a b'],
    ['serial', 'x'.repeat(65), `serial "${'x'.repeat(30)}…" has 65 characters, at most 64 wanted`],
    ['name', 'a\u0007b', 'name holds a control character, plain text wanted'],
    ['name', 'a\u001fb', 'name holds a control character, plain text wanted'],
  ])('%s %j is %j', (field, text, wanted) => expect(value(field, text)).toEqual(wanted));

  it('reads a position only whole, with points or commas, and knows the null island', () => {
    const place = (lat: string, lon: string): unknown => {
      const read = readValues({ lat, lon });
      return 'fault' in read ? read.fault : read.values.place;
    };
    expect(place('-41,29', '174,78')).toEqual({ lat: -41.29, lon: 174.78 });
    expect(place('0', '0.0')).toBeUndefined();
    expect(place('-41.29', '')).toContain('only one of latitude and longitude');
    expect(place('174.78', '-41.29')).toContain('outside -90 to 90');
    expect(place('41°17', '174')).toContain('decimal degrees wanted');
  });

  it('names a class that nobody knows instead of dropping it silently', () => {
    expect(readValues({ class: 'toaster' })).toEqual({ values: { remark: 'class "toaster" is not known' } });
  });

  it('either reads or refuses with a sentence, 10,000 rows of noise', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('0', '1', ':', '.', '-', 'a', ',', ' ', '\u0000', '\n'), maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...FIELDS), text, { maxKeys: 6 }), (cells) => {
        const read = readValues(cells);
        if ('fault' in read) expect(read.fault.length).toBeGreaterThan(5);
        else expect(JSON.stringify(read.values)).not.toMatch(/\\u00[01]/);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('columns', () => {
  const guess = (header: string[], ...rows: string[][]): (string | null)[] =>
    guessColumns(
      header,
      header.map((_, at) => rows.map((row) => row[at] ?? '').filter(Boolean)),
    ).map((column) => column.field);

  it.each<[string[], string[], (string | null)[]]>([
    [
      ['Name', 'Serial No.', 'MAC address', 'Latitude', 'Longitude'],
      ['Lamp 1', 'S1', '00:1a:2b:3c:4d:5e', '-41.2', '174.7'],
      ['name', 'serial', 'mac', 'lat', 'lon'],
    ],
    [
      ['Gerät', 'Seriennummer', 'HW'],
      ['x', 'S1', '00-1a-2b-3c-4d-5e'],
      [null, 'serial', 'mac'],
    ],
    [
      ['ID', 'TYPE', 'OWNER'],
      ['1', 'Specialty', '1'],
      ['sourceId', null, null],
    ],
    [
      ['ID', 'TYPE', 'OWNER'],
      ['1', 'CCTV camera', 'Police'],
      ['sourceId', 'class', 'owner'],
    ],
    [
      ['lat', 'lon', 'note'],
      ['N 41', 'E 174', ''],
      [null, null, null],
    ],
    [['count'], ['123456789012'], [null]],
  ])('%j with %j are %j', (header, row, wanted) => expect(guess(header, row)).toEqual(wanted));

  it('lets a person tell columns, and names what cannot be', () => {
    const guesses = guessColumns(['A', 'serial'], [['x'], ['y']]);
    const told = readOverride('a=serial,*=camera', ['A', 'serial']);
    if (!told.ok) throw new Error(told.error.message);
    expect(applyOverride(guesses, told.value).map((column) => column.field)).toEqual(['serial', null]);
    expect(told.value.subject).toEqual({ kind: 'device', class: 'camera' });
    expect(readOverride('B=serial', ['A'])).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('no column "B"') as string },
    });
    expect(readOverride('A=colour', ['A'])).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('"colour" is no field') as string },
    });
    expect(readOverride('A', ['A'])).toMatchObject({ ok: false });
    expect(readOverride('*=toaster', ['A'])).toMatchObject({ ok: false });
    expect(applyOverride(guesses, { columns: new Map([['serial', null]]), subject: null })[1]?.field).toBeNull();
  });

  it('knows NetBox by its required columns', () => {
    expect(isNetbox(Object.keys(NETBOX_COLUMNS))).toBe(true);
    expect(isNetbox(['name', 'serial', 'site'])).toBe(false);
  });
});

describe('names of files and classes', () => {
  it.each([
    ['cctv-street-cameras.geojson', { kind: 'device', class: 'camera' }],
    ['signalized-intersections-acisa.geojson', { kind: 'device', class: 'signal' }],
    ['red-light-cameras.geojson', { kind: 'device', class: 'camera' }],
    ['hospitals.geojson', { kind: 'service', service: 'hospital' }],
    ['fire-stations.geojson', { kind: 'service', service: 'fire' }],
    ['metro-stations-district.geojson', { kind: 'site' }],
    ['inventory.csv', { kind: 'device', class: null }],
  ])('%s is about %j', (name, wanted) => expect(subjectOfName(name)).toEqual(wanted));

  it('knows each class by its own name', () => {
    expect(classOf('site-switch')).toBe('site-switch');
    expect(classOf('Site Switch')).toBe('site-switch');
    expect(classOf('')).toBeNull();
  });
});
