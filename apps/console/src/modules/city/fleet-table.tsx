/** The fleet as one virtual table: 100,000 rows, only those in sight are drawn and fetched. */
import { useMemo, useRef, type ReactNode } from 'react';
import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { FlexRender, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { DevicePage, DeviceRow } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '../../ui/icons.ts';
import { columns, DEFAULT_COLUMNS, features, SORTED_BY, WIDTHS } from './fleet-columns.tsx';
import { nextSort, sortOf, type FleetQuery } from './fleet-query.ts';
import { useRows } from './use-fleet.ts';

const ROW_PX = 38;
const OVERSCAN = 12;

export const shownColumns = (cols: string | undefined): string[] => {
  const chosen = cols?.split(',').filter((id) => id in WIDTHS) ?? [];
  return chosen.length === 0 ? DEFAULT_COLUMNS : chosen;
};

function Head({ id, label }: { readonly id: string; readonly label: ReactNode }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const column = SORTED_BY[id];
  if (!column) return <span className="cw-th">{label}</span>;
  const now = sortOf(url);
  const on = now === column || now === `-${column}`;
  const Sign = !on ? IconArrowsSort : now === column ? IconArrowUp : IconArrowDown;
  return (
    <button
      type="button"
      className="cw-th cw-th-sort"
      data-on={on || undefined}
      onClick={() => setUrl({ sort: nextSort(now, column) }, { replace: true })}
    >
      {label}
      <Sign size={13} aria-hidden />
    </button>
  );
}

function sortWord(sort: string, id: string): 'ascending' | 'descending' | 'none' | undefined {
  if (!SORTED_BY[id]) return undefined;
  return sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : 'none';
}

/** The rows in sight as one list that keeps its identity while they are the same; ends at the first that has not come. */
function useWindow(rowAt: (index: number) => DeviceRow | undefined, from: number, to: number): DeviceRow[] {
  const held = useRef<DeviceRow[]>([]);
  const rows: DeviceRow[] = [];
  for (let index = from; index <= to; index++) {
    const row = rowAt(index);
    if (!row) break;
    rows.push(row);
  }
  const same = held.current.length === rows.length && rows.every((row, at) => row === held.current[at]);
  if (!same) held.current = rows;
  return held.current;
}

function useFleetTable(data: DeviceRow[], shown: readonly string[]) {
  const columnVisibility = useMemo(
    () => Object.fromEntries(Object.keys(WIDTHS).map((id) => [id, shown.includes(id)])),
    [shown],
  );
  return useTable({ features, columns, data, getRowId: (row) => row.id, state: { columnVisibility } });
}
type Table = ReturnType<typeof useFleetTable>;
type Row = ReturnType<Table['getRowModel']>['rows'][number];

const WaitingCells = ({ table }: { readonly table: Table }): ReactNode =>
  table.getVisibleLeafColumns().map((column) => (
    <td key={column.id} role="cell" style={{ width: WIDTHS[column.id] }}>
      <Skeleton height={12} width="70%" />
    </td>
  ));

function Cells({ row }: { readonly row: Row }): ReactNode {
  return row.getVisibleCells().map((cell) => (
    <td key={cell.id} role="cell" style={{ width: WIDTHS[cell.column.id] }} data-column={cell.column.id}>
      {cell.column.id === 'name' ? (
        <button type="button" className="cw-linklike">
          <FlexRender cell={cell} />
        </button>
      ) : (
        <FlexRender cell={cell} />
      )}
    </td>
  ));
}

const Header = ({ table, sort }: { readonly table: Table; readonly sort: string }): ReactNode => (
  <thead role="rowgroup">
    {table.getHeaderGroups().map((group) => (
      <tr key={group.id} role="row">
        {group.headers.map((header) => (
          <th
            key={header.id}
            scope="col"
            role="columnheader"
            data-column={header.column.id}
            style={{ width: WIDTHS[header.column.id] }}
            aria-sort={sortWord(sort, header.column.id)}
          >
            <Head id={header.column.id} label={<FlexRender header={header} />} />
          </th>
        ))}
      </tr>
    ))}
  </thead>
);

interface Props {
  readonly query: FleetQuery;
  readonly first: UseQueryResult<DevicePage>;
}

export function FleetTable({ query, first }: Props): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const box = useRef<HTMLDivElement>(null);
  const total = first.data?.total ?? 0;
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const items = virtual.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const to = items.at(-1)?.index ?? 0;
  const rowAt = useRows(query, first, { from, to });
  const shown = useMemo(() => shownColumns(url.cols), [url.cols]);
  const table = useFleetTable(useWindow(rowAt, from, to), shown);
  const rows = table.getRowModel().rows;
  const width = shown.reduce((sum, id) => sum + (WIDTHS[id] ?? 0), 0);
  return (
    <div
      className="cw-vtable-box"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={words.pages.fleet.name}
      data-old={first.isPlaceholderData || undefined}
    >
      <table className="cw-table cw-vtable" role="table" aria-rowcount={total + 1} style={{ minWidth: width }}>
        <Header table={table} sort={sortOf(url)} />
        <tbody role="rowgroup" style={{ height: Math.max(virtual.getTotalSize(), ROW_PX) }}>
          {items.map((item) => {
            const row = rows[item.index - from];
            const place = { transform: `translateY(${item.start}px)`, height: ROW_PX };
            return (
              <tr
                key={item.index}
                role="row"
                aria-rowindex={item.index + 2}
                style={place}
                className={row ? 'cw-row-open' : undefined}
                onClick={() => row && setUrl({ device: row.original.id })}
              >
                {row ? <Cells row={row} /> : <WaitingCells table={table} />}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
