/** NetBox, GeoJSON and NGSI-LD files. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importTesting } from './import-testing.ts';

const testing = importTesting({ beforeAll, afterAll, beforeEach });
const { preview, commit, undo, everything } = testing;

describe('other formats', () => {
  it('reads NetBox devices and wants its required columns filled', async () => {
    const text = [
      'name,role,tenant,manufacturer,device_type,platform,serial,asset_tag,status,site,latitude,longitude',
      'cam-x,Camera,Police,Axis,P1468,AXIS OS 11,NB1,T1,active,Town Hall,-41.25,174.15',
      'cam-y,Camera,Police,Axis,,AXIS OS 11,NB2,T2,active,Town Hall,,',
    ].join('\n');
    const report = await commit(text, 'export.csv');
    expect(report.format).toBe('netbox-csv');
    expect(report.rows[1]).toMatchObject({
      line: 3,
      verdict: 'rejected',
      reason: '"device_type" is empty, NetBox wants it filled',
    });
    expect(testing.city().record(report.rows[0]!.device!)).toMatchObject({
      name: 'cam-x',
      class: 'camera',
      model: 'P1468',
      firmware: 'AXIS OS 11',
      maker: 'party-axis',
      owner: 'party-police',
      site: 'site-town-hall',
      source: 'netbox',
      sourceId: 'T1',
    });
    const short = await testing.city().imports.preview({
      file: 'x.csv',
      format: 'netbox-csv',
      text: 'name,serial\na,b',
      by: 'per-1',
    });
    expect(short).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('no column "role", "manufacturer"') as string },
    });
  });

  const junction = (n: number, rest: object): object => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [-77 - n / 1_000, 38.9] },
    properties: {
      OBJECTID: n,
      NAME: `Junction ${n}`,
      TRUNK: '100-T1',
      DIST: ' ',
      SUBFEED: '25-F1',
      COMMCAB: '12-A',
      COMMLINE: 7,
      SWITCH: n,
      FDRPAIR: 'PR(01,02)',
      ...rest,
    },
  });
  const register = (...features: object[]): string => JSON.stringify({ type: 'FeatureCollection', features });

  it('turns a register of junctions into signals on a communications tree, far from the city too', async () => {
    const before = await everything();
    const file = register(junction(1, {}), junction(2, { SUBFEED: ' ' }), junction(3, { COMMCAB: ' ', COMMLINE: 0 }), {
      type: 'Feature',
      geometry: null,
    });
    const report = await commit(file, 'junctions.geojson');
    expect(report.counts).toMatchObject({ rows: 4, new: 3, rejected: 1 });
    expect(report.rows.at(-1)).toMatchObject({ line: 4, reason: 'has no geometry, a Point wanted' });
    const graph = testing.city().graph();
    const path = (from: string): string[] => {
      const { offsets, targets, kinds } = graph.forward;
      const at = graph.indexOf(from);
      for (let arc = offsets[at]!; arc < offsets[at + 1]!; arc++)
        if (kinds[arc] === 1) return [testing.city().node(from)!.name, ...path(graph.ids[targets[arc]!]!)];
      return [testing.city().node(from)!.name];
    };
    expect(path(report.rows[0]!.device!)).toEqual([
      'Junction 1',
      'Communication cable 12-A',
      'Sub-feed cable 25-F1',
      'Trunk cable 100-T1',
      'Traffic control centre',
    ]);
    expect(path(report.rows[2]!.device!)[1]).toBe('Sub-feed cable 25-F1');
    expect(report.rows[0]!.changes).toContainEqual({
      field: 'control',
      was: '',
      becomes: expect.stringMatching(/ drop 1$/) as string,
    });
    const moved = await commit(
      register(junction(1, { COMMCAB: '12-B' }), junction(2, {}), junction(3, {})),
      'junctions.geojson',
    );
    expect(moved.counts).toMatchObject({ changed: 2, same: 1 });
    expect(moved.rows[0]!.changes.map((change) => change.field)).toEqual(['telecom', 'telecom']);
    for (const { id } of [moved, report]) expect(await undo(id)).toMatchObject({ ok: true });
    expect(await everything()).toEqual(before);
  });

  it('reads hospitals as services and stations as places', async () => {
    const at = { type: 'Point', coordinates: [174.05, -41.25] };
    const features = [{ type: 'Feature', id: 'h1', geometry: at, properties: { NAME: 'St Anne', TYPE: 'General' } }];
    const hospitals = await commit(register(...features), 'hospitals.geojson');
    expect(
      testing
        .city()
        .services()
        .find((service) => service.id === hospitals.rows[0]!.device),
    ).toMatchObject({
      name: 'St Anne',
      kind: 'hospital',
      criticality: 'life-safety',
    });
    const stations = await commit(register(...features), 'metro-stations.geojson');
    expect(testing.city().site(stations.rows[0]!.device!)).toMatchObject({ name: 'St Anne', ward: 'ward-west' });
    expect((await preview(register(...features), 'hospitals.geojson')).counts.same).toBe(1);
  });

  it('joins an NGSI-LD asset with its one controller, and links assets that share one', async () => {
    const light = (n: number, device: string): object => ({
      id: `urn:ngsi-ld:Streetlight:${n}`,
      type: 'Streetlight',
      streetPoleNum: { type: 'Property', value: `Pole ${n}` },
      location: { type: 'GeoProperty', value: { type: 'Point', coordinates: [174.05, -41.25] } },
      refDevice: { type: 'Relationship', object: [device] },
    });
    const device = (n: number): object => ({
      id: `urn:ngsi-ld:Device:${n}`,
      type: 'Device',
      serialNumber: `D${n}`,
      macAddress: [`02:00:00:00:01:0${n}`],
      firmwareVersion: '5.1',
      refDeviceModel: 'urn:ngsi-ld:DeviceModel:LC-7',
    });
    const file = JSON.stringify([
      light(1, 'urn:ngsi-ld:Device:1'),
      device(1),
      light(2, 'urn:ngsi-ld:Device:2'),
      light(3, 'urn:ngsi-ld:Device:2'),
      device(2),
      { id: 'urn:ngsi-ld:Road:1', type: 'Road' },
    ]);
    const report = await commit(file, 'lights.jsonld');
    expect(report.format).toBe('ngsi-ld');
    expect(report.counts).toMatchObject({ rows: 5, new: 4, rejected: 1 });
    const bySource = (id: string) =>
      testing
        .city()
        .deviceIds()
        .map((one) => testing.city().record(one)!)
        .find((one) => one.sourceId === id);
    expect(bySource('urn:ngsi-ld:Device:1')).toMatchObject({
      class: 'street-light',
      name: 'Pole 1',
      serial: 'D1',
      firmware: '5.1',
      model: 'LC-7',
      ward: 'ward-west',
    });
    const [two, three, controller] = ['Streetlight:2', 'Streetlight:3', 'Device:2'].map((id) =>
      bySource(`urn:ngsi-ld:${id}`)!,
    );
    const graph = testing.city().graph();
    const targets = (id: string): string[] =>
      [
        ...graph.forward.targets.subarray(
          graph.forward.offsets[graph.indexOf(id)],
          graph.forward.offsets[graph.indexOf(id) + 1],
        ),
      ].map((node) => graph.ids[node]!);
    expect(targets(two!.id)).toContain(controller!.id);
    expect(targets(three!.id)).toContain(controller!.id);
    expect((await preview(file, 'lights.jsonld')).counts).toMatchObject({ same: 4, rejected: 1 });
    expect(await undo(report.id)).toMatchObject({ ok: true });
    expect(testing.city().deviceIds()).toHaveLength(5);
  });
});
