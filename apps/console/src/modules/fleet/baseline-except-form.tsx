/** Lets somebody answer for a control that is not met: for whom, why, and until which day. */
import { useState, type ReactNode } from 'react';
import { Button, Select, TextInput } from '@mantine/core';
import { BASELINE_EXCEPTION_MAX_DAYS, DEVICE_CLASSES, EXCEPTION_SCOPES, type ControlView } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { noOwner, OwnerAndEndFields, type OwnerAndEnd } from '../../ui/owner-and-end.tsx';
import { Card } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';

type Scope = (typeof EXCEPTION_SCOPES)[number];
interface Draft extends OwnerAndEnd {
  readonly scope: Scope;
  readonly key: string;
}

const CLASSES = DEVICE_CLASSES.map((value) => ({ value, label: words.classes[value].many }));

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}
const Fields = ({ draft, onChange }: FieldsProps): ReactNode => (
  <>
    <Select
      label={words.baseline.scope}
      value={draft.scope}
      allowDeselect={false}
      data={EXCEPTION_SCOPES.map((value) => ({ value, label: words.baseline.scopes[value] }))}
      onChange={(value) => onChange({ ...draft, scope: (value ?? 'device') as Scope, key: '' })}
    />
    {draft.scope === 'class' ? (
      <Select
        required
        label={words.baseline.keyOf.class}
        data={CLASSES}
        value={draft.key === '' ? null : draft.key}
        searchable
        onChange={(key) => onChange({ ...draft, key: key ?? '' })}
      />
    ) : (
      <TextInput
        required
        label={words.baseline.keyOf[draft.scope]}
        maxLength={64}
        value={draft.key}
        onChange={(event) => onChange({ ...draft, key: event.currentTarget.value })}
      />
    )}
    <OwnerAndEndFields
      value={draft}
      daysMax={BASELINE_EXCEPTION_MAX_DAYS}
      onChange={(value) => onChange({ ...draft, ...value })}
    />
  </>
);

export function ExceptForm({ view }: { readonly view: ControlView }): ReactNode {
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState<Draft>(() => ({ ...noOwner(), scope: 'device', key: '' }));
  const add = useAct('addBaselineException', {
    refresh: ['getControl', 'listBaselineDevices', 'listBaselineExceptions', 'getBaseline'],
    done: () => setOpen(false),
  });
  if (!open)
    return (
      <Button variant="default" onClick={() => setOpen(true)}>
        {words.baseline.except}
      </Button>
    );
  const submit = (reason: string): void => {
    const { scope, key, owner, until } = draft;
    const body = { scope, key: key.trim(), owner: owner.trim(), reason, until: Date.parse(until) };
    add.mutate({ body: { control: view.control.id, ...body } });
  };
  return (
    <Card title={words.baseline.except}>
      <ReasonForm
        act={words.baseline.except}
        wanted={words.baseline.wantedExcept}
        effect={<p>{words.baseline.exceptEffect}</p>}
        fields={<Fields draft={draft} onChange={setDraft} />}
        busy={add.isPending}
        error={add.error}
        onSubmit={submit}
        onCancel={() => setOpen(false)}
      />
    </Card>
  );
}
