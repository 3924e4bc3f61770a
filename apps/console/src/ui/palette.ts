/** Every colour of the console, by theme; a test holds each pair to 4.5:1. State colours are safe for colour-blind eyes. */
import type { DeviceState } from '@cityward/contracts';

export type Scheme = 'light' | 'dark';

/** `ink` is for words and icons on `soft` or a surface, `fill` for shapes, `soft` behind a badge. */
export interface Tone {
  readonly ink: string;
  readonly fill: string;
  readonly soft: string;
}

const LIGHT_STATES: Readonly<Record<DeviceState, Tone>> = {
  suspect: { ink: '#a8330a', fill: '#d9480f', soft: '#fdeae1' },
  quarantined: { ink: '#1b2129', fill: '#262d36', soft: '#dfe3e8' },
  contained: { ink: '#39434f', fill: '#4c5866', soft: '#e9ecf0' },
  watched: { ink: '#7d5200', fill: '#e09a00', soft: '#fdf2d5' },
  unreachable: { ink: '#55606d', fill: '#8a94a2', soft: '#eef0f3' },
  unknown: { ink: '#55606d', fill: '#a9b2bd', soft: '#f1f3f5' },
  learning: { ink: '#17568f', fill: '#2f7fd1', soft: '#e4eefa' },
  trusted: { ink: '#0a6153', fill: '#12907a', soft: '#def2ed' },
};

const DARK_STATES: Readonly<Record<DeviceState, Tone>> = {
  suspect: { ink: '#ff9d70', fill: '#f0642e', soft: '#3b2118' },
  quarantined: { ink: '#eef1f5', fill: '#dfe4ea', soft: '#39424d' },
  contained: { ink: '#c8d0da', fill: '#9aa6b4', soft: '#2c343e' },
  watched: { ink: '#f2c14e', fill: '#e0a21a', soft: '#342b14' },
  unreachable: { ink: '#aab4c0', fill: '#6f7a88', soft: '#272d35' },
  unknown: { ink: '#aab4c0', fill: '#5d6773', soft: '#242a31' },
  learning: { ink: '#8fbcf3', fill: '#4d95e6', soft: '#192a3e' },
  trusted: { ink: '#62d2b8', fill: '#23a88c', soft: '#13302b' },
};

export const STATE_TONES: Readonly<Record<Scheme, Readonly<Record<DeviceState, Tone>>>> = {
  light: LIGHT_STATES,
  dark: DARK_STATES,
};

/** Neutral surfaces and words. */
export const NEUTRALS = {
  light: {
    page: '#f5f6f8',
    surface: '#ffffff',
    sunken: '#eef0f3',
    line: '#dfe3e8',
    lineStrong: '#7f8997',
    text: '#1b2129',
    muted: '#55606d',
    accent: '#23466e',
    accentText: '#ffffff',
    accentSoft: '#e6edf5',
    focus: '#1f6fd0',
  },
  dark: {
    page: '#12161b',
    surface: '#1a2027',
    sunken: '#151a20',
    line: '#2d353f',
    lineStrong: '#727e8c',
    text: '#e9edf2',
    muted: '#a5b0bd',
    accent: '#a8c7ec',
    accentText: '#10202f',
    accentSoft: '#22303f',
    focus: '#7db4f5',
  },
} as const satisfies Record<Scheme, Record<string, string>>;

const NIGHT = '#12161b';
const DAY = '#ffffff';
/** The sign inside a badge of the map. */
export const BADGE_GLYPH = {
  light: { suspect: DAY, quarantined: DAY, contained: DAY, watched: NIGHT, unreachable: DAY },
  dark: { suspect: NIGHT, quarantined: NIGHT, contained: NIGHT, watched: NIGHT, unreachable: DAY },
} as const satisfies Record<Scheme, Partial<Record<DeviceState, string>>>;

/** The map's quiet tones. */
export const MAP_TONES = {
  light: {
    sea: '#dbe6ee',
    land: '#f4f3ef',
    water: '#cfdfea',
    park: '#e2ecdc',
    building: '#eae7e0',
    public: '#d9d3c7',
    street: '#ffffff',
    streetEdge: '#d9d6ce',
    ward: '#a9b0ba',
    label: '#4a5560',
    streetLabel: '#6a737d',
    halo: '#ffffff',
    link: '#9aa6b4',
  },
  dark: {
    sea: '#0f1d29',
    land: '#1c2228',
    water: '#17304a',
    park: '#1c2a22',
    building: '#242b32',
    public: '#343d46',
    street: '#2b333c',
    streetEdge: '#171c21',
    ward: '#4a5561',
    label: '#b9c3ce',
    streetLabel: '#8f9aa6',
    halo: '#12161b',
    link: '#5d6773',
  },
} as const satisfies Record<Scheme, Record<string, string>>;

const channel = (hex: string, at: number): number => {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
  return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};
const luminance = (hex: string): number =>
  0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5);

/** WCAG contrast ratio of two `#rrggbb` colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
