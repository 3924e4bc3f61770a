/** What both maps (WebGL and SVG) are given. */
import type { RefObject } from 'react';
import type { Scheme } from '../../ui/palette.ts';
import type { Geography } from './geography.ts';
import type { Bounds, PointSet } from './points.ts';

export interface Hover {
  readonly at: number;
  readonly x: number;
  readonly y: number;
}
/** A press of a zoom button or key; a new object each time. */
export interface MapCommand {
  readonly do: 'in' | 'out' | 'all';
}
export interface MapProps {
  readonly geography: Geography;
  readonly set: PointSet;
  readonly bounds: Bounds;
  readonly scheme: Scheme;
  /** Name of a ward by its id. */
  readonly nameOf: (ward: string) => string;
  /** Index of the selected device; -1 for none. */
  readonly selected: number;
  /** The ward to look at; null for the whole city. */
  readonly focus: Bounds | null;
  readonly command: MapCommand | null;
  /** Zoom at which the whole city fits; written by the map. */
  readonly fitZoom: RefObject<number>;
  readonly onHover: (hover: Hover | null) => void;
  readonly onSelect: (at: number) => void;
  readonly onOpen: (at: number) => void;
  readonly onFailure: (error: Error) => void;
}
