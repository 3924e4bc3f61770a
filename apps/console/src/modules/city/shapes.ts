/** A small shape for each class of device, the same on the map, in the SVG, in the legend and on cards. 24 by 24. */
import { DEVICE_CLASSES, type DeviceClass } from '@cityward/contracts';

const circle = (r: number): string => `M${12 - r} 12a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;

export const SHAPES: Readonly<Record<DeviceClass, string>> = {
  'street-light': circle(7),
  signal: 'M8.5 3h7a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z',
  crossing: 'M12 2.5l9.5 9.5-9.5 9.5L2.5 12z',
  camera: 'M3 7h11v3.5L21 6.5v11l-7-4V17H3z',
  'water-pump': 'M12 2c4 5 7 8.5 7 12.5a7 7 0 0 1-14 0C5 10.5 8 7 12 2z',
  'water-tank': 'M4 5h16v11a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5z',
  'waste-bin': 'M4 4h16l-2.5 17h-11z',
  'air-sensor': 'M9 3h6v6h6v6h-6v6H9v-6H3V9h6z',
  'parking-sensor': 'M4 4h16v16H4z',
  'wifi-access-point': 'M2 6h20L12 21z',
  'bus-sign': 'M5 3h14v12h-5.5v6h-3v-6H5z',
  'site-switch': 'M12 2l8.7 5v10L12 22l-8.7-5V7z',
  'plant-controller': 'M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z',
  other: circle(5),
};

/** Relative size by importance: what keeps people safe is larger. */
export const SHAPE_SIZES: Readonly<Record<DeviceClass, number>> = {
  'street-light': 0.62,
  signal: 0.92,
  crossing: 0.9,
  camera: 0.86,
  'water-pump': 1,
  'water-tank': 0.95,
  'waste-bin': 0.68,
  'air-sensor': 0.74,
  'parking-sensor': 0.62,
  'wifi-access-point': 0.74,
  'bus-sign': 0.78,
  'site-switch': 0.86,
  'plant-controller': 1.05,
  other: 0.7,
};

export const asClass = (word: string): DeviceClass =>
  (DEVICE_CLASSES as readonly string[]).includes(word) ? (word as DeviceClass) : 'other';

/** Badges of the states that need an eye: outline and glyph in a 24 box; the glyph is drawn in the surface's colour. */
export const BADGES = {
  suspect: { outline: 'M12 1.5l11 20.5H1z', glyph: 'M11 8.5h2v6.5h-2zM11 17h2v2.2h-2z' },
  quarantined: { outline: circle(10.5), glyph: 'M5 10.3h14v3.4H5z' },
  contained: {
    outline: 'M4 2h16a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z',
    glyph: 'M7 11h1.5V9a3.5 3.5 0 0 1 7 0v2H17v7H7zm3.5 0h3V9a1.5 1.5 0 0 0-3 0z',
  },
  watched: {
    outline: circle(10.5),
    glyph:
      'M4.5 12C7 8.2 9.5 7 12 7s5 1.2 7.5 5c-2.5 3.8-5 5-7.5 5s-5-1.2-7.5-5zm5 0a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0z',
  },
  unreachable: {
    outline: circle(9.5),
    glyph: 'M8.8 7.2L12 10.4l3.2-3.2 1.6 1.6-3.2 3.2 3.2 3.2-1.6 1.6-3.2-3.2-3.2 3.2-1.6-1.6 3.2-3.2-3.2-3.2z',
  },
} as const;
export type Badged = keyof typeof BADGES;
export const isBadged = (state: string): state is Badged => Object.hasOwn(BADGES, state);
