/** Asks whose data devices, services, data sets or a time touched. */
import { useState, type ReactNode } from 'react';
import { TagsInput, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { EXPOSURE_DATASETS_MAX, EXPOSURE_SOURCES_MAX, type Exposure } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { DAY_MS } from '../../ui/format.ts';
import { REASON_MAX, REASON_MIN } from '../../ui/reason.ts';
import { DatasetsField } from './pickers.tsx';

const said = words.touching;
const SUGGESTED = 10;
const PAUSE_MS = 250;

interface Props {
  readonly onClose: () => void;
  readonly onAsked: (exposure: Exposure) => void;
}
/** As a field of the browser holds a local time. */
const localOf = (at: number): string => {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function Sources({ value, onChange }: { readonly value: string[]; readonly onChange: (ids: string[]) => void }) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const found = useAsk('listDevices', { query: { q, limit: SUGGESTED } }, { enabled: q.length > 1, keep: true });
  return (
    <TagsInput
      label={said.form.sources}
      description={said.form.sourcesHelp}
      value={value}
      data={(found.data?.rows ?? []).map(({ id }) => id)}
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={setTyped}
      maxTags={EXPOSURE_SOURCES_MAX}
      onChange={onChange}
      acceptValueOnBlur
      data-autofocus
    />
  );
}

function Datasets(props: {
  readonly behind: string | undefined;
  readonly value: string[];
  readonly onChange: (ids: string[]) => void;
}): ReactNode {
  const isDevice = props.behind !== undefined && !props.behind.startsWith('svc-');
  const device = useAsk('getDevice', { params: { id: props.behind ?? 'none' } }, { enabled: isDevice });
  return (
    <DatasetsField
      label={said.form.datasets}
      description={said.form.datasetsHelp}
      value={props.value}
      behind={device.data?.datasets ?? []}
      max={EXPOSURE_DATASETS_MAX}
      onChange={props.onChange}
    />
  );
}

export function WhoseDataForm({ onClose, onAsked }: Props): ReactNode {
  const [sources, setSources] = useState<string[]>([]);
  const [datasets, setDatasets] = useState<string[]>([]);
  const [span, setSpan] = useState(() => ({ from: localOf(Date.now() - DAY_MS), to: localOf(Date.now()) }));
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const act = useAct('askWhoseData', { refresh: ['listExposures'], done: onAsked });
  const [from, to] = [new Date(span.from).getTime(), new Date(span.to).getTime()];
  const isTurned = !(from <= to);
  const isShort = reason.trim().length < REASON_MIN;
  const submit = (): void => {
    setTried(true);
    if (!isTurned && !isShort) act.mutate({ body: { scope: { sources, datasets, from, to }, reason: reason.trim() } });
  };
  const say = { effect: said.askEffect, yes: said.askYes, wanted: said.wantedAsk };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose}>
      <Sources value={sources} onChange={setSources} />
      <Datasets behind={sources.at(-1)} value={datasets} onChange={setDatasets} />
      <div className="cw-pair">
        {(['from', 'to'] as const).map((end) => (
          <TextInput
            key={end}
            type="datetime-local"
            label={said.form[end]}
            value={span[end]}
            error={end === 'to' && tried && isTurned ? said.form.turned : null}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setSpan((before) => ({ ...before, [end]: value }));
            }}
          />
        ))}
      </div>
      <Textarea
        label={words.reason.label}
        description={words.reason.description}
        value={reason}
        maxLength={REASON_MAX}
        autosize
        minRows={2}
        error={tried && isShort ? words.reason.tooShort(REASON_MIN) : null}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ActForm>
  );
}
