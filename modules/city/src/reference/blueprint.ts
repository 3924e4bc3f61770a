/** The drawing board of Port Merrow: named corners and curves, in metres, from which land, wards and main roads are built. */
import type { Line, Point } from './plane.ts';

export const CITY_NAME = 'Port Merrow';
/** The city's frame; sea and hinterland go on beyond it. */
export const FRAME_WIDTH_M = 8_000;
export const FRAME_HEIGHT_M = 6_000;
/** How far land and sea go on beyond the frame, so that no edge of the world shows. */
export const BEYOND_M = 9_000;

/** Corners where wards meet: A on the coast, W, B and N on the city limit, R on the river, I and J inland. */
export const CORNERS = {
  A0: [120, 1560],
  A1: [2300, 1560],
  A2: [3020, 2520],
  A3: [3900, 3230],
  A4: [4870, 2720],
  A5: [5330, 1450],
  A6: [6900, 1560],
  A7: [7900, 4180],
  W1: [60, 3350],
  B0: [420, 5650],
  B1: [7450, 5650],
  N0: [1650, 5900],
  N1: [3320, 5980],
  N2: [5560, 5900],
  R1: [3640, 4480],
  I1: [1880, 3120],
  I2: [2800, 3750],
  I3: [5250, 3560],
  I4: [6050, 2450],
  I5: [4870, 4480],
  I6: [6560, 3900],
  J1: [1700, 4550],
} as const satisfies Record<string, Point>;
export type Corner = keyof typeof CORNERS;

/** `coast`: land lies to the left; `river`: the middle of the stream; `road`: a border that is a main road; `limit`: the city limit. */
export type BorderKind = 'coast' | 'river' | 'road' | 'limit';
export interface Border {
  readonly kind: BorderKind;
  readonly from: Corner;
  readonly to: Corner;
  readonly via: Line;
  /** Of the road along it: the waterfront, the river drives, or the border road itself. */
  readonly road: string;
}

const border = (kind: BorderKind, ends: readonly [Corner, Corner], rest: { via: Line; road: string }): Border => ({
  kind,
  from: ends[0],
  to: ends[1],
  ...rest,
});

