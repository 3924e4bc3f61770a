/** A table that scrolls by itself where it is too wide, and can be reached by keyboard. */
import type { ReactNode } from 'react';

interface TableProps {
  /** What the table is of, for who cannot see it. */
  readonly label: string;
  readonly columns: readonly string[];
  /** The first so many columns are words, the others numbers; without it all are words. */
  readonly texts?: number;
  /** Scrolls down by itself too, under its head. */
  readonly tall?: boolean;
  /** Keeps a width of its own on a phone. */
  readonly wide?: boolean;
  /** Changes of its rows are read out. */
  readonly live?: boolean;
  /** Rows. */
  readonly children: ReactNode;
}

export const Table = ({ label, columns, texts, tall, wide, live, children }: TableProps): ReactNode => (
  <div className={tall ? 'cw-scroll-x cw-tall' : 'cw-scroll-x'} tabIndex={0} role="region" aria-label={label}>
    <table className={wide ? 'cw-table cw-table-wide' : 'cw-table'} aria-live={live ? 'polite' : undefined}>
      <thead>
        <tr>
          {columns.map((column, at) => (
            <th key={column} scope="col" className={texts !== undefined && at >= texts ? 'cw-num' : undefined}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
