/** What is bought and from whom: fictional makers, models, firmware, shares of each class, and the city's own addresses. */
import type { DeviceClass } from '@cityward/contracts';
import type { Party } from '../domain/model.ts';

const party = (id: string, name: string, kind: Party['kind']): Party => ({ id: `party-${id}`, name, kind });

export const PARTIES: readonly Party[] = [
  party('city', 'City of Port Merrow', 'city'),
  party('lighting', 'Street Lighting', 'department'),
  party('roads', 'Roads and Traffic', 'department'),
  party('water', 'Merrow Water', 'department'),
  party('safety', 'Public Safety', 'department'),
  party('parks', 'Parks and Waste', 'department'),
  party('environment', 'Environment', 'department'),
  party('transport', 'Public Transport', 'department'),
  party('digital', 'Digital Services', 'department'),
  party('marram', 'Marram Field Services', 'integrator'),
  party('southline', 'Southline Integration', 'integrator'),
  party('corvane', 'Corvane Imaging', 'maker'),
  party('tallis', 'Tallis Optics', 'maker'),
  party('lumenor', 'Lumenor Lighting', 'maker'),
  party('kestrane', 'Kestrane Signals', 'maker'),
  party('brackwell', 'Brackwell Controls', 'maker'),
  party('tidemark', 'Tidemark Sensing', 'maker'),
  party('arkwell', 'Arkwell Networks', 'maker'),
  party('hospital', 'Port Merrow Hospital Trust', 'clinic'),
  party('quay-clinic', 'Quay Street Clinic', 'clinic'),
  party('dialysis', 'Longsands Dialysis', 'clinic'),
  party('fire', 'Merrow Fire and Rescue', 'agency'),
  party('police', 'Merrow Police', 'agency'),
];

export interface ModelPlan {
  readonly maker: string;
  readonly model: string;
  /** Newest first; the share of devices on each falls by half. */
  readonly firmware: readonly string[];
  /** Share within the class. */
  readonly share: number;
}
export interface ClassPlan {
  readonly class: DeviceClass;
  readonly short: string;
  /** What its names begin with: `Lamp 0231, Quay Street`. */
  readonly word: string;
  /** Share of a city's devices; switches are counted from the sites instead. */
  readonly share: number;
  /** At least so many, however small the city. */
  readonly least: number;
  readonly owner: string;
  readonly maintainer: string;
  readonly serial: string;
  readonly models: readonly ModelPlan[];
}

const model = (maker: string, name: string, rest: { firmware: string; share: number }): ModelPlan => ({
  maker: `party-${maker}`,
  model: name,
  firmware: rest.firmware.split(' '),
  share: rest.share,
});

/** The model whose older firmware still takes the password it left the factory with. */
export const WEAK_MODEL = 'Corvane C220';
export const WEAK_FIRMWARE = '2.3.1';
/** Of all cameras, how many were left that way. */
export const WEAK_SHARE = 0.12;
/** How many of those were mounted in the last days, by the same integrator. */
export const WEAK_RECENT = 3;

