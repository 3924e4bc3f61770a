/** What an officer does with one record: restrict it, let it be used again, erase it, hold it, ask to open it, note a copy of it. */
import { useState, type ReactNode } from 'react';
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core';
import { ERASE_TRIGGERS, type LifeState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { REASON_MIN } from '../../ui/reason.ts';
import { Became } from './became.tsx';
import { HoldForm } from './hold-form.tsx';
import { NoteCopyForm } from './note-copy-form.tsx';
import { UnsealingForm } from './unsealing-form.tsx';
import { shortFault, useDraft } from './use-draft.ts';

const said = words.recordLife;
const CLAUSE_MAX = 300;
const REFRESH = [
  ...['listRecordCopies', 'listLives', 'listRecords', 'listWaitingRecords', 'listDestructions', 'countDesk'],
] as const;
type Trigger = (typeof ERASE_TRIGGERS)[number];

interface OfRecord {
  readonly record: string;
  readonly subject: string;
}
interface Opened extends OfRecord {
  readonly onClose: () => void;
}

function RestrictForm({ record, isRestricted, onClose }: Opened & { readonly isRestricted: boolean }): ReactNode {
  const form = useDraft({ clause: '' });
  const act = useAct('restrictRecord', { refresh: REFRESH, done: onClose });
  const fault = shortFault(form.draft.clause, REASON_MIN);
  const say = isRestricted
    ? { effect: said.useAgainEffect, yes: said.useAgain, wanted: said.wantedRestrict }
    : { effect: said.restrictEffect, yes: said.restrict, wanted: said.wantedRestrict };
  const body = { restricted: !isRestricted, clause: form.draft.clause.trim() };
  return (
    <ActForm
      {...say}
      act={act}
      onSubmit={() => form.submit([fault], () => act.mutate({ params: { id: record }, body }))}
      onClose={onClose}
    >
      <TextInput
        label={said.clause}
        description={said.clauseHelp}
        data-autofocus
        {...form.text('clause', CLAUSE_MAX, fault)}
      />
    </ActForm>
  );
}

function EraseForm({ record, subject, onClose }: Opened): ReactNode {
  const [trigger, setTrigger] = useState<Trigger>('erasure-asked');
  const act = useAct('eraseRecords', { refresh: REFRESH });
  if (act.data) return <Became answer={act.data} onClose={onClose} />;
  return (
    <ReasonForm
      act={said.destroyYes}
      wanted={said.wantedDestroy}
      danger
      effect={<p>{said.destroyEffect}</p>}
      fields={
        <NativeSelect
          label={words.destroying.form.trigger}
          value={trigger}
          data={ERASE_TRIGGERS.map((one) => ({ value: one, label: words.destroying.triggers[one] }))}
          onChange={(event) => setTrigger(event.currentTarget.value as Trigger)}
        />
      }
      busy={act.isPending}
      error={act.error}
      onSubmit={(reason) => act.mutate({ body: { subject, records: [record], trigger, reason } })}
      onCancel={onClose}
    />
  );
}

const TITLES = {
  restrict: said.restrict,
  again: said.useAgain,
  erase: said.destroy,
  hold: said.hold,
  unseal: said.unseal,
  note: said.note,
} as const;
type Act = keyof typeof TITLES;
/** What goes with each state; nothing is done to what is destroyed. */
const ACTS: Readonly<Record<LifeState, readonly Act[]>> = {
  active: ['restrict', 'hold', 'note', 'erase'],
  restricted: ['again', 'hold', 'note', 'erase'],
  sealed: ['unseal', 'hold', 'note'],
  due: ['hold'],
  'keys-destroyed': [],
  'copies-purged': [],
  closed: [],
};

const FORMS: Readonly<Record<Act, (opened: Opened) => ReactNode>> = {
  restrict: (opened) => <RestrictForm {...opened} isRestricted={false} />,
  again: (opened) => <RestrictForm {...opened} isRestricted />,
  erase: (opened) => <EraseForm {...opened} />,
  hold: ({ onClose, ...of }) => <HoldForm of={of} onClose={onClose} />,
  unseal: ({ onClose, ...of }) => <UnsealingForm of={of} onClose={onClose} />,
  note: ({ onClose, ...of }) => <NoteCopyForm of={of} onClose={onClose} />,
};

export function RecordActs({ state, ...of }: OfRecord & { readonly state: LifeState }): ReactNode {
  const [open, setOpen] = useState<Act | null>(null);
  const close = (): void => setOpen(null);
  const acts = ACTS[state];
  return (
    <>
      {acts.length > 0 && (
        <div className="cw-card-actions" role="group" aria-label={said.acts}>
          {acts.map((act) => (
            <Button
              key={act}
              variant={act === 'erase' ? 'light' : 'default'}
              {...(act === 'erase' ? { color: 'danger' } : {})}
              onClick={() => setOpen(act)}
            >
              {TITLES[act]}
            </Button>
          ))}
        </div>
      )}
      <Modal
        opened={open !== null}
        onClose={close}
        size="lg"
        title={open === null ? '' : TITLES[open]}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open !== null && FORMS[open]({ ...of, onClose: close })}
      </Modal>
    </>
  );
}