export const BORDERS = {
  cliff: border('coast', ['A0', 'A1'], {
    via: [
      [500, 1480],
      [900, 1290],
      [1300, 1230],
      [1750, 1330],
    ],
    road: 'Cliff Road',
  }),
  fishQuay: border('coast', ['A1', 'A2'], {
    via: [
      [2520, 1700],
      [2660, 1960],
      [2820, 2250],
    ],
    road: 'Fish Quay',
  }),
  quay: border('coast', ['A2', 'A3'], {
    via: [
      [3200, 2820],
      [3430, 3060],
      [3650, 3190],
    ],
    road: 'Quay Street',
  }),
  stationQuay: border('coast', ['A3', 'A4'], {
    via: [
      [4150, 3240],
      [4450, 3130],
      [4700, 2950],
    ],
    road: 'Station Quay',
  }),
  docks: border('coast', ['A4', 'A5'], {
    via: [
      [4960, 2420],
      [5080, 2100],
      [5180, 1780],
    ],
    road: 'Dock Road',
  }),
  head: border('coast', ['A5', 'A6'], {
    via: [
      [5280, 1180],
      [5420, 860],
      [5750, 640],
      [6150, 600],
      [6450, 760],
      [6620, 1080],
      [6760, 1350],
    ],
    road: 'Signal Drive',
  }),
  beach: border('coast', ['A6', 'A7'], {
    via: [
      [7060, 1900],
      [7180, 2400],
      [7250, 2900],
      [7380, 3400],
      [7600, 3850],
    ],
    road: 'Ocean Parade',
  }),
  lowerRiver: border('river', ['A3', 'R1'], {
    via: [
      [3880, 3600],
      [3780, 3950],
      [3620, 4200],
    ],
    road: 'Riverside',
  }),
  upperRiver: border('river', ['R1', 'N1'], {
    via: [
      [3760, 4750],
      [3700, 5080],
      [3450, 5350],
      [3300, 5660],
    ],
    road: 'Millrace',
  }),
  flagstaff: border('road', ['A1', 'I1'], {
    via: [
      [2180, 2050],
      [2050, 2600],
    ],
    road: 'Ring Road',
  }),
  reservoir: border('road', ['I1', 'W1'], {
    via: [
      [1300, 3280],
      [650, 3230],
    ],
    road: 'Reservoir Road',
  }),
  customhouse: border('road', ['A2', 'I2'], {
    via: [
      [2920, 2900],
      [2870, 3350],
    ],
    road: 'Customhouse Street',
  }),
  ringWest: border('road', ['I2', 'I1'], { via: [[2350, 3480]], road: 'Ring Road' }),
  ringBridge: border('road', ['R1', 'I2'], {
    via: [
      [3350, 4250],
      [3050, 3980],
    ],
    road: 'Ring Road',
  }),
  lowerHill: border('road', ['I1', 'J1'], { via: [[1760, 3700]], road: 'Hill Road' }),
  upperHill: border('road', ['J1', 'N0'], { via: [[1640, 5200]], road: 'Hill Road' }),
  wharf: border('road', ['A4', 'I3'], { via: [[5020, 3150]], road: 'Wharf Road' }),
  ringNorth: border('road', ['I3', 'I5'], { via: [[5150, 4050]], road: 'Ring Road' }),
  ringRiver: border('road', ['I5', 'R1'], {
    via: [
      [4450, 4560],
      [4050, 4470],
    ],
    road: 'Ring Road',
  }),
  north: border('road', ['I5', 'N2'], {
    via: [
      [4950, 5000],
      [5350, 5450],
    ],
    road: 'Great North Road',
  }),
  ringSouth: border('road', ['A5', 'I4'], { via: [[5640, 1900]], road: 'Ring Road' }),
  ringEast: border('road', ['I4', 'I3'], { via: [[5750, 3000]], road: 'Ring Road' }),
  lighthouse: border('road', ['A6', 'I4'], { via: [[6550, 2000]], road: 'Lighthouse Road' }),
  eastern: border('road', ['I3', 'I6'], { via: [[5900, 3780]], road: 'Eastern Avenue' }),
  dunes: border('road', ['I6', 'A7'], { via: [[7250, 4120]], road: 'Eastern Avenue' }),
  limitWest: border('limit', ['W1', 'A0'], { via: [[180, 2400]], road: '' }),
  limitHills: border('limit', ['B0', 'W1'], { via: [[200, 4500]], road: '' }),
  limitLake: border('limit', ['N0', 'B0'], { via: [[1000, 5850]], road: '' }),
  limitMill: border('limit', ['N1', 'N0'], { via: [[2500, 6020]], road: '' }),
  limitNorth: border('limit', ['N2', 'N1'], { via: [[4400, 6050]], road: '' }),
  limitEast: border('limit', ['B1', 'N2'], { via: [[6500, 5950]], road: '' }),
  limitSea: border('limit', ['A7', 'B1'], { via: [[7950, 5000]], road: '' }),
} as const satisfies Record<string, Border>;
export type BorderName = keyof typeof BORDERS;

/** Coast from far west to the city and from the city to the far east. */
export const COAST_WEST: Line = [
  [-9000, 700],
  [-6400, 1500],
  [-4300, 1250],
  [-2500, 950],
  [-1200, 1620],
  [-500, 1480],
];
export const COAST_EAST: Line = [
  [8120, 4650],
  [8700, 5150],
  [9700, 5350],
  [11_200, 6500],
  [13_800, 6900],
  [17_000, 8200],
];

/** Street pattern: main direction in degrees, block length and depth in metres, how far streets are bent. */
export interface Pattern {
  readonly degrees: number;
  readonly along: number;
  readonly across: number;
  readonly bend: number;
}
export interface WardPlan {
  readonly slug: string;
  readonly name: string;
  /** Borders in order; `-` runs one backwards. */
  readonly cycle: readonly (BorderName | `-${BorderName}`)[];
  readonly pattern: Pattern;
  /** How much of the city's equipment stands here, relative to the others. */
  readonly weight: number;
}

