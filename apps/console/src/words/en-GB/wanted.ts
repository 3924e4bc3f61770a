/** Wanted configuration: documents by class, site and device, drift, and what mends it. */
import type { DesiredPart, DeviceDesired } from '@cityward/contracts';
import { count, many } from './counting.ts';

const scopes: Record<DesiredPart['scope'], string> = { class: 'Class', site: 'Site', device: 'Device' };
const stands: Record<DeviceDesired['drift'], string> = {
  none: 'is configured as wanted.',
  drifted: 'is not configured as wanted.',
  'not-said': 'has not said yet how it is configured.',
  'not-wanted': 'may be configured in any way: nothing is wanted of it.',
};

export const wantedConfig = {
  title: 'Wanted configuration',
  lead: 'How devices are to be configured, by class, site and device; the most special wins, value by value. No device changes by it: a signed change mends those that differ.',
  driftTitle: 'Not configured as wanted',
  driftText:
    'By the document that they are wanted to run, the most devices first. Devices that say nothing are not counted.',
  mend: (n: number) => `Plan a change that mends ${many(n, 'device', 'devices')}`,
  more: (n: number) => `and ${count.format(n)} more`,
  partsTitle: 'What is wanted',
  columns: ['Of', 'Name', 'Document', 'Said'],
  actColumn: 'Change',
  empty: {
    title: 'Nothing is wanted yet',
    text: 'Say it for a class first, then for a site or a device where it differs.',
  },
  scopes,
  scope: 'Of',
  idOf: { site: 'Site, by id', device: 'Device, by id' },
  add: 'Say what is wanted',
  edit: 'Edit',
  editOf: (name: string) => `Edit what is wanted of ${name}`,
  formText:
    'The document is a JSON object. A value of null takes away what a wider one wants; {} says nothing any more.',
  document: 'Document',
  documentHint: 'At most 64 KiB.',
  noDocument: 'This is no JSON object',
  noKey: 'Choose of what: 3 to 64 of a-z, 0-9 and -',
  save: 'Want this',
  deviceTitle: 'One device',
  choose: 'Give the id of a device, or follow one from the tables.',
  show: 'Show',
  stands,
  none: 'none',
  differenceTitle: 'What differs',
  differenceColumns: ['Value', 'Is', 'Wanted'],
  unknownDocument: 'It runs a document that the city does not know, so that the values cannot be compared.',
  originsTitle: 'Where each value comes from',
  originsColumns: ['Value', 'Wanted', 'Said by'],
};
