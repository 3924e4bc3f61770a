/** A small line of the last 24 hours on a fixed scale 0 to 1, gaps left open where nothing is known. */
import type { ReactNode } from 'react';
import { sparkPath } from './spark-path.ts';

const WIDTH = 96;
const HEIGHT = 22;

export const Sparkline = ({
  values,
  label,
}: {
  readonly values: readonly (number | null)[];
  readonly label: string;
}): ReactNode => (
  <svg className="cw-spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
    <line x1="0" x2={WIDTH} y1="2" y2="2" className="cw-spark-top" />
    <path d={sparkPath(values, WIDTH, HEIGHT)} className="cw-spark-line" />
  </svg>
);
