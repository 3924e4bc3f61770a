/** The reference city is the same everywhere, whole, and looks like a city. */
import { createHash } from 'node:crypto';
import { isId } from '@cityward/kernel';
import { describe, expect, it } from 'vitest';
import { drawGeography } from './geography.ts';
import { areaOf, contains, toLonLat } from './plane.ts';
import { portMerrow, DEVICES_MOST, type PortMerrow } from './city.ts';
import { WEAK_FIRMWARE, WEAK_MODEL } from './catalogue.ts';

const hashOf = (city: PortMerrow): string => {
  const { wiring: _wiring, ...rest } = city;
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex');
};
const SIZES = [200, 600, 5_000];

describe('the same seed', () => {
  it('gives the same bytes, and these bytes', () => {
    const city = portMerrow({ seed: 7, devices: 600 });
    expect(hashOf(portMerrow({ seed: 7, devices: 600 }))).toBe(hashOf(city));
    expect(hashOf(portMerrow({ seed: 8, devices: 600 }))).not.toBe(hashOf(city));
    expect(hashOf(city)).toMatchInlineSnapshot(`"769c7bb02f1b61fd7ed6f9cdbe8bdda7ff49e43c37ebf3b4fe3322c678bdaa6a"`);
  });
  it('refuses a size it cannot build', () => {
    for (const devices of [199, DEVICES_MOST + 1, 600.5, NaN]) {
      expect(() => portMerrow({ seed: 1, devices })).toThrow(RangeError);
    }
  });
});

describe.each(SIZES)('a city of %i devices', (devices) => {
  const city = portMerrow({ seed: `size-${devices}`, devices });
  const ids = [
    ...city.parties,
    ...city.sites,
    ...city.networks,
    ...city.devices,
    ...city.services,
    ...city.datasets,
  ].map((node) => node.id);
  const known = new Set(ids);

  it('has exactly as many as asked, each with its own id, serial, MAC and address', () => {
    expect(city.devices).toHaveLength(devices);
    expect(known.size).toBe(ids.length);
    expect(ids.every(isId)).toBe(true);
    for (const field of ['serial', 'mac', 'ip'] as const) {
      expect(new Set(city.devices.map((device) => device[field])).size, field).toBe(devices);
    }
    for (const device of city.devices) expect(device.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/u);
  });

  it('has no edge, site, ward or party that leads nowhere', () => {
    const loose = city.edges.filter(({ from, to }) => !known.has(from) || !known.has(to) || from === to);
    expect(loose).toEqual([]);
    for (const device of city.devices) {
      const { site, ward, maker, owner, maintainer, installer } = device;
      const all = [site, ward, maker, owner, maintainer, installer].every((id) => known.has(id ?? ''));
      expect(all, device.id).toBe(true);
    }
    const keys = city.edges.map((edge) => `${edge.kind} ${edge.from} ${edge.to}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('hangs every device on a switch of its own site, by telecom and by reach both ways', () => {
    const links = new Set(city.edges.map((edge) => `${edge.kind} ${edge.from} ${edge.to}`));
    city.devices.forEach((device, i) => {
      const own = city.devices[city.wiring.switchOf[i]!]!;
      expect(own.class).toBe('site-switch');
      expect(own.site).toBe(device.site);
      if (own.id === device.id) return;
      expect(links.has(`telecom ${device.id} ${own.id}`)).toBe(true);
      expect(links.has(`reach ${device.id} ${own.id}`)).toBe(true);
      expect(links.has(`reach ${own.id} ${device.id}`)).toBe(true);
    });
  });

  it('keeps the camera model with the factory password to a few, three of them new', () => {
    const weak = city.devices.filter((device) => device.firmware === WEAK_FIRMWARE);
    const cameras = city.devices.filter((device) => device.class === 'camera').length;
    expect(weak.every((device) => device.model === WEAK_MODEL)).toBe(true);
    expect(weak.length).toBeGreaterThanOrEqual(3);
    expect(weak.length).toBeLessThan(cameras * 0.2);
    expect(city.remarks).toHaveLength(3);
    for (const remark of city.remarks) {
      const device = city.devices[city.wiring.indexOf.get(remark.device)!]!;
      expect(device.firmware).toBe(WEAK_FIRMWARE);
      expect(city.at - device.installed!).toBeLessThan(10 * 86_400_000);
    }
  });

  it('says for each service what it needs and for each dataset who it is about', () => {
    for (const service of city.services) expect(city.edges.some((edge) => edge.from === service.id)).toBe(true);
    const feeding = new Set(city.edges.filter((edge) => edge.kind === 'data-flow').map((edge) => edge.from));
    expect(city.devices.every((device) => device.class !== 'camera' || feeding.has(device.id))).toBe(true);
    for (const dataset of city.datasets) {
      expect(dataset.subjects.length).toBeGreaterThan(20);
      expect(new Set(dataset.subjects).size).toBe(dataset.subjects.length);
      expect(dataset.subjects.every((id) => /^sub-[0-9a-hjkmnp-tv-z]{12}$/u.test(id))).toBe(true);
    }
  });
});

describe('the ground', () => {
  it.each([1, 2, 3])('is tiled by its wards (seed %i)', (seed) => {
    const geography = drawGeography(seed);
    const tiles = geography.wards.reduce((sum, ward) => sum + areaOf(ward.outline), 0);
    expect(geography.wards.every((ward) => areaOf(ward.outline) > 100_000)).toBe(true);
    expect(Math.abs(tiles - areaOf(geography.cityArea))).toBeLessThan(1);
    for (let x = 50; x < 8_000; x += 190) {
      for (let y = 50; y < 6_000; y += 190) {
        const held = geography.wards.filter((ward) => contains(ward.outline, [x, y])).length;
        if (held !== (contains(geography.cityArea, [x, y]) ? 1 : 0)) expect.fail(`${held} wards at ${x}, ${y}`);
      }
    }
  });
  it('has every device on land, in the ward that its record names', () => {
    const city = portMerrow({ seed: 'ground', devices: 1_000 });
    const wards = new Map(city.geometry.ward.features.map((feature) => [feature.properties['id'], feature] as const));
    const off = city.devices.filter((device) => {
      const ward = wards.get(device.ward!)!.geometry;
      return ward.type === 'Polygon' && !contains(ward.coordinates[0]!, [device.lon!, device.lat!]);
    });
    expect(off.length).toBeLessThan(city.devices.length * 0.02);
    expect(toLonLat([0, 0])).toEqual([175.55, -46.23]);
  });
  it('closes every ring and keeps every point on the earth', () => {
    const { geometry } = portMerrow({ seed: 3, devices: 200 });
    for (const layer of Object.values(geometry)) {
      for (const { geometry: shape } of layer.features) {
        if (shape.type !== 'Polygon') continue;
        for (const ring of shape.coordinates) expect(ring[0]).toEqual(ring[ring.length - 1]);
      }
    }
    expect(geometry.ward.features).toHaveLength(11);
  });
});