export const WARDS: readonly WardPlan[] = [
  {
    slug: 'harbour',
    name: 'Harbour',
    cycle: ['quay', 'lowerRiver', 'ringBridge', '-customhouse'],
    pattern: { degrees: 38, along: 150, across: 95, bend: 10 },
    weight: 1.6,
  },
  {
    slug: 'old-town',
    name: 'Old Town',
    cycle: ['fishQuay', 'customhouse', 'ringWest', '-flagstaff'],
    pattern: { degrees: 58, along: 115, across: 85, bend: 42 },
    weight: 1.4,
  },
  {
    slug: 'westcliff',
    name: 'Westcliff',
    cycle: ['cliff', 'flagstaff', 'reservoir', 'limitWest'],
    pattern: { degrees: -6, along: 210, across: 120, bend: 60 },
    weight: 0.8,
  },
  {
    slug: 'reservoir-hill',
    name: 'Reservoir Hill',
    cycle: ['-reservoir', 'lowerHill', 'upperHill', 'limitLake', 'limitHills'],
    pattern: { degrees: 14, along: 250, across: 170, bend: 95 },
    weight: 0.6,
  },
  {
    slug: 'millbank',
    name: 'Millbank',
    cycle: ['-ringWest', '-ringBridge', 'upperRiver', 'limitMill', '-upperHill', '-lowerHill'],
    pattern: { degrees: 22, along: 180, across: 115, bend: 35 },
    weight: 1,
  },
  {
    slug: 'station',
    name: 'Station',
    cycle: ['stationQuay', 'wharf', 'ringNorth', 'ringRiver', '-lowerRiver'],
    pattern: { degrees: -22, along: 150, across: 100, bend: 8 },
    weight: 1.5,
  },
  {
    slug: 'northgate',
    name: 'Northgate',
    cycle: ['-ringRiver', 'north', 'limitNorth', '-upperRiver'],
    pattern: { degrees: 4, along: 190, across: 120, bend: 30 },
    weight: 1,
  },
  {
    slug: 'port',
    name: 'Port',
    cycle: ['docks', 'ringSouth', 'ringEast', '-wharf'],
    pattern: { degrees: 72, along: 230, across: 170, bend: 6 },
    weight: 1.1,
  },
  {
    slug: 'signal-head',
    name: 'Signal Head',
    cycle: ['head', 'lighthouse', '-ringSouth'],
    pattern: { degrees: 30, along: 220, across: 140, bend: 70 },
    weight: 0.7,
  },
  {
    slug: 'longsands',
    name: 'Longsands',
    cycle: ['beach', '-dunes', '-eastern', '-ringEast', '-lighthouse'],
    pattern: { degrees: 80, along: 170, across: 105, bend: 18 },
    weight: 1,
  },
  {
    slug: 'eastfields',
    name: 'Eastfields',
    cycle: ['-ringNorth', 'eastern', 'dunes', 'limitSea', 'limitEast', '-north'],
    pattern: { degrees: 10, along: 210, across: 130, bend: 55 },
    weight: 0.9,
  },
];

export interface ParkPlan {
  readonly name: string;
  readonly centre: Point;
  readonly radii: Point;
  readonly degrees: number;
}
export const PARKS: readonly ParkPlan[] = [
  { name: 'Botanic Garden', centre: [3150, 4620], radii: [330, 220], degrees: 20 },
  { name: 'Flagstaff Park', centre: [1500, 2150], radii: [260, 190], degrees: -30 },
  { name: 'Reservoir Reserve', centre: [900, 4950], radii: [560, 470], degrees: 15 },
  { name: 'The Domain', centre: [4480, 5250], radii: [300, 210], degrees: 0 },
  { name: 'Signal Head Reserve', centre: [6060, 980], radii: [420, 230], degrees: 12 },
  { name: 'Market Square', centre: [2560, 2720], radii: [85, 65], degrees: 40 },
  { name: 'Railway Green', centre: [4640, 3640], radii: [170, 90], degrees: -25 },
  { name: 'Eastfields Common', centre: [6500, 4850], radii: [360, 250], degrees: 30 },
  { name: 'Longsands Gardens', centre: [6720, 3000], radii: [150, 230], degrees: 10 },
  { name: 'Gun Battery', centre: [900, 1560], radii: [170, 110], degrees: -10 },
];

export const LAKES: readonly ParkPlan[] = [
  { name: 'Merrow Reservoir', centre: [880, 4980], radii: [300, 210], degrees: 25 },
  { name: 'Domain Pond', centre: [4520, 5230], radii: [80, 45], degrees: 10 },
];

/** Piers of the port: metres along the dock wall, width, and how far they stand out into the harbour. */
export const PIERS: readonly { readonly at: number; readonly width: number; readonly out: number }[] = [
  { at: 180, width: 70, out: 190 },
  { at: 360, width: 70, out: 240 },
  { at: 560, width: 110, out: 300 },
  { at: 800, width: 70, out: 220 },
  { at: 980, width: 60, out: 170 },
];

