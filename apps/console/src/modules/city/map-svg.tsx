/** The map without WebGL: the same GeoJSON as SVG. */
import { memo, useEffect, useMemo, useReducer, useRef, useState, type ReactNode } from 'react';
import { words } from '../../words/en-GB.ts';
import { live } from '../../live/live.ts';
import { AGGREGATE_FROM, HOT_MAX } from './map-style.ts';
import type { MapProps } from './map-props.ts';
import { middleOf, pathOf, projection, type Geography, type Projection } from './geography.ts';
import { aggregates, applyStates, classAt, hotIndexes, stateAt, type PointSet } from './points.ts';
import { asClass, BADGES, isBadged, SHAPE_SIZES, SHAPES } from './shapes.ts';

const WIDTH = 1_000;
const REDRAW_MS = 500;
const ZOOM_STEP = 1.5;
const ZOOM_MAX = 40;
const BRUSH_SIZE = 15;
/** Bubbles are drawn in units of the picture, which is wider than most windows. */
const GROUP_SCALE = 1.5;
const GROUPED_BELOW = 3;

export const Ground = memo(function Ground({
  geography,
  to,
}: {
  readonly geography: Geography;
  readonly to: Projection;
}): ReactNode {
  return (
    <g aria-hidden>
      {(['land', 'park', 'water', 'building', 'street', 'ward'] as const).map((kind) => (
        <g key={kind} className={`cw-svg-${kind}`}>
          {geography[kind].features.map((feature, at) => (
            <path
              key={at}
              d={pathOf(feature.geometry, to)}
              data-line={/Line/.test(feature.geometry.type) || undefined}
              data-sea={feature.properties?.['rank'] === 'sea' || undefined}
            />
          ))}
        </g>
      ))}
    </g>
  );
});

const WardNames = ({
  geography,
  to,
  scale,
}: {
  readonly geography: Geography;
  readonly to: Projection;
  readonly scale: number;
}): ReactNode => (
  <g className="cw-svg-names" aria-hidden fontSize={14 / scale} strokeWidth={3 / scale}>
    {geography.ward.features.map((feature, at) => {
      const [lon, lat] = middleOf(feature.geometry) as [number, number];
      const [x, y] = to.point(lon, lat);
      return (
        <text key={at} x={x} y={y} textAnchor="middle">
          {String(feature.properties?.['name'] ?? '')}
        </text>
      );
    })}
  </g>
);

interface DeviceProps {
  readonly set: PointSet;
  readonly to: Projection;
  readonly scale: number;
  readonly props: MapProps;
}

function Devices({ set, to, scale, props }: DeviceProps): ReactNode {
  const all = Array.from({ length: set.count }, (_, at) => at);
  const badges = hotIndexes(set, HOT_MAX).reverse();
  const place = (at: number, size: number): string => {
    const [x, y] = to.point(set.lon[at]!, set.lat[at]!);
    const k = (size * BRUSH_SIZE) / 24 / scale;
    return `translate(${(x - 12 * k).toFixed(2)} ${(y - 12 * k).toFixed(2)}) scale(${k.toFixed(4)})`;
  };
  return (
    <g>
      {all.map((at) => {
        const kind = asClass(classAt(set, at));
        return (
          <path
            key={set.ids[at]}
            d={SHAPES[kind]}
            transform={place(at, SHAPE_SIZES[kind])}
            className="cw-svg-device"
            data-state={stateAt(set, at)}
            onClick={() => props.onSelect(at)}
            onDoubleClick={() => props.onOpen(at)}
            onPointerEnter={(event) =>
              props.onHover({ at, x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY })
            }
            onPointerLeave={() => props.onHover(null)}
          />
        );
      })}
      {badges.map((at) => {
        const state = stateAt(set, at);
        if (!isBadged(state)) return null;
        return (
          <g
            key={set.ids[at]}
            transform={place(at, 1.15)}
            pointerEvents="none"
            data-state={state}
            className="cw-svg-badge"
          >
            <path d={BADGES[state].outline} />
            <path d={BADGES[state].glyph} fillRule="evenodd" className="cw-svg-glyph" />
          </g>
        );
      })}
    </g>
  );
}

