/** Asks for a legal hold. */
import { useState, type ReactNode } from 'react';
import { TextInput, Textarea } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { REASON_MAX, REASON_MIN } from '../../ui/reason.ts';

const said = words.holding;
const EMPTY = { subject: '', category: '', record: '', basis: '', clause: '' };
type Field = keyof typeof EMPTY;
const CLAUSE_MAX = 300;
const ID_MAX = 64;

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

export function HoldForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [draft, setDraft] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  const act = useAct('askHold', { refresh: ['listHolds'], done: onClose });
  const isShort = (field: Field): boolean => draft[field].trim().length < REASON_MIN;
  const field = (name: Field, maxLength: number) => ({
    value: draft[name],
    maxLength,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((before) => ({ ...before, [name]: value }));
    },
  });
  const wanted = (name: Field, maxLength: number) => ({
    ...field(name, maxLength),
    error: tried && isShort(name) ? said.form.tooShort : null,
  });
  const submit = (): void => {
    setTried(true);
    if (isShort('subject') || isShort('basis') || isShort('clause')) return;
    const { subject, category, record, basis, clause } = draft;
    const covers = { category: orNull(category), record: orNull(record) };
    act.mutate({ body: { subject: subject.trim(), ...covers, basis: basis.trim(), clause: clause.trim() } });
  };
  const say = { effect: said.askEffect, yes: said.askYes, wanted: said.wantedAsk };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose}>
      <TextInput
        label={said.form.subject}
        description={said.form.subjectHelp}
        data-autofocus
        {...wanted('subject', ID_MAX)}
      />
      <div className="cw-pair">
        <TextInput label={said.form.category} description={said.form.optional} {...field('category', ID_MAX)} />
        <TextInput label={said.form.record} description={said.form.optional} {...field('record', ID_MAX)} />
      </div>
      <Textarea label={said.form.basis} autosize minRows={2} {...wanted('basis', REASON_MAX)} />
      <TextInput label={said.form.clause} {...wanted('clause', CLAUSE_MAX)} />
    </ActForm>
  );
}
