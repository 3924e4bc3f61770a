/** The city's map with its keyboard, cards, legend, buttons and the table behind it; WebGL where there is any, SVG where not. */
import { lazy, Suspense, useCallback, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Skeleton, useComputedColorScheme } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { boundsOf } from './geography.ts';
import { homeOf } from './home.ts';
import { HoverCard, MapButtons, SelectedCard } from './map-cards.tsx';
import { MapLegend } from './map-legend.tsx';
import type { Hover, MapCommand, MapProps } from './map-props.ts';
import { MapTable } from './map-table.tsx';
import { neighbour, wardBounds, type Bounds, type Direction, type PointSet } from './points.ts';
import { useGround, usePoints, useWardNames, type CityGround } from './use-city.ts';

const MapGl = lazy(() => import('./map-gl.tsx').then((module) => ({ default: module.MapGl })));
const MapSvg = lazy(() => import('./map-svg.tsx').then((module) => ({ default: module.MapSvg })));

function hasWebGl(): boolean {
  try {
    return document.createElement('canvas').getContext('webgl2') !== null;
  } catch {
    return false;
  }
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

export const MapSkeleton = (): ReactNode => (
  <div className="cw-map" role="status" aria-label={words.loading}>
    <Skeleton height="100%" radius="sm" />
  </div>
);

export function CityMap(): ReactNode {
  const ground = useGround();
  const points = usePoints();
  const error = ground.error ?? points.error;
  if (ground.data && points.data) return <DrawnMap ground={ground.data} set={points.data} />;
  if (!error) return <MapSkeleton />;
  return (
    <div className="cw-map cw-map-failed">
      <ProblemNote
        error={error}
        wanted={words.wanted.map}
        retry={() => {
          ground.retry();
          points.retry();
        }}
      />
    </div>
  );
}

/** The box of the ward in the address: its outline where the map has one, else its devices. */
function useFocus(ground: CityGround, set: PointSet): Bounds | null {
  const { ward } = useUrl();
  return useMemo(() => {
    if (ward === undefined) return null;
    const outline = ground.geography.ward.features.filter(
      (feature) => (feature.properties?.['id'] ?? feature.id) === ward,
    );
    return boundsOf(outline) ?? wardBounds(set, ward);
  }, [ground, set, ward]);
}

/** The bounds that the map opens on, and the word about devices that lie outside them. */
function useHome(ground: CityGround, set: PointSet): { readonly bounds: Bounds; readonly note: ReactNode } {
  const [wide, setWide] = useState(false);
  const { land, ward } = ground.geography;
  const own = useMemo(() => boundsOf([...land.features, ...ward.features]), [land, ward]);
  const { bounds, outside } = useMemo(() => homeOf(own, ground.bounds, set), [own, ground.bounds, set]);
  const note = outside > 0 && (
    <p className="cw-map-outside">
      {words.map.outside(outside)}{' '}
      <button type="button" className="cw-linklike" onClick={() => setWide(!wide)}>
        {wide ? words.map.hideOutside : words.map.showOutside}
      </button>
    </p>
  );
  return { bounds: wide ? ground.bounds : bounds, note };
}

interface KeyActs {
  readonly set: PointSet;
  readonly selected: number;
  readonly select: (at: number) => void;
  readonly open: (at: number) => void;
  readonly say: (command: MapCommand) => void;
  readonly toggleTable: () => void;
}

function pressed(event: KeyboardEvent, acts: KeyActs): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const direction = ARROWS[event.key];
  if (direction) {
    const next = neighbour(acts.set, acts.selected, direction);
    if (next >= 0) acts.select(next);
  } else if (event.key === 'Enter' && acts.selected >= 0) acts.open(acts.selected);
  else if (event.key === 'Escape') acts.select(-1);
  else if (event.key === '+' || event.key === '=') acts.say({ do: 'in' });
  else if (event.key === '-') acts.say({ do: 'out' });
  else if (event.key === '0') acts.say({ do: 'all' });
  else if (event.key.toLowerCase() === 't') acts.toggleTable();
  else return;
  event.preventDefault();
}

const Said = ({ text }: { readonly text: string }): ReactNode => (
  <div className="cw-unseen" aria-live="polite">
    {text}
  </div>
);

function DrawnMap({ ground, set }: { readonly ground: CityGround; readonly set: PointSet }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const nameOf = useWardNames();
  const scheme = useComputedColorScheme('light');
  const [selected, select] = useState(-1);
  const [hover, setHover] = useState<Hover | null>(null);
  const [command, say] = useState<MapCommand | null>(null);
  const [failed, setFailed] = useState(false);
  const fitZoom = useRef(11);
  const focus = useFocus(ground, set);
  const { bounds, note } = useHome(ground, set);
  const webgl = useMemo(hasWebGl, []);
  const svg = url.svg === 1 || !webgl || failed;
  const table = url.view === 'table';
  const open = useCallback((at: number) => setUrl({ device: set.ids[at] ?? null }), [set, setUrl]);
  const toggleTable = (): void => setUrl({ view: table ? null : 'table' }, { replace: true });
  const props: MapProps = {
    geography: ground.geography,
    bounds,
    set,
    scheme,
    nameOf,
    selected,
    focus,
    command,
    fitZoom,
    onHover: setHover,
    onSelect: select,
    onOpen: open,
    onFailure: () => setFailed(true),
  };
  return (
    <div className="cw-map" data-svg={svg || undefined}>
      {table ? (
        <MapTable set={set} ward={url.ward} nameOf={nameOf} />
      ) : (
        <div
          className="cw-map-keys"
          role="application"
          tabIndex={0}
          aria-label={words.map.label(set.count)}
          onKeyDown={(event) => pressed(event, { set, selected, select, open, say, toggleTable })}
        >
          <Suspense fallback={<Skeleton height="100%" />}>
            {svg ? <MapSvg {...props} /> : <MapGl {...props} />}
          </Suspense>
          {hover && hover.at !== selected && <HoverCard hover={hover} set={set} nameOf={nameOf} />}
        </div>
      )}
      {!table && selected >= 0 && (
        <SelectedCard at={selected} set={set} nameOf={nameOf} onOpen={open} onClose={() => select(-1)} />
      )}
      {!table && <MapLegend set={set} />}
      {!table && note}
      <MapButtons table={table} onTable={toggleTable} onCommand={say} />
      <Said text={selected >= 0 ? words.map.at(set.ids[selected] ?? '') : ''} />
    </div>
  );
}