function Groups({ set, to, scale, props }: DeviceProps): ReactNode {
  return (
    <g>
      {aggregates(set, props.nameOf).map((group) => {
        const [x, y] = to.point(group.lon, group.lat);
        return (
          <g
            key={group.key}
            transform={`translate(${x} ${y}) scale(${GROUP_SCALE / scale})`}
            data-state={group.worst}
            className="cw-svg-group"
          >
            <circle r={34} />
            <text textAnchor="middle" dy={52} className="cw-svg-group-name">
              {group.label}
            </text>
            {words.map
              .group(group.worstCount, words.states[group.worst].word, group.count)
              .split('\n')
              .map((line, at, lines) => (
                <text key={line} textAnchor="middle" dy={at * 14 + (lines.length === 3 ? -10 : -3)}>
                  {line}
                </text>
              ))}
          </g>
        );
      })}
    </g>
  );
}

interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Where the picture looks: whole city, a ward, or nearer by the buttons. */
function useView(props: MapProps, to: Projection): View {
  const { command, focus, selected, set } = props;
  const whole: View = useMemo(() => ({ x: to.width / 2, y: to.height / 2, scale: 1 }), [to]);
  const [view, setView] = useState<View>(whole);
  const chosen = useRef(selected);
  chosen.current = selected;
  useEffect(() => {
    if (!focus) return setView(whole);
    const [x0, y1] = to.point(focus[0], focus[1]);
    const [x1, y0] = to.point(focus[2], focus[3]);
    const scale = Math.min(ZOOM_MAX, 0.8 / Math.max((x1 - x0) / to.width, (y1 - y0) / to.height, 0.02));
    setView({ x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale });
  }, [focus, to, whole]);
  useEffect(() => {
    if (!command) return;
    if (command.do === 'all') return setView(whole);
    const factor = command.do === 'in' ? ZOOM_STEP : 1 / ZOOM_STEP;
    setView((before) => {
      const scale = Math.min(ZOOM_MAX, Math.max(1, before.scale * factor));
      if (scale === 1) return whole;
      if (chosen.current < 0) return { ...before, scale };
      const [x, y] = to.point(set.lon[chosen.current]!, set.lat[chosen.current]!);
      return { x, y, scale };
    });
  }, [command, set, to, whole]);
  return view;
}

export function MapSvg(props: MapProps): ReactNode {
  const { geography, set, bounds, selected } = props;
  const to = useMemo(() => projection(bounds, WIDTH), [bounds]);
  const view = useView(props, to);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let changed = false;
    const stop = live.onDevices((changes) => {
      changed = applyStates(set, changes).length > 0 || changed;
    });
    const timer = window.setInterval(() => {
      if (changed) redraw();
      changed = false;
    }, REDRAW_MS);
    return () => {
      stop();
      window.clearInterval(timer);
    };
  }, [set]);
  const width = to.width / view.scale;
  const height = to.height / view.scale;
  const grouped = set.count >= AGGREGATE_FROM && view.scale < GROUPED_BELOW;
  const parts = { set, to, scale: view.scale, props };
  const here = selected < 0 ? null : to.point(set.lon[selected]!, set.lat[selected]!);
  return (
    <svg
      className="cw-map-svg"
      viewBox={`${view.x - width / 2} ${view.y - height / 2} ${width} ${height}`}
      preserveAspectRatio="xMidYMid meet"
      data-ready="true"
      aria-hidden
    >
      <Ground geography={geography} to={to} />
      {!grouped && <WardNames geography={geography} to={to} scale={view.scale} />}
      {grouped ? <Groups {...parts} /> : <Devices {...parts} />}
      {here && (
        <circle
          cx={here[0]}
          cy={here[1]}
          r={14 / view.scale}
          strokeWidth={2.5 / view.scale}
          className="cw-svg-selected"
        />
      )}
    </svg>
  );
}
