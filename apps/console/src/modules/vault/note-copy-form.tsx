/** Notes that somebody outside has copies of records, so that they are asked to delete them when that is due. */
import type { ReactNode } from 'react';
import { Select, TextInput } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { REASON_MAX, REASON_MIN } from '../../ui/reason.ts';
import { PersonField, RecordsField } from './pickers.tsx';
import { idFault, refusedAt, shortFault, useDraft } from './use-draft.ts';

const said = words.keeping;
const RECORDS_MAX = 1_000;

interface Props {
  readonly of?: { readonly subject: string; readonly record: string };
  readonly onClose: () => void;
}
export function NoteCopyForm({ of, onClose }: Props): ReactNode {
  const form = useDraft({
    ...{ subject: of?.subject ?? '', records: of ? [of.record] : ([] as string[]), recipient: '', basis: '' },
  });
  const { draft, set, text, shown } = form;
  const known = useAsk('listRecipients', {}).data?.recipients ?? [];
  const act = useAct('noteRecipientCopy', { refresh: ['listRecordCopies'], done: onClose });
  const faults = {
    recipient: draft.recipient === '' ? words.choosing.wanted : null,
    subject: idFault(draft.subject),
    records: draft.records.length === 0 ? words.choosing.wanted : null,
    basis: shortFault(draft.basis, REASON_MIN),
  };
  const send = (): void =>
    act.mutate({ params: { id: draft.recipient }, body: { records: draft.records, basis: draft.basis.trim() } });
  const say = { effect: said.noteEffect, yes: said.noteYes, wanted: said.wantedNote };
  return (
    <ActForm {...say} act={act} onSubmit={() => form.submit(Object.values(faults), send)} onClose={onClose}>
      <Select
        label={said.noteRecipient}
        value={draft.recipient === '' ? null : draft.recipient}
        data={known.map(({ id, name }) => ({ value: id, label: name }))}
        nothingFoundMessage={said.none}
        error={shown(faults.recipient) ?? refusedAt(act.error, 'RECIPIENT_UNKNOWN')}
        searchable
        data-autofocus
        onChange={(id) => set({ recipient: id ?? '' })}
      />
      <PersonField
        label={words.choosing.person}
        value={draft.subject}
        error={shown(faults.subject)}
        onChange={(subject) => set({ subject, records: [] })}
      />
      <RecordsField
        label={words.choosing.records}
        subject={draft.subject.trim()}
        max={RECORDS_MAX}
        value={draft.records}
        error={shown(faults.records) ?? refusedAt(act.error, 'RECORD_UNKNOWN', 'RECORDS_OF_SEVERAL')}
        onChange={(records) => set({ records })}
      />
      <TextInput label={said.noteBasis} description={said.noteBasisHelp} {...text('basis', REASON_MAX, faults.basis)} />
    </ActForm>
  );
}