/** Where the buildings stand that services work from; footprints are drawn round these points. */
export const BUILDINGS = {
  hospital: { name: 'Port Merrow Hospital', at: [4360, 4180], size: [190, 110], ward: 'station' },
  clinicHarbour: { name: 'Quay Street Clinic', at: [3290, 3310], size: [60, 38], ward: 'harbour' },
  clinicNorth: { name: 'Northgate Clinic', at: [4250, 4820], size: [56, 40], ward: 'northgate' },
  dialysis: { name: 'Longsands Dialysis Centre', at: [6650, 3420], size: [64, 44], ward: 'longsands' },
  fireHarbour: { name: 'Harbour Fire Station', at: [2960, 3450], size: [58, 40], ward: 'harbour' },
  fireEast: { name: 'Eastfields Fire Station', at: [5800, 4250], size: [58, 40], ward: 'eastfields' },
  policeCentral: { name: 'Central Police Station', at: [2600, 3250], size: [70, 46], ward: 'old-town' },
  policePort: { name: 'Port Police Station', at: [5450, 2700], size: [52, 36], ward: 'port' },
  townHall: { name: 'Town Hall', at: [3420, 3560], size: [96, 60], ward: 'harbour' },
  railway: { name: 'Merrow Central Station', at: [4560, 3480], size: [210, 52], ward: 'station' },
  waterworks: { name: 'Reservoir Hill Waterworks', at: [1330, 4560], size: [110, 70], ward: 'reservoir-hill' },
  substationWest: { name: 'Millbank Substation', at: [2300, 4300], size: [70, 60], ward: 'millbank' },
  substationEast: { name: 'Port Substation', at: [5800, 2620], size: [80, 60], ward: 'port' },
  controlCentre: { name: 'City Control Centre', at: [3180, 3600], size: [80, 50], ward: 'harbour' },
} as const satisfies Record<string, { name: string; at: Point; size: Point; ward: string }>;
export type BuildingName = keyof typeof BUILDINGS;

/** Names for the small streets, in the order in which wards take them. */
export const STREET_NAMES: readonly string[] =
  `Albatross Anchor Alder Amber Anvil Apple Arbour Ash Bakers Barley Basket Beacon Beech Bell Birch Bishop Blackthorn Boatshed Bollard Bowline
Bramble Brass Brewery Bridle Brook Buoy Butcher Cable Candle Canvas Capstan Cedar Chandler Chapel Cherry Church Clay Clipper Clover Cobble
Compass Cooper Copper Coral Cormorant Cotton Cowrie Crane Crescent Cross Curlew Current Cutter Cypress Daisy Dolphin Dove Drake Driftwood Drum
Eagle Ebb Elder Elm Estuary Falcon Fathom Fern Ferry Fiddler Finch Flax Flint Foreshore Forge Foundry Fountain Foxglove Gannet Garden Garnet
Gate Glass Glebe Gorse Granary Granite Grove Gull Halyard Hammer Harrier Hawthorn Hazel Heather Heron Hollow Holly Hope Horizon Iris Iron Ivory
Jasmine Juniper Keel Kelp Kestrel Kiln King Kingfisher Kite Lantern Larch Lark Laurel Lavender Leeward Lily Lime Linden Linen Lock Loom Lupin
Magnolia Malt Maple Marigold Mariner Market Marsh Martin Mason Mast Meadow Mercer Merchant Mill Mint Moor Moss Mulberry Myrtle Narrow Needle
Nelson Nettle Oak Oar Olive Orchard Osier Otter Owl Oyster Packet Paddock Palm Parade Pearl Pebble Pepper Petrel Pilot Pine Plane Plough Plover
Poplar Poppy Potter Prince Priory Prospect Prow Pump Quarry Queen Quill Raven Reed Regent Rigger Robin Rope Rose Rowan Rudder Rush Saddler Saffron
Sail Salt Samphire Sandpiper Saw School Sedge Shell Shingle Ship Silver Skipper Slate Sloop Smith Snow Spar Sparrow Spinnaker Spring Spruce Starling
Stone Summit Swallow Swan Swift Sycamore Tallow Tanner Tern Thatch Thistle Thrush Tide Tiller Timber Topsail Tower Trinity Union Vale Victory Vine
Violet Wagon Walnut Warehouse Water Weaver West Wharfinger Wheat Whistle Wicket Willow Windlass Windward Wren Yarrow Yew`
    .split(/\s+/u)
    .filter((word) => word.length > 0);
export const STREET_SUFFIXES: readonly string[] = ['Street', 'Street', 'Road', 'Lane', 'Terrace', 'Avenue', 'Place'];
