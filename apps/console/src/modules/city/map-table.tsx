/** The real table behind the map: every device, worst first, rows drawn as they come into sight. */
import { useMemo, useRef, type ReactNode } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { words } from '../../words/en-GB.ts';
import { useSetUrl } from '../../frame/url.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { classAt, stateAt, tableOrder, type PointSet } from './points.ts';
import { asClass } from './shapes.ts';
import { ShapeIcon } from './shape-icon.tsx';

const ROW_PX = 36;

interface Props {
  readonly set: PointSet;
  readonly ward: string | undefined;
  readonly nameOf: (ward: string) => string;
}

export function MapTable({ set, ward, nameOf }: Props): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const setUrl = useSetUrl();
  const order = useMemo(() => tableOrder(set, ward), [set, ward]);
  const rows = useVirtualizer({
    count: order.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  return (
    <div className="cw-map-table" ref={box} tabIndex={0} role="region" aria-label={words.map.tableName}>
      <table className="cw-table cw-vtable" aria-rowcount={order.length + 1}>
        <thead>
          <tr>
            {words.map.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const at = order[item.index]!;
            const kind = asClass(classAt(set, at));
            const wardId = set.wards[set.wardOf[at] ?? -1];
            return (
              <tr
                key={set.ids[at]}
                aria-rowindex={item.index + 2}
                style={{ transform: `translateY(${item.start}px)`, height: ROW_PX }}
              >
                <th scope="row">
                  <button type="button" className="cw-linklike" onClick={() => setUrl({ device: set.ids[at]! })}>
                    {set.ids[at]}
                  </button>
                </th>
                <td>
                  <StateBadge state={stateAt(set, at)} />
                </td>
                <td>
                  <ShapeIcon kind={kind} /> {words.classes[kind].one}
                </td>
                <td>{wardId === undefined ? words.none : nameOf(wardId)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
