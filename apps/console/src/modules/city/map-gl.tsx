/** The map in WebGL. States are painted by feature-state twice a second and only when something changed. */
import 'maplibre-gl/dist/maplibre-gl.css';
import { useEffect, useRef, type ReactNode } from 'react';
import { Map as MapLibre, setWorkerUrl, type GeoJSONSource, type MapMouseEvent } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { live } from '../../live/live.ts';
import type { MapProps } from './map-props.ts';
import { addImages } from './map-images.ts';
import { AGGREGATE_FROM, devicesFrom, groupsGeoJson, hotGeoJson, mapStyle } from './map-style.ts';
import { applyStates, type Bounds, type PointSet } from './points.ts';

setWorkerUrl(workerUrl);

const PAINT_MS = 500;
const REACH_PX = 9;
const FIT = { padding: 28, duration: 0 };
const NEAR_ZOOM = 15;

const boxOf = ([west, south, east, north]: Bounds): [[number, number], [number, number]] => [
  [west, south],
  [east, north],
];

/** The device nearest to the pointer, or -1. */
function deviceAt(map: MapLibre, event: MapMouseEvent): number {
  const { x, y } = event.point;
  const found = map.queryRenderedFeatures(
    [
      [x - REACH_PX, y - REACH_PX],
      [x + REACH_PX, y + REACH_PX],
    ],
    { layers: ['hot', 'devices'] },
  );
  return typeof found[0]?.id === 'number' ? found[0].id : -1;
}

function keepPainted(map: MapLibre, set: PointSet, nameOf: (ward: string) => string): () => void {
  const waiting = new Set<number>();
  const stop = live.onDevices((changes) => {
    for (const at of applyStates(set, changes)) waiting.add(at);
  });
  const timer = window.setInterval(() => {
    if (waiting.size === 0 || !map.getSource('devices')) return;
    for (const at of waiting) map.setFeatureState({ source: 'devices', id: at }, { s: set.state[at] });
    waiting.clear();
    void map.getSource<GeoJSONSource>('hot')?.setData(hotGeoJson(set));
    if (set.count >= AGGREGATE_FROM) void map.getSource<GeoJSONSource>('groups')?.setData(groupsGeoJson(set, nameOf));
  }, PAINT_MS);
  return () => {
    stop();
    window.clearInterval(timer);
  };
}

function listen(map: MapLibre, props: () => MapProps): void {
  map.on('mousemove', (event) => {
    const at = deviceAt(map, event);
    map.getCanvas().style.cursor = at < 0 ? '' : 'pointer';
    props().onHover(at < 0 ? null : { at, x: event.point.x, y: event.point.y });
  });
  map.on('mouseout', () => props().onHover(null));
  map.on('movestart', () => props().onHover(null));
  map.on('click', (event) => {
    const at = deviceAt(map, event);
    if (at >= 0) return props().onSelect(at);
    const group = map.getLayer('groups')
      ? map.queryRenderedFeatures(event.point, { layers: ['groups'] })[0]
      : undefined;
    if (group?.geometry.type !== 'Point') return;
    const zoom = Math.max(map.getZoom() + 1, devicesFrom(props().set.count, props().fitZoom.current) + 0.2);
    map.jumpTo({ center: group.geometry.coordinates as [number, number], zoom });
  });
  map.on('dblclick', (event) => {
    const at = deviceAt(map, event);
    if (at < 0) return;
    event.preventDefault();
    props().onOpen(at);
  });
}

/** Makes the map once per city and theme. */
function useMap(props: MapProps): {
  readonly box: React.RefObject<HTMLDivElement | null>;
  readonly map: React.RefObject<MapLibre | null>;
} {
  const box = useRef<HTMLDivElement>(null);
  const held = useRef<MapLibre | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { geography, set, scheme, bounds } = props;
  useEffect(() => {
    const now = latest.current;
    const map = new MapLibre({
      container: box.current!,
      style: { version: 8, sources: {}, layers: [] },
      bounds: boxOf(bounds),
      fitBoundsOptions: FIT,
      attributionControl: false,
      keyboard: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      maxZoom: 19,
    });
    now.fitZoom.current = map.getZoom();
    map.setStyle(mapStyle({ scheme, geography, set, nameOf: now.nameOf, fit: map.getZoom() }), { diff: false });
    addImages(map, scheme);
    map.touchZoomRotate.disableRotation();
    listen(map, () => latest.current);
    const stop = keepPainted(map, set, (ward) => latest.current.nameOf(ward));
    map.on('load', () => box.current?.setAttribute('data-ready', 'true'));
    map.on('error', (event) => latest.current.onFailure(new Error(event.error.message)));
    map.getCanvas().tabIndex = -1;
    map.getCanvas().setAttribute('aria-hidden', 'true');
    held.current = map;
    return () => {
      stop();
      held.current = null;
      map.remove();
    };
  }, [geography, set, scheme, bounds]);
  return { box, map: held };
}

function useCamera(props: MapProps, held: React.RefObject<MapLibre | null>): void {
  const { command, focus, bounds, selected, set } = props;
  useEffect(() => {
    const map = held.current;
    if (!map || command === null) return;
    if (command.do === 'in') map.zoomIn({ duration: 0 });
    else if (command.do === 'out') map.zoomOut({ duration: 0 });
    else map.fitBounds(boxOf(bounds), FIT);
  }, [command, held, bounds]);
  useEffect(() => {
    const map = held.current;
    if (map) map.fitBounds(boxOf(focus ?? bounds), { ...FIT, padding: focus ? 64 : FIT.padding });
  }, [focus, bounds, held]);
  useEffect(() => {
    const map = held.current;
    if (!map) return;
    const draw = (): void => {
      const features =
        selected < 0
          ? []
          : [
              {
                type: 'Feature' as const,
                properties: {},
                geometry: { type: 'Point' as const, coordinates: [set.lon[selected]!, set.lat[selected]!] },
              },
            ];
      void map.getSource<GeoJSONSource>('selected')?.setData({ type: 'FeatureCollection', features });
    };
    if (map.isStyleLoaded()) draw();
    else void map.once('idle', draw);
    if (selected < 0) return;
    const centre: [number, number] = [set.lon[selected]!, set.lat[selected]!];
    if (!map.getBounds().contains(centre)) map.jumpTo({ center: centre });
    if (set.count >= AGGREGATE_FROM && map.getZoom() < NEAR_ZOOM) map.jumpTo({ center: centre, zoom: NEAR_ZOOM });
  }, [selected, set, held]);
}

export function MapGl(props: MapProps): ReactNode {
  const { box, map } = useMap(props);
  useCamera(props, map);
  return <div ref={box} className="cw-map-canvas" />;
}
