/** People who pass the sensors of the simulated city: what is read of them becomes a pseudonym at the gateway of the site. */
import type { DeviceClass, Sighting, SightingClass } from '@cityward/contracts';
import { hash32 } from '@cityward/kernel';
import type { PortMerrow } from '@cityward/city/reference';
import type { Fabric } from './fabric.ts';
import { createPseudonyms, inMemory, type Pseudonyms } from './site-gateway/pseudonyms.ts';

const SEES: Readonly<Partial<Record<DeviceClass, SightingClass>>> = {
  camera: 'number-plate',
  'parking-sensor': 'parking',
  'wifi-access-point': 'network-address',
};
/** One in so many sensors reads plates or addresses at all. */
const ONE_IN = 4;
/** How likely one sees somebody between two reports. */
const SEEN_SHARE = 0.02;
/** Cars and telephones of the city. */
const OWNERS = 5_000;
/** Sightings in one message. */
const MESSAGE_MAX = 50;

export interface PassersBy {
  /** What the sensors behind a switch saw since its last report. */
  at(gateway: string, now: number): readonly Sighting[];
}

export function createPassersBy(city: PortMerrow, fabric: Pick<Fabric, 'switchOf'>, random: () => number): PassersBy {
  const sensors = city.devices.filter(({ id, class: kind }) => SEES[kind] && hash32(`sees/${id}`) % ONE_IN === 0);
  const bySite = Map.groupBy(sensors, ({ id }) => fabric.switchOf(id)?.id ?? '');
  const pseudonyms = new Map<string, Pseudonyms>();
  return {
    at: (gateway, now) => {
      const own = pseudonyms.get(gateway) ?? createPseudonyms(inMemory(), Date.now);
      pseudonyms.set(gateway, own);
      const seen = (bySite.get(gateway) ?? []).filter(() => random() < SEEN_SHARE).slice(0, MESSAGE_MAX);
      return seen.flatMap(({ id, class: kind }) => {
        const of = SEES[kind]!;
        return own.of({ at: now, seenBy: id, of, raw: rawOf(of, Math.floor(random() * OWNERS)) }) ?? [];
      });
    },
  };
}

const rawOf = (of: SightingClass, owner: number): string => {
  const digits = hash32(`owner/${owner}`).toString(16).padStart(8, '0');
  return of === 'network-address' ? `02${digits}00` : `P${String(owner).padStart(4, '0')}`;
};
