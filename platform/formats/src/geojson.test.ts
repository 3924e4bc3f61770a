/** GeoJSON and NGSI-LD: what is read, and that every fault names its place. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSON_DEPTH_MAX, readJson } from './geojson-text.ts';
import { parseGeoJson } from './geojson.ts';
import { parseNgsiLd } from './ngsi-ld.ts';

const feature = (geometry: unknown, properties: unknown = {}, id?: unknown): object => ({
  type: 'Feature',
  id,
  geometry,
  properties,
});
const collection = (...features: unknown[]): string => JSON.stringify({ type: 'FeatureCollection', features });
const point = (lon: unknown, lat: unknown): object => ({ type: 'Point', coordinates: [lon, lat] });

describe('JSON faults', () => {
  it.each([
    ['', 'line 1, column 1: found the end of the file, a value wanted'],
    ['{"a": 1,\n  "b": ]', 'line 2, column 8: found "]", a value wanted'],
    ['[1 2]', 'line 1, column 4: found "2]", "," or "]" wanted'],
    ['{"a" 1}', 'line 1, column 6: found "1}", ":" wanted'],
    ['{a: 1}', 'line 1, column 2: found "a: 1}", a name in double quotes wanted'],
    ['[1,]', 'line 1, column 4: found "]", a value wanted'],
    ['{"a": "x\n"}', 'line 1, column 9: found "", a closing quote, or an escape for the control character, wanted'],
    ['["\\q"]', 'line 1, column 2: found ""\\q"]", a string whose escapes are known wanted'],
    ['["open', 'line 1, column 7: found the end of the file, the closing quote of a string wanted'],
    ['[1] x', 'line 1, column 5: found "x", the end of the file wanted'],
    ['NaN', 'line 1, column 1: found "NaN", a value wanted'],
    ['01', 'line 1, column 2: found "1", the end of the file wanted'],
  ])('%j', (text, fault) => expect(readJson(text)).toEqual({ fault }));

  it('refuses what would nest too deep, and reads a byte order mark and brackets in strings', () => {
    expect(readJson('['.repeat(100_000))).toHaveProperty('fault', expect.stringContaining(`${JSON_DEPTH_MAX}`));
    expect(readJson(`\ufeff{"a":"${'['.repeat(500)}\\""}`)).toHaveProperty('value');
  });

  it('finds a fault exactly where JSON.parse refuses, 10,000 texts', () => {
    const bit = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      'a',
      '1',
      '-',
      '.',
      'e',
      ' ',
      '\n',
      'true',
      'null',
      '\\',
      'u12',
      '"a"',
    );
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 12 }), (bits) => {
        const text = bits.join('');
        const read = readJson(text);
        if ('value' in read) expect(read.value).toEqual(JSON.parse(text));
        else {
          expect(() => JSON.parse(text) as unknown).toThrow();
          expect(read.fault).toMatch(/^line \d+, column \d+: found .* wanted$/s);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('GeoJSON', () => {
  it('reads points with flat properties and keeps the place of each', () => {
    const file = parseGeoJson(
      collection(feature(point(174.1, -41.2), { NAME: ' Quay St ', N: 4, gone: ' ', deep: {} }, 7), {}),
    );
    expect(file).toEqual({
      names: ['NAME', 'N'],
      points: [{ place: 1, id: '7', lon: 174.1, lat: -41.2, properties: new Map([['NAME', 'Quay St'], ['N', '4']]) }], // prettier-ignore
      faults: [{ place: 2, fault: 'is not a Feature' }],
    });
  });

  it.each([
    [feature(null), 'has no geometry, a Point wanted'],
    [feature({ type: 'Polygon', coordinates: [] }), 'has geometry "Polygon", a Point wanted'],
    [feature(point('174', -41)), 'has coordinates that are not numbers'],
    [
      feature(point(-41, 174)),
      'has coordinates [-41, 174], longitude within 180 and latitude within 90 degrees wanted',
    ],
    [feature({ type: 'Point' }), 'has no coordinates, [longitude, latitude] wanted'],
    [feature(point(1, 2), 'x'), 'properties are not an object'],
    [feature(point(1, 2), { long: 'x'.repeat(5_000) }), 'property "long" is longer than 4096 characters'],
  ])('rejects %j', (given, fault) => {
    expect(parseGeoJson(collection(given))).toMatchObject({ points: [], faults: [{ place: 1, fault }] });
  });

  it('refuses a whole file that is no GeoJSON or is in metres', () => {
    expect(parseGeoJson('{"type":"Topology"}')).toHaveProperty('fault');
    expect(
      parseGeoJson('{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"EPSG:26985"}}}'),
    ).toHaveProperty('fault');
    expect(
      parseGeoJson(
        '{"type":"FeatureCollection","features":[],"crs":{"properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}}',
      ),
    ).toHaveProperty('points');
  });
});

describe('NGSI-LD', () => {
  it('reads normalised, concise and key-values alike', () => {
    const normalised = {
      id: 'urn:ngsi-ld:Device:1',
      type: 'Device',
      serialNumber: { type: 'Property', value: 'S1' },
      controlledAsset: { type: 'Relationship', object: ['urn:ngsi-ld:Streetlight:1'] },
      location: { type: 'GeoProperty', value: point(1, 2) },
      dateInstalled: { type: 'Property', value: { '@type': 'DateTime', '@value': '2020-01-02T00:00:00Z' } },
      '@context': ['https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld'],
    };
    const concise = {
      ...normalised,
      serialNumber: { value: 'S1' },
      controlledAsset: { object: ['urn:ngsi-ld:Streetlight:1'] },
      location: point(1, 2),
    };
    const keyValues = {
      ...normalised,
      serialNumber: 'S1',
      controlledAsset: ['urn:ngsi-ld:Streetlight:1'],
      location: point(1, 2),
      dateInstalled: '2020-01-02T00:00:00Z',
    };
    const wanted = new Map<string, unknown>([
      ['serialNumber', 'S1'],
      ['controlledAsset', ['urn:ngsi-ld:Streetlight:1']],
      ['location', point(1, 2)],
      ['dateInstalled', '2020-01-02T00:00:00Z'],
    ]);
    const file = parseNgsiLd(JSON.stringify([normalised, concise, keyValues]));
    expect('entities' in file && file.entities.map((entity) => entity.attributes)).toEqual([wanted, wanted, wanted]);
  });

  it('takes the default of several instances, every relationship, and expanded names', () => {
    const file = parseNgsiLd(
      JSON.stringify({
        '@id': 'urn:ngsi-ld:Streetlight::1',
        '@type': ['https://smartdatamodels.org/dataModel.Streetlighting/Streetlight'],
        'https://uri.etsi.org/ngsi-ld/name': [
          { type: 'Property', value: 'b', datasetId: 'urn:x' },
          { type: 'Property', value: 'a' },
        ],
        refDevice: [
          { type: 'Relationship', object: 'urn:1' },
          { type: 'Relationship', object: 'urn:2', datasetId: 'urn:y' },
        ],
      }),
    );
    expect(file).toMatchObject({ entities: [{ type: 'Streetlight', attributes: new Map<string, unknown>([['name', 'a'], ['refDevice', ['urn:1', 'urn:2']]]) }] }); // prettier-ignore
  });

  it('rejects entities without id or type, each with its place', () => {
    expect(parseNgsiLd('[{"type":"Device"},{"id":"urn:1"},7]')).toMatchObject({
      entities: [],
      faults: [{ place: 1 }, { place: 2 }, { place: 3 }],
    });
    expect(parseNgsiLd('{"a":1}')).toHaveProperty('fault');
  });
});

describe('noise', () => {
  const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
  const key = fc.constantFrom(
    'type',
    'features',
    'geometry',
    'coordinates',
    'properties',
    'id',
    'value',
    'object',
    '__proto__',
    'constructor',
    '@value',
    'datasetId',
    'crs',
  );
  const tree: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'Feature',
        'FeatureCollection',
        'Point',
        'Property',
        'Relationship',
        'Device',
        null,
        1,
        -500,
        true,
      ),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      json,
    ),
  })).value;

  it('no parser throws, and every row is either read or rejected, 10,000 trees', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const text = JSON.stringify(value);
        const features = parseGeoJson(`{"type":"FeatureCollection","features":[${text}]}`);
        if ('points' in features) expect(features.points.length + features.faults.length).toBe(1);
        const entities = parseNgsiLd(`[${text}]`);
        expect('entities' in entities && entities.entities.length + entities.faults.length).toBe(1);
        parseGeoJson(text);
        parseNgsiLd(text);
      }),
      { numRuns: 10_000 },
    );
  });
});
