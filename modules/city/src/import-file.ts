/** Opens an import file of whatever format as an Input, with the columns as they were understood. */
import { encodingFault, openCsv, type CsvTable } from '@cityward/formats/csv';
import { ok } from '@cityward/kernel';
import {
  applyOverride,
  guessColumns,
  isNetbox,
  NETBOX_COLUMNS,
  NETBOX_REQUIRED,
  readOverride,
  type ColumnGuess,
} from './domain/column-map.ts';
import type { Field } from './domain/fields.ts';
import type { InputRecord } from './domain/input.ts';
import { subjectOfName, type Subject } from './domain/words.ts';
import { openGeoJson } from './import-geojson.ts';
import { openNgsiLd } from './import-ngsi.ts';
import { invalidFile, recordOf, sourceOf, type ImportFile, type Opened } from './import-parts.ts';

/** Rows looked at to guess what a column holds. */
const SAMPLE_ROWS = 50;

export function openImportFile(file: ImportFile): Opened {
  const unreadable = encodingFault(file.text);
  if (unreadable) return invalidFile(`read "${file.file}": ${unreadable}`);
  const json = /^\ufeff?\s*[[{]/.test(file.text);
  if (file.format === 'geojson' || (!file.format && json && /"(?:FeatureCollection|Feature)"/.test(file.text)))
    return openGeoJson(file);
  if (file.format === 'ngsi-ld' || (!file.format && json)) return openNgsiLd(file);
  return openTable(file);
}

function openTable(file: ImportFile): Opened {
  const table = openCsv(file.text);
  if ('fault' in table) return invalidFile(`read "${file.file}": ${table.fault}`);
  const netbox = file.format === 'netbox-csv' || (!file.format && isNetbox(table.header));
  const missing = NETBOX_REQUIRED.filter((name) => !table.header.includes(name));
  if (netbox && missing.length > 0)
    return invalidFile(`read "${file.file}" as NetBox devices: no column "${missing.join('", "')}" in the header`);
  const override = readOverride(file.map ?? '', table.header);
  if (!override.ok) return override;
  const samples = sampleColumns(table);
  const guesses = netbox ? netboxColumns(table.header, samples) : guessColumns(table.header, samples);
  const columns = applyOverride(guesses, override.value);
  const fields = columns.map((column) => column.field);
  if (!fields.some((field) => field === 'serial' || field === 'mac' || field === 'sourceId'))
    return invalidFile(
      `read "${file.file}": none of its columns "${table.header.slice(0, 30).join('", "')}" is a serial, a MAC or an id; say which by a column map`,
    );
  const subject = override.value.subject ?? subjectOfName(file.file);
  const required = netbox ? NETBOX_REQUIRED.map((name) => table.header.indexOf(name)) : [];
  return ok({
    format: netbox ? 'netbox-csv' : 'csv',
    columns,
    input: {
      source: netbox ? 'netbox' : `csv-${sourceOf(file.file)}`,
      records: () => tableRecords(table, { fields, subject, required }),
      networks: [],
      networkEdges: [],
    },
  });
}

function sampleColumns(table: CsvTable): string[][] {
  const samples: string[][] = table.header.map(() => []);
  let seen = 0;
  for (const row of table.rows()) {
    if (seen++ >= SAMPLE_ROWS) break;
    if ('cells' in row) row.cells.forEach((cell, at) => cell.trim() !== '' && samples[at]!.push(cell.trim()));
  }
  return samples;
}

const netboxColumns = (header: readonly string[], samples: readonly (readonly string[])[]): ColumnGuess[] =>
  header.map((column, at) => ({
    column,
    field: Object.hasOwn(NETBOX_COLUMNS, column) ? NETBOX_COLUMNS[column]! : null,
    sample: samples[at]?.[0]?.slice(0, 60) ?? '',
  }));

interface TablePlan {
  readonly fields: readonly (Field | null)[];
  readonly subject: Subject;
  /** Columns that may not be empty. */
  readonly required: readonly number[];
}

function* tableRecords(table: CsvTable, plan: TablePlan): Generator<InputRecord, void> {
  for (const row of table.rows()) {
    if ('fault' in row) {
      yield { line: row.line, what: 'fault', reason: row.fault };
      continue;
    }
    const empty = plan.required.find((at) => (row.cells[at] ?? '').trim() === '');
    if (empty !== undefined) {
      yield { line: row.line, what: 'fault', reason: `"${table.header[empty]}" is empty, NetBox wants it filled` };
      continue;
    }
    const cells: Partial<Record<Field, string>> = {};
    plan.fields.forEach((field, at) => {
      if (field !== null && row.cells[at] !== undefined) cells[field] = row.cells[at];
    });
    yield recordOf(row.line, cells, plan.subject);
  }
}
