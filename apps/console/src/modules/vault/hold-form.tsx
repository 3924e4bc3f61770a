/** Asks for a legal hold. */
import type { ReactNode } from 'react';
import { TextInput, Textarea } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { REASON_MAX, REASON_MIN } from '../../ui/reason.ts';
import { CategoryField, PersonField, RecordField } from './pickers.tsx';
import { idFault, shortFault, useDraft } from './use-draft.ts';

const said = words.holding;
const CLAUSE_MAX = 300;

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());
const optional = (id: string): string | null => (id.trim() === '' ? null : idFault(id));

interface Props {
  /** The record that it was asked from. */
  readonly of?: { readonly subject: string; readonly record: string };
  readonly onClose: () => void;
}
export function HoldForm({ of, onClose }: Props): ReactNode {
  const form = useDraft({
    ...{ subject: of?.subject ?? '', category: '', record: of?.record ?? '', basis: '', clause: '' },
  });
  const { draft, set, text, shown } = form;
  const act = useAct('askHold', { refresh: ['listHolds', 'countDesk'], done: onClose });
  const faults = {
    subject: idFault(draft.subject),
    category: optional(draft.category),
    basis: shortFault(draft.basis, REASON_MIN),
    clause: shortFault(draft.clause, REASON_MIN),
  };
  const send = (): void => {
    const { subject, category, record, basis, clause } = draft;
    const covers = { category: orNull(category), record: orNull(record) };
    act.mutate({ body: { subject: subject.trim(), ...covers, basis: basis.trim(), clause: clause.trim() } });
  };
  const say = { effect: said.askEffect, yes: said.askYes, wanted: said.wantedAsk };
  return (
    <ActForm {...say} act={act} onSubmit={() => form.submit(Object.values(faults), send)} onClose={onClose}>
      <PersonField
        label={words.choosing.person}
        value={draft.subject}
        error={shown(faults.subject)}
        first
        onChange={(subject) => set({ subject, record: '' })}
      />
      <CategoryField
        label={said.form.category}
        description={said.form.optional}
        value={draft.category}
        error={shown(faults.category)}
        onChange={(category) => set({ category, record: '' })}
      />
      <RecordField
        label={said.form.record}
        description={said.form.optional}
        subject={draft.subject.trim()}
        value={draft.record}
        onChange={(record) => set({ record, category: '' })}
      />
      <Textarea label={said.form.basis} autosize minRows={2} {...text('basis', REASON_MAX, faults.basis)} />
      <TextInput
        label={said.form.clause}
        description={said.form.clauseHelp}
        {...text('clause', CLAUSE_MAX, faults.clause)}
      />
    </ActForm>
  );
}
