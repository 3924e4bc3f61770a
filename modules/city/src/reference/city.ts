/** Puts Port Merrow together: the same seed and number give the same city, byte for byte, on every machine. */
import { hash32, millis, type Millis } from '@cityward/kernel';
import type { CityDraft } from '../domain/model.ts';
import { CITY_NAME } from './blueprint.ts';
import { ADDRESSES, PARTIES, recorderOf, type CityAddress } from './catalogue.ts';
import { drawGeography } from './geography.ts';
import { fitOut, type Remark, type Wiring } from './inventory.ts';
import { CITY_BOUNDS, drawMap } from './map.ts';
import { rankJunctions } from './placement.ts';
import { peopleOf } from './people.ts';
import { findJunctions, layStreets } from './streets.ts';
import { supplyCity } from './supply.ts';

export const DEVICES_LEAST = 200;
export const DEVICES_MOST = 100_000;
/** 23 November 2026, 00:00 UTC: what installation dates are counted back from unless told otherwise. */
export const REFERENCE_DAY: Millis = millis(1_795_392_000_000);

export interface PortMerrow extends CityDraft {
  readonly seed: string;
  /** The day it was founded; only installation dates and remarks depend on it. */
  readonly at: Millis;
  /** What installers left in writing at handover. */
  readonly remarks: readonly Remark[];
  /** City services that devices speak to by address. */
  readonly addresses: readonly CityAddress[];
  readonly wiring: Wiring;
}
export interface PortMerrowOptions {
  readonly seed: string | number;
  /** 200 to 100,000; throws a RangeError outside. */
  readonly devices: number;
  readonly at?: Millis;
}

/** The fictional harbour city: geometry, parties, sites, networks, devices, services, datasets and what depends on what. */
export function portMerrow(options: PortMerrowOptions): PortMerrow {
  const { devices } = options;
  if (!Number.isInteger(devices) || devices < DEVICES_LEAST || devices > DEVICES_MOST) {
    throw new RangeError(
      `build Port Merrow with "${devices}" devices: want a whole number from ${DEVICES_LEAST} to ${DEVICES_MOST}`,
    );
  }
  const seed = String(options.seed);
  const at = options.at ?? REFERENCE_DAY;
  const number = hash32(seed) % 1_000_003;
  const geography = drawGeography(number);
  const streets = layStreets(geography, number);
  const ground = { geography, streets, junctions: rankJunctions(geography, findJunctions(streets), number) };
  const inventory = fitOut(ground, { seed, total: devices, at });
  const supply = supplyCity(geography, inventory);
  const people = peopleOf(geography, inventory, seed);
  return {
    name: CITY_NAME,
    bounds: CITY_BOUNDS,
    parties: PARTIES,
    sites: supply.sites,
    networks: supply.networks,
    devices: inventory.devices,
    services: people.services,
    datasets: people.datasets,
    edges: [...supply.edges, ...people.edges],
    geometry: drawMap(geography, streets, { supply, seed }),
    seed,
    at,
    remarks: inventory.remarks,
    addresses: [...Object.values(ADDRESSES), ...geography.wards.map((_, ward) => recorderOf(ward))],
    wiring: inventory.wiring,
  };
}
