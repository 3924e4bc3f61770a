/** Narrows the fleet to an area: drawn on the map, or given by its four sides (nothing needs a drag). */
import { useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { Button, Modal, NumberInput } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { RowsSkeleton } from '../../ui/parts.tsx';
import { projection, type Projection } from './geography.ts';
import { Ground } from './map-svg.tsx';
import { stateAt, type Bounds, type PointSet } from './points.ts';
import { useGround, usePoints, type CityGround } from './use-city.ts';

const WIDTH = 640;
const DECIMALS = 5;
const DOTS_MAX = 6_000;
const SIDES = ['west', 'south', 'east', 'north'] as const;

const parse = (bbox: string | undefined): Bounds | null => {
  const sides = bbox?.split(',').map(Number);
  return sides?.length === 4 && sides.every(Number.isFinite) ? (sides as unknown as Bounds) : null;
};
const round = (value: number): number => Number(value.toFixed(DECIMALS));

const Dots = ({ set, to }: { readonly set: PointSet; readonly to: Projection }): ReactNode => {
  const step = Math.max(1, Math.ceil(set.count / DOTS_MAX));
  return (
    <g aria-hidden>
      {Array.from({ length: Math.ceil(set.count / step) }, (_, i) => {
        const at = i * step;
        const [x, y] = to.point(set.lon[at]!, set.lat[at]!);
        return (
          <circle
            key={at}
            cx={x.toFixed(1)}
            cy={y.toFixed(1)}
            r={2.4}
            className="cw-svg-device"
            data-state={stateAt(set, at)}
          />
        );
      })}
    </g>
  );
};

interface DrawProps {
  readonly ground: CityGround;
  readonly set: PointSet;
  readonly box: Bounds | null;
  readonly onBox: (box: Bounds) => void;
}

function Draw({ ground, set, box, onBox }: DrawProps): ReactNode {
  const svg = useRef<SVGSVGElement>(null);
  const start = useRef<readonly [number, number] | null>(null);
  const to = useMemo(() => projection(ground.bounds, WIDTH), [ground.bounds]);
  const placeOf = (event: PointerEvent): readonly [number, number] => {
    const frame = svg.current!.getBoundingClientRect();
    return to.place(
      ((event.clientX - frame.left) / frame.width) * to.width,
      ((event.clientY - frame.top) / frame.height) * to.height,
    );
  };
  const move = (event: PointerEvent): void => {
    if (!start.current) return;
    const [a, b] = [start.current, placeOf(event)];
    onBox([
      round(Math.min(a[0], b[0])),
      round(Math.min(a[1], b[1])),
      round(Math.max(a[0], b[0])),
      round(Math.max(a[1], b[1])),
    ]);
  };
  const corner = box ? to.point(box[0], box[3]) : null;
  const far = box ? to.point(box[2], box[1]) : null;
  return (
    <svg
      ref={svg}
      className="cw-map-svg cw-brush"
      viewBox={`0 0 ${to.width} ${to.height}`}
      aria-hidden
      onPointerDown={(event) => {
        start.current = placeOf(event);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onPointerUp={() => (start.current = null)}
    >
      <Ground geography={ground.geography} to={to} />
      <Dots set={set} to={to} />
      {corner && far && (
        <rect
          x={corner[0]}
          y={corner[1]}
          width={Math.max(0, far[0] - corner[0])}
          height={Math.max(0, far[1] - corner[1])}
          className="cw-brush-box"
        />
      )}
    </svg>
  );
}

function Sides({ box, onBox }: { readonly box: Bounds; readonly onBox: (box: Bounds) => void }): ReactNode {
  return (
    <div className="cw-sides">
      {SIDES.map((side, at) => (
        <NumberInput
          key={side}
          size="xs"
          label={words.brush.sides[side]}
          value={box[at] ?? 0}
          decimalScale={DECIMALS}
          step={0.001}
          onChange={(value) => {
            const next = [...box] as [number, number, number, number];
            next[at] = Number(value);
            onBox(next);
          }}
        />
      ))}
    </div>
  );
}

function Brush({ onClose }: { readonly onClose: () => void }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const ground = useGround();
  const points = usePoints();
  const [box, setBox] = useState<Bounds | null>(() => parse(url.bbox));
  if (!ground.data || !points.data) return <RowsSkeleton rows={8} />;
  const valid = box !== null && box[0] < box[2] && box[1] < box[3];
  const apply = (bbox: string | null): void => {
    setUrl({ bbox });
    onClose();
  };
  return (
    <div className="cw-stack">
      <p className="cw-muted">{words.brush.text}</p>
      <Draw ground={ground.data} set={points.data} box={box} onBox={setBox} />
      <Sides box={box ?? ground.data.bounds} onBox={setBox} />
      <div className="cw-form-actions">
        <Button variant="default" disabled={url.bbox === undefined} onClick={() => apply(null)}>
          {words.brush.whole}
        </Button>
        <Button disabled={!valid} onClick={() => apply(box!.map(round).join(','))}>
          {words.brush.apply}
        </Button>
      </div>
    </div>
  );
}

export const MapBrush = ({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}): ReactNode => (
  <Modal
    opened={opened}
    onClose={onClose}
    title={words.brush.title}
    size="xl"
    closeButtonProps={{ 'aria-label': words.close }}
  >
    {opened && <Brush onClose={onClose} />}
  </Modal>
);
