/** The columns of an export: a value that is known of the category, or any place in the record; how coarse it may be made. */
import type { ReactNode } from 'react';
import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { emptyColumn, mayAddColumn, type ColumnFaults, type ColumnFilled, type ExportFilled } from './export-draft.ts';
import { knownValues, type KnownValue } from './export-values.ts';

const { form: said, values } = words.askingExport;
const [PLACE_MAX, NAME_MAX, BANDS_MAX] = [200, 64, 60];
const ROLES = ['quasi', 'sensitive'] as const;

interface ColumnProps {
  readonly one: ColumnFilled;
  readonly number: number;
  readonly known: readonly KnownValue[];
  readonly faults: ColumnFaults | null;
  readonly onChange: (change: Partial<ColumnFilled>) => void;
  readonly onRemove: (() => void) | null;
}
const Naming = ({ one, faults, onChange }: Pick<ColumnProps, 'one' | 'faults' | 'onChange'>): ReactNode => (
  <div className="cw-pair">
    <TextInput
      label={said.name}
      description={said.nameHelp}
      value={one.name}
      maxLength={NAME_MAX}
      error={faults?.name}
      onChange={(event) => onChange({ name: event.currentTarget.value })}
    />
    {one.role === 'quasi' && (
      <TextInput
        label={said.coarse}
        description={said.coarseHelp}
        value={one.bands}
        maxLength={BANDS_MAX}
        error={faults?.bands}
        onChange={(event) => onChange({ bands: event.currentTarget.value })}
      />
    )}
  </div>
);

function Column({ one, number, known, faults, onChange, onRemove }: ColumnProps): ReactNode {
  const choose = (value: string): void => {
    const found = known.find((each) => each.value === value);
    if (found) onChange({ value: found.value, at: found.at, name: found.name, role: found.role });
    else onChange({ value: value === '' ? '' : 'other' });
  };
  const isOther = one.value === 'other';
  return (
    <fieldset className="cw-column">
      <legend>{said.column(number)}</legend>
      {onRemove && <CloseButton className="cw-column-close" aria-label={said.remove(number)} onClick={onRemove} />}
      <div className="cw-pair">
        <NativeSelect
          label={said.known}
          value={one.value}
          error={faults?.value}
          data={[
            { value: '', label: words.desk.requests.choose },
            ...known.map(({ value }) => ({ value, label: values[value] })),
            { value: 'other', label: values.other },
          ]}
          onChange={(event) => choose(event.currentTarget.value)}
        />
        <NativeSelect
          label={said.role}
          value={one.role}
          data={ROLES.map((role) => ({ value: role, label: said.roles[role] }))}
          onChange={(event) => onChange({ role: event.currentTarget.value as ColumnFilled['role'] })}
        />
      </div>
      {isOther && (
        <TextInput
          label={said.at}
          description={said.atHelp}
          value={one.at}
          maxLength={PLACE_MAX}
          error={faults?.at}
          onChange={(event) => onChange({ at: event.currentTarget.value })}
        />
      )}
      {one.value !== '' && <Naming one={one} faults={faults} onChange={onChange} />}
    </fieldset>
  );
}

interface Props {
  readonly filled: ExportFilled;
  /** Null until it was tried. */
  readonly faults: readonly ColumnFaults[] | null;
  readonly fault: string | null;
  readonly onChange: (columns: readonly ColumnFilled[]) => void;
}
export function ExportColumns({ filled, faults, fault, onChange }: Props): ReactNode {
  const { columns, category } = filled;
  const known = knownValues(category.trim());
  const change = (key: number, to: Partial<ColumnFilled>): void =>
    onChange(columns.map((one) => (one.key === key ? { ...one, ...to } : one)));
  return (
    <div className="cw-stack">
      <p className="cw-muted cw-small">{said.columnsHelp}</p>
      {columns.map((one, at) => (
        <Column
          key={one.key}
          one={one}
          number={at + 1}
          known={known}
          faults={faults?.[at] ?? null}
          onChange={(to) => change(one.key, to)}
          onRemove={columns.length > 1 ? () => onChange(columns.filter(({ key }) => key !== one.key)) : null}
        />
      ))}
      {fault !== null && (
        <p role="alert" className="cw-fault">
          {fault}
        </p>
      )}
      <div>
        <Button
          variant="default"
          size="xs"
          disabled={!mayAddColumn(filled)}
          onClick={() => onChange([...columns, emptyColumn(Math.max(...columns.map(({ key }) => key)) + 1)])}
        >
          {said.add}
        </Button>
      </div>
    </div>
  );
}
