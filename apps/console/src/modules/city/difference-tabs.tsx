/** The rows of a difference, a tab for each verdict; every row with its line, its reason and its changes. */
import { useRef, type ReactNode } from 'react';
import { Tabs } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { ImportReport, ImportRow } from '@cityward/contracts';
import { IMPORT_VERDICTS } from './verdicts.ts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { formatCount } from '../../ui/format.ts';

const ROW_PX = 56;

const Changes = ({ row }: { readonly row: ImportRow }): ReactNode => (
  <ul className="cw-changes">
    {row.changes.map((change) => (
      <li key={change.field}>
        <span className="cw-muted">{change.field}</span> {change.was !== '' && <del>{change.was}</del>}{' '}
        <ins>{change.becomes}</ins>
      </li>
    ))}
  </ul>
);

function Rows({ rows, label }: { readonly rows: readonly ImportRow[]; readonly label: string }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  return (
    <div className="cw-vtable-box cw-diff" ref={box} tabIndex={0} role="region" aria-label={label}>
      <table className="cw-table cw-vtable" role="table" aria-rowcount={rows.length + 1}>
        <thead role="rowgroup">
          <tr role="row">
            {words.import.rowColumns.map((column) => (
              <th key={column} scope="col" role="columnheader">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]!;
            return (
              <tr
                key={item.index}
                role="row"
                ref={virtual.measureElement}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <td role="cell" className="cw-num">
                  {row.line}
                </td>
                <th role="rowheader" scope="row">
                  {row.name} {row.device !== null && <span className="cw-muted cw-block cw-small">{row.device}</span>}
                </th>
                <td role="cell" className="cw-small">
                  {row.reason}
                </td>
                <td role="cell">
                  <Changes row={row} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function DifferenceTabs({ report }: { readonly report: ImportReport }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const worst = IMPORT_VERDICTS.find((verdict) => report.counts[verdict] > 0) ?? 'new';
  const tab = IMPORT_VERDICTS.find((verdict) => verdict === url.verdict) ?? worst;
  return (
    <Tabs value={tab} onChange={(verdict) => setUrl({ verdict }, { replace: true })} keepMounted={false}>
      <Tabs.List aria-label={words.import.difference}>
        {IMPORT_VERDICTS.map((verdict) => (
          <Tabs.Tab key={verdict} value={verdict}>
            {words.import.verdicts[verdict].name}{' '}
            <span className="cw-num cw-muted">{formatCount(report.counts[verdict])}</span>
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {IMPORT_VERDICTS.map((verdict) => {
        const rows = report.rows.filter((row) => row.verdict === verdict);
        return (
          <Tabs.Panel key={verdict} value={verdict} pt="sm">
            <p className="cw-muted">{words.import.verdicts[verdict].means}</p>
            {rows.length > 0 && <Rows rows={rows} label={words.import.verdicts[verdict].name} />}
            {rows.length < report.counts[verdict] && rows.length > 0 && (
              <p className="cw-muted cw-small">
                {words.import.firstOnly(formatCount(rows.length), formatCount(report.counts[verdict]))}
              </p>
            )}
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}
