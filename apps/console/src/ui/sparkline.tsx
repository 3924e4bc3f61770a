/** A small line of the last 24 hours on a fixed scale 0 to 1, gaps left open where nothing is known. */
import type { ReactNode } from 'react';

const WIDTH = 96;
const HEIGHT = 22;

/** SVG path of the known values; a gap begins a new stroke. */
export function sparkPath(values: readonly (number | null)[], width = WIDTH, height = HEIGHT): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let pen = false;
  values.forEach((value, index) => {
    if (value === null) {
      pen = false;
      return;
    }
    const x = (index * step).toFixed(1);
    const y = (height - 2 - Math.min(1, Math.max(0, value)) * (height - 4)).toFixed(1);
    path += `${pen ? 'L' : 'M'}${x} ${y}`;
    pen = true;
  });
  return path;
}

export const Sparkline = ({
  values,
  label,
}: {
  readonly values: readonly (number | null)[];
  readonly label: string;
}): ReactNode => (
  <svg className="cw-spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
    <line x1="0" x2={WIDTH} y1="2" y2="2" className="cw-spark-top" />
    <path d={sparkPath(values)} className="cw-spark-line" />
  </svg>
);
