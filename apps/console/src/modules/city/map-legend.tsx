/** The key to the map's shapes: one for each class that the city has. */
import type { ReactNode } from 'react';
import { words } from '../../words/en-GB.ts';
import type { PointSet } from './points.ts';
import { ShapeIcon } from './shape-icon.tsx';
import { asClass } from './shapes.ts';

export function MapLegend({ set }: { readonly set: PointSet }): ReactNode {
  const present = [...new Set(set.classOf)].map((code) => asClass(set.classes[code] ?? '')).sort();
  return (
    <details className="cw-map-legend">
      <summary>{words.map.legend}</summary>
      <ul>
        {[...new Set(present)].map((kind) => (
          <li key={kind}>
            <ShapeIcon kind={kind} size={15} /> {words.classes[kind].one}
          </li>
        ))}
      </ul>
    </details>
  );
}
