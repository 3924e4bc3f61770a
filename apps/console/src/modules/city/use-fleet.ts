/** Pages of the fleet as they come into sight, and the export of all of them. */
import { useState } from 'react';
import { keepPreviousData, useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { DevicePage, DeviceRow } from '@cityward/contracts';
import { client } from '../../live/live.ts';
import { saveFile } from '../../ui/save-file.ts';
import { csvOf, type FleetQuery } from './fleet-query.ts';

export const PAGE_ROWS = 200;
const EXPORT_PAGE_ROWS = 1_000;
export const EXPORT_ROWS_MAX = 100_000;

const pageQuery = (query: FleetQuery, page: number) => ({
  queryKey: ['listDevices', { query: { ...query, offset: page * PAGE_ROWS, limit: PAGE_ROWS } }],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    client.call('listDevices', { query: { ...query, offset: page * PAGE_ROWS, limit: PAGE_ROWS } }, signal),
});

/** The first page, which also brings the total and the facets; the one before stays while a new filter is fetched. */
export const useFirstPage = (query: FleetQuery): UseQueryResult<DevicePage> =>
  useQuery({ ...pageQuery(query, 0), placeholderData: keepPreviousData });

export interface Sight {
  readonly from: number;
  readonly to: number;
}

/** The row at a place; undefined until its page has come. Only pages in sight are fetched. */
export function useRows(
  query: FleetQuery,
  first: UseQueryResult<DevicePage>,
  sight: Sight,
): (index: number) => DeviceRow | undefined {
  const low = Math.max(1, Math.floor(sight.from / PAGE_ROWS));
  const high = first.isPlaceholderData ? 0 : Math.floor(sight.to / PAGE_ROWS);
  const numbers = Array.from({ length: Math.max(0, high - low + 1) }, (_, at) => low + at);
  const pages = useQueries({ queries: numbers.map((page) => pageQuery(query, page)) });
  const rows = new Map<number, readonly DeviceRow[]>();
  if (first.data) rows.set(0, first.data.rows);
  numbers.forEach((page, at) => {
    const data = pages[at]?.data;
    if (data) rows.set(page, data.rows);
  });
  return (index) => rows.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
}

export interface Export {
  /** Share done; null while none runs. */
  readonly progress: number | null;
  readonly error: Error | null;
  readonly start: () => void;
}

async function allRows(query: FleetQuery, report: (share: number) => void): Promise<DeviceRow[]> {
  const rows: DeviceRow[] = [];
  for (let offset = 0; offset < EXPORT_ROWS_MAX; offset += EXPORT_PAGE_ROWS) {
    const page = await client.call('listDevices', { query: { ...query, offset, limit: EXPORT_PAGE_ROWS } });
    rows.push(...page.rows);
    report(page.total === 0 ? 1 : rows.length / Math.min(page.total, EXPORT_ROWS_MAX));
    if (page.rows.length < EXPORT_PAGE_ROWS) break;
  }
  return rows;
}

const CSV = 'text/csv;charset=utf-8';

/** Every row of the filter as one CSV file. */
export function useExport(query: FleetQuery): Export {
  const [progress, setProgress] = useState<number | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const start = (): void => {
    setProgress(0);
    setError(null);
    allRows(query, setProgress)
      .then((rows) => saveFile(`devices-${new Date().toISOString().slice(0, 10)}.csv`, csvOf(rows), CSV))
      .catch((cause: unknown) => setError(cause instanceof Error ? cause : new Error(String(cause))))
      .finally(() => setProgress(null));
  };
  return { progress, error, start };
}
