/** Asks for sealed records to be opened for one reader. */
import type { ReactNode } from 'react';
import { Checkbox, NumberInput, Textarea, TextInput } from '@mantine/core';
import { UNSEALING_DAYS_MAX, UNSEALING_RECORDS_MAX, type UnsealingDraft } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { REASON_MAX, REASON_MIN } from '../../ui/reason.ts';
import { PersonField, ReaderField, RecordsField } from './pickers.tsx';
import { idFault, refusedAt, shortFault, useDraft, type Form } from './use-draft.ts';

const said = words.unsealing;
const CLAUSE_MAX = 300;
const REFERENCE_MAX = 200;
const DAYS_DEFAULT = 2;

type Filled = UnsealingDraft;
const faultsOf = (draft: Filled) => ({
  subject: idFault(draft.subject),
  records: draft.records.length === 0 ? words.choosing.wanted : null,
  reader: idFault(draft.reader),
  reason: shortFault(draft.reason, REASON_MIN),
  clause: shortFault(draft.clause, REASON_MIN),
  reference: shortFault(draft.reference, REASON_MIN),
  days: draft.days >= 1 && draft.days <= UNSEALING_DAYS_MAX ? null : said.form.daysHelp(UNSEALING_DAYS_MAX),
});

interface OrderProps {
  readonly form: Form<Filled>;
  readonly faults: ReturnType<typeof faultsOf>;
  readonly error: Error | null;
}
/** By what it is opened, and for how long. */
const Order = ({ form: { draft, set, text, shown }, faults, error }: OrderProps): ReactNode => (
  <>
    <Textarea label={said.form.reason} autosize minRows={2} {...text('reason', REASON_MAX, faults.reason)} />
    <div className="cw-pair">
      <TextInput
        label={said.form.clause}
        description={said.form.clauseHelp}
        {...text('clause', CLAUSE_MAX, faults.clause)}
      />
      <TextInput
        label={said.form.reference}
        description={said.form.referenceHelp}
        {...text('reference', REFERENCE_MAX, faults.reference)}
      />
    </div>
    <NumberInput
      label={said.form.days}
      description={said.form.daysHelp(UNSEALING_DAYS_MAX)}
      value={draft.days}
      min={1}
      max={UNSEALING_DAYS_MAX}
      clampBehavior="strict"
      allowDecimal={false}
      error={shown(faults.days)}
      onChange={(days) => set({ days: Number(days) })}
    />
    <Checkbox
      label={said.form.quiet}
      description={said.form.quietHelp}
      checked={draft.quiet}
      error={refusedAt(error, 'ORDER_WANTED')}
      onChange={(event) => set({ quiet: event.currentTarget.checked })}
    />
  </>
);

interface Props {
  /** The record that it was asked from. */
  readonly of?: { readonly subject: string; readonly record: string };
  readonly onClose: () => void;
}
export function UnsealingForm({ of, onClose }: Props): ReactNode {
  const form = useDraft<Filled>({
    ...{ subject: of?.subject ?? '', records: of ? [of.record] : [], reader: '', reason: '' },
    ...{ clause: '', reference: '', days: DAYS_DEFAULT, quiet: false },
  });
  const { draft, set, shown } = form;
  const act = useAct('askUnsealing', { refresh: ['listUnsealings', 'countDesk'], done: onClose });
  const faults = faultsOf(draft);
  const { subject, reader, reason, clause, reference } = draft;
  const trimmed = { subject: subject.trim(), reader: reader.trim(), reason: reason.trim(), clause: clause.trim() };
  const send = (): void => act.mutate({ body: { ...draft, ...trimmed, reference: reference.trim() } });
  const say = { effect: said.askEffect, yes: said.askYes, wanted: said.wantedAsk };
  return (
    <ActForm {...say} act={act} onSubmit={() => form.submit(Object.values(faults), send)} onClose={onClose}>
      <PersonField
        label={words.choosing.person}
        value={subject}
        error={shown(faults.subject)}
        first
        onChange={(id) => set({ subject: id, records: [] })}
      />
      <RecordsField
        label={said.form.records}
        description={said.form.recordsHelp}
        subject={subject.trim()}
        state="sealed"
        none={said.form.recordsNone}
        max={UNSEALING_RECORDS_MAX}
        value={draft.records}
        error={shown(faults.records) ?? refusedAt(act.error, 'RECORD_NOT_SEALED', 'RECORD_UNKNOWN')}
        onChange={(records) => set({ records })}
      />
      <ReaderField
        label={said.form.reader}
        description={said.form.readerHelp}
        value={reader}
        error={shown(faults.reader) ?? refusedAt(act.error, 'PERSON_UNKNOWN')}
        onChange={(id) => set({ reader: id })}
      />
      <Order form={form} faults={faults} error={act.error} />
    </ActForm>
  );
}
