/** The shape of a class of device, as in the map, for legends, tables and cards. */
import type { ReactNode } from 'react';
import type { DeviceState } from '@cityward/contracts';
import { asClass, SHAPES } from './shapes.ts';

interface Props {
  readonly kind: string;
  readonly state?: DeviceState;
  readonly size?: number;
}

export const ShapeIcon = ({ kind, state, size = 14 }: Props): ReactNode => (
  <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden className="cw-shape" data-state={state}>
    <path d={SHAPES[asClass(kind)]} />
  </svg>
);