/** Order matters: ids count within a class, and placing goes class by class. */
export const CLASSES: readonly ClassPlan[] = [
  {
    class: 'plant-controller',
    short: 'plant',
    word: 'Controller',
    share: 0.01,
    least: 4,
    owner: 'party-water',
    maintainer: 'party-water',
    serial: 'BWC',
    models: [model('brackwell', 'Brackwell PC-8', { firmware: '8.2.4 8.2.1', share: 1 })],
  },
  {
    class: 'water-pump',
    short: 'pump',
    word: 'Pump',
    share: 0.018,
    least: 4,
    owner: 'party-water',
    maintainer: 'party-water',
    serial: 'BWP',
    models: [
      model('brackwell', 'Brackwell P40', { firmware: '4.1.0 4.0.6', share: 0.7 }),
      model('brackwell', 'Brackwell P90', { firmware: '4.1.0 4.0.6', share: 0.3 }),
    ],
  },
  {
    class: 'water-tank',
    short: 'tank',
    word: 'Tank',
    share: 0.01,
    least: 3,
    owner: 'party-water',
    maintainer: 'party-water',
    serial: 'BWT',
    models: [model('brackwell', 'Brackwell LT', { firmware: '2.2.0 2.1.5', share: 1 })],
  },
  {
    class: 'signal',
    short: 'signal',
    word: 'Signal',
    share: 0.067,
    least: 8,
    owner: 'party-roads',
    maintainer: 'party-southline',
    serial: 'KSG',
    models: [
      model('kestrane', 'Kestrane J4', { firmware: '6.4.2 6.4.0 6.3.7', share: 0.75 }),
      model('kestrane', 'Kestrane J2', { firmware: '5.9.9', share: 0.25 }),
    ],
  },
  {
    class: 'crossing',
    short: 'crossing',
    word: 'Crossing',
    share: 0.1,
    least: 10,
    owner: 'party-roads',
    maintainer: 'party-southline',
    serial: 'KSX',
    models: [
      model('kestrane', 'Kestrane Walk', { firmware: '3.1.4 3.1.2', share: 0.8 }),
      model('kestrane', 'Kestrane Walk A', { firmware: '3.1.4', share: 0.2 }),
    ],
  },
  {
    class: 'camera',
    short: 'cam',
    word: 'Camera',
    share: 0.2,
    least: 30,
    owner: 'party-safety',
    maintainer: 'party-marram',
    serial: 'CRV',
    models: [
      model('corvane', WEAK_MODEL, { firmware: '3.1.0 3.0.2', share: 0.45 }),
      model('corvane', 'Corvane C540', { firmware: '5.2.2 5.1.8', share: 0.25 }),
      model('tallis', 'Tallis T3', { firmware: '11.4.63 11.3.70', share: 0.3 }),
    ],
  },
  {
    class: 'street-light',
    short: 'lamp',
    word: 'Lamp',
    share: 0.44,
    least: 40,
    owner: 'party-lighting',
    maintainer: 'party-marram',
    serial: 'LMN',
    models: [
      model('lumenor', 'Lumenor Arc 60', { firmware: '1.8.3 1.8.0 1.7.5', share: 0.7 }),
      model('lumenor', 'Lumenor Arc 90', { firmware: '1.8.3 1.8.0', share: 0.3 }),
    ],
  },
  {
    class: 'parking-sensor',
    short: 'park',
    word: 'Parking bay',
    share: 0.047,
    least: 6,
    owner: 'party-roads',
    maintainer: 'party-southline',
    serial: 'TMP',
    models: [model('tidemark', 'Tidemark Bay', { firmware: '2.0.7 2.0.5', share: 1 })],
  },
  {
    class: 'waste-bin',
    short: 'bin',
    word: 'Bin',
    share: 0.042,
    least: 6,
    owner: 'party-parks',
    maintainer: 'party-parks',
    serial: 'TMB',
    models: [model('tidemark', 'Tidemark Fill', { firmware: '1.5.1 1.4.9', share: 1 })],
  },
  {
    class: 'bus-sign',
    short: 'sign',
    word: 'Bus sign',
    share: 0.03,
    least: 4,
    owner: 'party-transport',
    maintainer: 'party-southline',
    serial: 'KSB',
    models: [model('kestrane', 'Kestrane Stop', { firmware: '2.6.0 2.5.3', share: 1 })],
  },
  {
    class: 'wifi-access-point',
    short: 'wifi',
    word: 'Wi-Fi',
    share: 0.023,
    least: 4,
    owner: 'party-digital',
    maintainer: 'party-digital',
    serial: 'AWA',
    models: [model('arkwell', 'Arkwell W6', { firmware: '17.2.1 17.1.4', share: 1 })],
  },
  {
    class: 'air-sensor',
    short: 'air',
    word: 'Air',
    share: 0.013,
    least: 3,
    owner: 'party-environment',
    maintainer: 'party-environment',
    serial: 'TMA',
    models: [model('tidemark', 'Tidemark Air', { firmware: '3.3.0 3.2.8', share: 1 })],
  },
];

export const SWITCH_PLAN: ClassPlan = {
  class: 'site-switch',
  short: 'switch',
  word: 'Switch',
  share: 0,
  least: 1,
  owner: 'party-digital',
  maintainer: 'party-digital',
  serial: 'AWS',
  models: [model('arkwell', 'Arkwell S24', { firmware: '9.4.2 9.4.0', share: 1 })],
};
/** Devices on one site switch, itself not counted. */
export const DEVICES_PER_SITE = 24;

/** A service of the city that devices speak to; it is an address, not a device of the inventory. */
export interface CityAddress {
  readonly ref: string;
  readonly name: string;
}
const address = (ip: string, name: string): CityAddress => ({ ref: `ip:${ip}`, name });

export const ADDRESSES = {
  dns: address('10.0.0.53', 'City name server'),
  time: address('10.0.0.123', 'City time server'),
  engineering: address('10.0.5.20', 'Engineering jump host'),
  platform: address('10.0.10.10', 'Cityward gateway'),
  updates: address('10.0.30.10', 'City update server'),
  lighting: address('10.0.40.10', 'Lighting management'),
  traffic: address('10.0.41.10', 'Traffic centre'),
  water: address('10.0.50.10', 'Water historian'),
  signs: address('10.0.70.10', 'Passenger information'),
  wifi: address('10.0.80.10', 'Wi-Fi controller'),
  parking: address('10.0.90.10', 'Parking office'),
  air: address('10.0.100.10', 'Air quality'),
  waste: address('10.0.110.10', 'Waste rounds'),
} as const satisfies Record<string, CityAddress>;

/** The video recorder of the n-th ward. */
export const recorderOf = (ward: number): CityAddress => address(`10.0.20.${10 + ward}`, `Video recorder ${ward + 1}`);
