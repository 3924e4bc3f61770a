/** The city as fleet sees it: every device in columns, who can be reached, and whom no change may touch. */
import type { City } from '@cityward/city';
import { columnsBuilder, FLAGS, type Columns, type FleetCity, type Shown } from '@cityward/fleet';
import type { Identity, Standing } from '@cityward/identity';
import { MINUTE_MS, type Clock } from '@cityward/kernel';

export interface FleetCityParts {
  readonly city: City;
  readonly identity: Pick<Identity, 'standing' | 'gatewayOf'>;
  /** By itself, or by the gateway that changes it. */
  readonly isReached: (device: string) => boolean;
  /** Its gateway has said that it holds it, and may change it: such a device needs no certificate of its own, its gateway has one. */
  readonly isCarried: (device: string) => boolean;
  readonly clock: Clock;
  /** What a device says of itself; the record of the inventory may be older. */
  readonly shown: (device: string) => Pick<Shown, 'firmware' | 'hardware'> | null;
}

/** Devices that lost their link to a server that was started anew are back by then: they wait at most 15 s between two tries, and many come at once. */
const RETURN_MS = 2 * MINUTE_MS;
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

export function fleetCity(parts: FleetCityParts): FleetCity {
  const { city, identity, isReached, shown, clock } = parts;
  const started = clock();
  /** Of a device that is in a change already: until its gateway has spoken after a start it is away, not out. */
  const mayBeCarried = (device: string): boolean => identity.gatewayOf(device) !== null && shown(device) !== null;
  return {
    columns: () => columnsOf(parts),
    reachable: isReached,
    barred: (device) => {
      if (!city.record(device)) return 'the city does not know it';
      const standing = identity.standing(device);
      return standing === 'none' && mayBeCarried(device) ? null : BARRED[standing];
    },
    siteOf: (device) => city.record(device)?.site ?? null,
    // A clock that was set back says nothing of how long this is ago.
    returning: () => clock() >= started && clock() - started < RETURN_MS,
  };
}

function columnsOf({ city, identity, shown, isCarried }: FleetCityParts): Columns {
  const ids = [...city.deviceIds()].sort();
  const serves = servicesOf(city);
  const columns = columnsBuilder(ids.length);
  for (const id of ids) {
    const device = city.record(id);
    if (!device) continue;
    const says = shown(id);
    const standing = identity.standing(id);
    const flags = standing === 'none' && isCarried(id) ? 0 : STANDING_FLAGS[standing];
    const lifeSafety = device.criticality === 'life-safety' || device.neverCut ? FLAGS.lifeSafety : 0;
    columns.add({
      id,
      class: device.class,
      model: device.model,
      // The inventory may be older than what the device says of itself.
      hardware: says?.hardware ?? device.hardwareRevision,
      site: device.site,
      ward: device.ward,
      service: serves.get(id) ?? null,
      running: says?.firmware ?? device.firmware,
      flags: flags | lifeSafety,
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
