/** The city as fleet sees it: every device in columns, who can be reached, and whom no change may touch. */
import type { City } from '@cityward/city';
import { columnsBuilder, FLAGS, type Columns, type FleetCity, type Shown } from '@cityward/fleet';
import type { Identity, Standing } from '@cityward/identity';

export interface FleetCityParts {
  readonly city: City;
  readonly identity: Pick<Identity, 'standing'>;
  /** By itself, or by the gateway that changes it. */
  readonly isReached: (device: string) => boolean;
  /** What a device says of itself; the record of the inventory may be older. */
  readonly shown: (device: string) => Pick<Shown, 'firmware' | 'hardware'> | null;
}

const STANDING_FLAGS: Readonly<Record<Standing, number>> = {
  active: 0,
  none: FLAGS.unknown,
  held: FLAGS.held,
  revoked: FLAGS.revoked,
  ended: FLAGS.ended,
};
const BARRED: Readonly<Record<Standing, string | null>> = {
  active: null,
  none: 'it has no certificate of this city',
  held: 'it is held',
  revoked: 'its certificate was revoked',
  ended: 'its identity has ended',
};

export function fleetCity({ city, identity, isReached, shown }: FleetCityParts): FleetCity {
  return {
    columns: () => columnsOf({ city, identity, shown }),
    reachable: isReached,
    barred: (device) => (city.record(device) ? BARRED[identity.standing(device)] : 'the city does not know it'),
    siteOf: (device) => city.record(device)?.site ?? null,
  };
}

function columnsOf({ city, identity, shown }: Omit<FleetCityParts, 'isReached'>): Columns {
  const ids = [...city.deviceIds()].sort();
  const serves = servicesOf(city);
  const columns = columnsBuilder(ids.length);
  for (const id of ids) {
    const device = city.record(id);
    if (!device) continue;
    const says = shown(id);
    const lifeSafety = device.criticality === 'life-safety' || device.neverCut ? FLAGS.lifeSafety : 0;
    columns.add({
      id,
      class: device.class,
      model: device.model,
      // No inventory knows it: the device says it.
      hardware: says?.hardware ?? null,
      site: device.site,
      ward: device.ward,
      service: serves.get(id) ?? null,
      running: says?.firmware ?? device.firmware,
      flags: STANDING_FLAGS[identity.standing(id)] | lifeSafety,
    });
  }
  return columns.done();
}

/** The first service that rests on each device, by name. */
function servicesOf(city: City): ReadonlyMap<string, string> {
  const serves = new Map<string, string>();
  for (const { id, name } of city.services())
    for (const device of city.devicesOf(id)) if (!serves.has(device)) serves.set(device, name);
  return serves;
}
