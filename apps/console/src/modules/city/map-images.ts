/** The map's images, drawn here: shapes as distance fields (so that a state can colour them), badges as pictures. */
import type { Map as MapLibre } from 'maplibre-gl';
import { DEVICE_CLASSES } from '@cityward/contracts';
import { BADGE_GLYPH, MAP_TONES, STATE_TONES, type Scheme } from '../../ui/palette.ts';
import { BADGES, SHAPES, type Badged } from './shapes.ts';

const RATIO = 2;
const BOX = 24;
const MARGIN = 4;
const SIDE = (BOX + 2 * MARGIN) * RATIO;
/** Distances up to this many pixels are kept; the edge stands at three quarters, as MapLibre expects. */
const RADIUS = 8;
const CUTOFF = 0.25;

function context(side: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const drawn = canvas.getContext('2d', { willReadFrequently: true });
  if (!drawn) throw new Error("draw the map's images: the browser gives no 2D canvas");
  return drawn;
}

function nearest(inside: Uint8Array, at: number, want: number): number {
  const x0 = at % SIDE;
  const y0 = Math.floor(at / SIDE);
  let least = RADIUS * RADIUS;
  for (let y = Math.max(0, y0 - RADIUS); y <= Math.min(SIDE - 1, y0 + RADIUS); y++)
    for (let x = Math.max(0, x0 - RADIUS); x <= Math.min(SIDE - 1, x0 + RADIUS); x++) {
      if (inside[y * SIDE + x] !== want) continue;
      const distance = (x - x0) ** 2 + (y - y0) ** 2;
      if (distance < least) least = distance;
    }
  return Math.sqrt(least);
}

/** The signed distance field of a filled path, in the alpha channel. */
function distanceField(path: string): ImageData {
  const drawn = context(SIDE);
  drawn.scale(RATIO, RATIO);
  drawn.translate(MARGIN, MARGIN);
  drawn.fill(new Path2D(path));
  const image = drawn.getImageData(0, 0, SIDE, SIDE);
  const inside = new Uint8Array(SIDE * SIDE);
  for (let at = 0; at < inside.length; at++) inside[at] = image.data[4 * at + 3]! >= 128 ? 1 : 0;
  for (let at = 0; at < inside.length; at++) {
    const distance = inside[at] === 1 ? 0.5 - nearest(inside, at, 0) : nearest(inside, at, 1) - 0.5;
    image.data[4 * at + 3] = Math.max(0, Math.min(255, Math.round(255 - 255 * (distance / RADIUS + CUTOFF))));
  }
  return image;
}

function badge(state: Badged, scheme: Scheme): ImageData {
  const drawn = context(SIDE);
  drawn.scale(RATIO, RATIO);
  drawn.translate(MARGIN, MARGIN);
  const outline = new Path2D(BADGES[state].outline);
  drawn.lineWidth = 3;
  drawn.lineJoin = 'round';
  drawn.strokeStyle = MAP_TONES[scheme].halo;
  drawn.stroke(outline);
  drawn.fillStyle = STATE_TONES[scheme][state].fill;
  drawn.fill(outline);
  drawn.fillStyle = BADGE_GLYPH[scheme][state];
  drawn.fill(new Path2D(BADGES[state].glyph), 'evenodd');
  return drawn.getImageData(0, 0, SIDE, SIDE);
}

let fields: ReadonlyMap<string, ImageData> | null = null;

/** Gives the map its images; the distance fields are worked out once. */
export function addImages(map: MapLibre, scheme: Scheme): void {
  fields ??= new Map(DEVICE_CLASSES.map((name) => [`shape-${name}`, distanceField(SHAPES[name])]));
  for (const [name, image] of fields)
    if (!map.hasImage(name)) map.addImage(name, image, { sdf: true, pixelRatio: RATIO });
  for (const state of Object.keys(BADGES) as Badged[]) {
    const name = `badge-${state}`;
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, badge(state, scheme), { pixelRatio: RATIO });
  }
}
