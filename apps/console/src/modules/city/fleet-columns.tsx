/** The columns of the fleet table: head, width, cell. */
import type { ReactNode } from 'react';
import { columnVisibilityFeature, createColumnHelper, tableFeatures } from '@tanstack/react-table';
import type { DeviceRow } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Age } from '../../ui/time.tsx';
import type { Sort } from './fleet-query.ts';
import { ShapeIcon } from './shape-icon.tsx';

export const features = tableFeatures({ columnVisibilityFeature });
const helper = createColumnHelper<typeof features, DeviceRow>();
const none = <span className="cw-muted">{words.dash}</span>;
const text = (value: string | null | undefined): ReactNode =>
  value === null || value === undefined || value === '' ? none : value;

/** Widths in pixels; the name takes what is left. */
export const WIDTHS: Readonly<Record<string, number>> = {
  state: 128,
  name: 188,
  id: 92,
  class: 136,
  ward: 108,
  site: 160,
  maker: 136,
  model: 130,
  firmware: 80,
  criticality: 108,
  trust: 96,
  serial: 130,
  ip: 112,
  lastSeen: 90,
};
export const DEFAULT_COLUMNS = ['state', 'name', 'id', 'class', 'ward', 'maker', 'firmware', 'lastSeen'];
export const SORTED_BY: Readonly<Partial<Record<string, Sort>>> = {
  state: 'state',
  name: 'name',
  id: 'id',
  class: 'class',
  ward: 'ward',
  maker: 'maker',
  firmware: 'firmware',
  lastSeen: 'lastSeen',
};

export const columns = helper.columns([
  helper.accessor('state', {
    id: 'state',
    header: words.fleet.columns.state,
    cell: (cell) => <StateBadge state={cell.row.original.state} />,
  }),
  helper.accessor('name', { id: 'name', header: words.fleet.columns.name, cell: (cell) => cell.row.original.name }),
  helper.accessor('id', {
    id: 'id',
    header: words.fleet.columns.id,
    cell: (cell) => <code>{cell.row.original.id}</code>,
  }),
  helper.accessor('class', {
    id: 'class',
    header: words.fleet.columns.class,
    cell: (cell) => (
      <>
        <ShapeIcon kind={cell.row.original.class} /> {words.classes[cell.row.original.class].one}
      </>
    ),
  }),
  helper.accessor((row) => row.ward?.name, {
    id: 'ward',
    header: words.fleet.columns.ward,
    cell: (cell) => text(cell.row.original.ward?.name),
  }),
  helper.accessor((row) => row.site?.name, {
    id: 'site',
    header: words.fleet.columns.site,
    cell: (cell) => text(cell.row.original.site?.name),
  }),
  helper.accessor((row) => row.maker?.name, {
    id: 'maker',
    header: words.fleet.columns.maker,
    cell: (cell) => text(cell.row.original.maker?.name),
  }),
  helper.accessor('model', {
    id: 'model',
    header: words.fleet.columns.model,
    cell: (cell) => text(cell.row.original.model),
  }),
  helper.accessor('firmware', {
    id: 'firmware',
    header: words.fleet.columns.firmware,
    cell: (cell) => text(cell.row.original.firmware),
  }),
  helper.accessor('criticality', {
    id: 'criticality',
    header: words.fleet.columns.criticality,
    cell: (cell) => words.criticalities[cell.row.original.criticality],
  }),
  helper.accessor('trust', {
    id: 'trust',
    header: words.fleet.columns.trust,
    cell: (cell) => words.trustLevels[cell.row.original.trust],
  }),
  helper.accessor('serial', {
    id: 'serial',
    header: words.fleet.columns.serial,
    cell: (cell) => text(cell.row.original.serial),
  }),
  helper.accessor('ip', { id: 'ip', header: words.fleet.columns.ip, cell: (cell) => text(cell.row.original.ip) }),
  helper.accessor('lastSeen', {
    id: 'lastSeen',
    header: words.fleet.columns.lastSeen,
    cell: (cell) =>
      cell.row.original.lastSeen === null ? text(words.device.never) : <Age at={cell.row.original.lastSeen} />,
  }),
]);
