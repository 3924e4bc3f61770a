/** Choosing people, records, categories, readers and data sets from what this officer may list; an id may be typed too. */
import { useMemo, useState, type ReactNode } from 'react';
import { Autocomplete, MultiSelect, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { HOLDINGS_SHOWN_MAX, type LifeState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import type { Answer } from '../../live/client.ts';
import { useAsk } from '../../live/hooks.ts';
import { formatDate } from '../../ui/format.ts';
import { idFault } from './use-draft.ts';

const said = words.choosing;
const PAUSE_MS = 250;
const ID_MAX = 64;

interface FieldProps {
  readonly label: string;
  readonly description?: string;
  readonly error?: string | null;
  readonly first?: boolean;
}
interface OneProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}
const shared = ({ label, description, error, first }: FieldProps) => ({
  ...{ label, description, error: error ?? null, maxLength: ID_MAX },
  'data-autofocus': first === true || undefined,
});
/** An option, and under it what tells it from others. */
const twoLines = (line: string, under: string): ReactNode => (
  <span>
    {line}
    <span className="cw-block cw-muted cw-small">{under}</span>
  </span>
);
/** What a part of an id may have; anything else finds nobody. */
const partOfId = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');

/** Of whom records are held, by number. */
export function PersonField({ description = said.personHelp, ...props }: OneProps): ReactNode {
  const [q] = useDebouncedValue(partOfId(props.value), PAUSE_MS);
  const found = useAsk('listHeldPeople', { query: { q } }, { keep: true }).data;
  const records = new Map(found?.people.map((one) => [one.subject, one.records]));
  const told = !found ? null : found.total === 0 ? said.peopleNone : said.people(found.people.length, found.total);
  return (
    <Autocomplete
      {...shared({ ...props, description: told === null ? description : `${description} ${told}.` })}
      placeholder={said.personPlaceholder}
      value={props.value}
      data={found?.people.map(({ subject }) => subject) ?? []}
      filter={({ options }) => options}
      renderOption={({ option }) => twoLines(option.value, said.recordsOf(records.get(option.value) ?? 0))}
      maxDropdownHeight={260}
      onChange={props.onChange}
    />
  );
}

export function CategoryField({
  label = said.category,
  ...props
}: Omit<OneProps, 'label'> & { readonly label?: string }) {
  const found = useAsk('listHeldCategories', {}).data?.categories ?? [];
  const byName = new Map(found.map((one) => [one.category, one]));
  return (
    <Autocomplete
      {...shared({ ...props, label })}
      value={props.value}
      data={found.map(({ category }) => category)}
      renderOption={({ option }) => {
        const one = byName.get(option.value);
        return twoLines(option.value, one ? said.categoryOf(one.records, one.people) : '');
      }}
      onChange={props.onChange}
    />
  );
}

interface Choice {
  readonly value: string;
  readonly label: string;
  /** `null` where it is not known yet. */
  readonly state: LifeState | null;
}
const isPerson = (subject: string): boolean => idFault(subject) === null;
type HeldRecords = Answer<'listRecords'>['records'];
const dayStored = ({ versions }: HeldRecords[number]): string => formatDate(versions.at(-1)?.at ?? 0);
/** Where each record is in its life; one of which nothing is written is in use. */
export function statesIn({ lives }: Answer<'listLives'>): (id: string) => LifeState {
  const states = new Map(lives.map(({ record, state }) => [record as string, state]));
  return (id) => states.get(id) ?? 'active';
}

/** What is held about somebody and not destroyed, each with where it is in its life. */
export function useHeld(subject: string) {
  const query = { query: { subject } };
  const [settled] = useDebouncedValue(subject, PAUSE_MS);
  const enabled = { enabled: isPerson(subject) && settled === subject };
  const held = useAsk('listRecords', query, enabled);
  const lives = useAsk('listLives', query, enabled);
  const choices = useMemo((): readonly Choice[] => {
    const stateOf = lives.data ? statesIn(lives.data) : () => null;
    return (held.data?.records ?? [])
      .filter(({ destroyed }) => destroyed === null)
      .map((one) => ({
        value: one.id,
        label: `${said.recordOption(one.category, dayStored(one))} (${one.id})`,
        state: stateOf(one.id),
      }));
  }, [held.data, lives.data]);
  return { held, lives, choices, isCut: (held.data?.records.length ?? 0) >= HOLDINGS_SHOWN_MAX };
}

interface RecordProps extends FieldProps {
  readonly subject: string;
  /** Only those that are so. */
  readonly state?: LifeState;
}
const hintOf = ({ subject }: RecordProps, held: ReturnType<typeof useHeld>, description: string | undefined) => {
  if (!isPerson(subject)) return said.recordsFirst;
  return held.isCut ? `${description ?? ''} ${said.recordsCut(HOLDINGS_SHOWN_MAX)}`.trim() : description;
};
const ofState = (choices: readonly Choice[], state: LifeState | undefined): Choice[] =>
  choices.filter((one) => state === undefined || one.state === state);

/** Some of a person's records. */
export function RecordsField({
  value,
  onChange,
  max,
  none = said.recordsNone,
  ...props
}: RecordProps & {
  readonly value: readonly string[];
  readonly onChange: (ids: string[]) => void;
  readonly max: number;
  readonly none?: string;
}): ReactNode {
  const held = useHeld(props.subject);
  return (
    <MultiSelect
      {...shared({ ...props, description: hintOf(props, held, props.description) ?? '' })}
      value={[...value]}
      data={ofState(held.choices, props.state)}
      disabled={!isPerson(props.subject)}
      maxValues={max}
      nothingFoundMessage={held.held.data && held.lives.data ? none : null}
      searchable
      hidePickedOptions
      onChange={onChange}
    />
  );
}

/** One of a person's records. */
export function RecordField({
  value,
  onChange,
  ...props
}: RecordProps & Pick<OneProps, 'value' | 'onChange'>): ReactNode {
  const held = useHeld(props.subject);
  return (
    <Select
      {...shared({ ...props, description: hintOf(props, held, props.description) ?? '' })}
      value={value === '' ? null : value}
      data={ofState(held.choices, props.state)}
      disabled={!isPerson(props.subject)}
      nothingFoundMessage={said.recordsNone}
      searchable
      clearable
      onChange={(id) => onChange(id ?? '')}
    />
  );
}

/** Somebody who signs in here: professionals by name, anybody else by id. */
export function ReaderField(props: OneProps): ReactNode {
  const found = useAsk('listProfessionals', {}).data?.professionals;
  const names = useMemo(
    () =>
      new Map(
        (found ?? []).map(({ id, name, profession, organisationName }) => [
          id as string,
          said.professional(name, said.professions[profession], organisationName),
        ]),
      ),
    [found],
  );
  return (
    <Autocomplete
      {...shared({ ...props, description: names.get(props.value) ?? props.description ?? '' })}
      value={props.value}
      data={[...names.keys()]}
      filter={({ options, search }) =>
        options.filter((one) => {
          const id = 'value' in one ? one.value : '';
          return `${id} ${names.get(id) ?? ''}`.toLowerCase().includes(search.trim().toLowerCase());
        })
      }
      limit={50}
      renderOption={({ option }) => twoLines(names.get(option.value) ?? option.value, option.value)}
      onChange={props.onChange}
    />
  );
}

/** Data sets by name; those behind a device that was named come first. */
export function DatasetsField({
  value,
  onChange,
  max,
  behind,
  ...props
}: FieldProps & {
  readonly value: readonly string[];
  readonly onChange: (ids: string[]) => void;
  readonly max: number;
  readonly behind: readonly { readonly id: string; readonly name: string }[];
}): ReactNode {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const found = useAsk('listDatasets', { query: { q } }, { keep: true }).data;
  /** Names of what was chosen, while something else is looked for. */
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const offered = new Map([
    ...behind.map(({ id, name }) => [id, name] as const),
    ...(found?.datasets ?? []).map(({ id, name }) => [id as string, name] as const),
  ]);
  const all = new Map([...offered, ...value.map((id) => [id, offered.get(id) ?? names.get(id) ?? id] as const)]);
  const cut = found ? said.datasetsShown(found.datasets.length, found.total) : '';
  return (
    <MultiSelect
      {...shared({ ...props, description: [props.description, cut].filter(Boolean).join(' ') })}
      value={[...value]}
      data={[...all].map(([id, name]) => ({ value: id, label: name }))}
      filter={({ options }) => options}
      renderOption={({ option }) => twoLines(option.label, option.value)}
      searchValue={typed}
      onSearchChange={setTyped}
      nothingFoundMessage={said.nothingFound}
      maxValues={max}
      searchable
      hidePickedOptions
      onChange={(ids) => {
        setNames(new Map(ids.map((id) => [id, all.get(id) ?? id])));
        onChange(ids);
      }}
    />
  );
}
