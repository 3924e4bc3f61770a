/** A small city for tests of rollouts: sites of four cameras and two signals, models and revisions mixed. */
import { DEVICE_CLASSES } from '@cityward/contracts';
import { columnsBuilder, type ColumnRow, type Columns } from './columns.ts';

export const PER_SITE = 6;
export const idOf = (device: number): string => `dev-${String(device).padStart(5, '0')}`;

export function testColumns(devices: number, change: (device: number) => Partial<ColumnRow> = () => ({})): Columns {
  const builder = columnsBuilder(devices);
  for (let device = 0; device < devices; device++) {
    const site = Math.floor(device / PER_SITE);
    builder.add({
      id: idOf(device),
      class: device % PER_SITE < 4 ? 'camera' : 'signal',
      model: `m${device % 3}`,
      hardware: `r${device % 2}`,
      site: `site-${site}`,
      ward: `ward-${site % 4}`,
      service: device % PER_SITE < 4 ? 'cctv' : 'traffic',
      running: '1.0.0',
      flags: 0,
      ...change(device),
    });
  }
  return builder.done();
}
export const classOf = (columns: Columns, row: number): string => DEVICE_CLASSES[columns.class[row]!]!;
