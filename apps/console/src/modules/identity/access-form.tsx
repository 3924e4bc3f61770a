/** Asks for temporary access: for oneself, or for somebody who has been invited. */
import { useState, type ReactNode } from 'react';
import { Button, NativeSelect, Select, TagsInput, Textarea, TextInput } from '@mantine/core';
import { ACCESS_DEVICES_MAX, ACCESS_SITES_MAX, TEMPORARY_ROLES, type TemporaryRole } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { REASON_MAX } from '../../ui/reason.ts';
import { draftOf, EMPTY_ACCESS, faultsOf, idsIn, LENGTHS_HOURS, withRole } from './access-draft.ts';
import type { AccessFault, AccessForm as Form } from './access-draft.ts';

const said = words.access.form;

interface Props {
  /** Whom it may be for; null where it is for oneself. */
  readonly people: readonly { readonly id: string; readonly handle: string }[] | null;
  readonly onClose: () => void;
}
interface FieldsProps extends Pick<Props, 'people'> {
  readonly form: Form;
  readonly faults: ReadonlySet<AccessFault>;
  readonly onChange: (patch: Partial<Form>) => void;
}

const Scope = ({ form, faults, onChange }: FieldsProps): ReactNode => (
  <>
    <TagsInput
      label={said.devices}
      description={said.devicesHelp}
      value={[...form.devices]}
      maxTags={ACCESS_DEVICES_MAX}
      error={faults.has('scope') ? said.faults.scope : null}
      onChange={(devices) => onChange({ devices: idsIn(devices) })}
      acceptValueOnBlur
    />
    <TagsInput
      label={said.sites}
      description={said.sitesHelp}
      value={[...form.sites]}
      maxTags={ACCESS_SITES_MAX}
      onChange={(sites) => onChange({ sites: idsIn(sites) })}
      acceptValueOnBlur
    />
  </>
);

const When = ({ form, faults, onChange }: FieldsProps): ReactNode => (
  <div className="cw-pair">
    <NativeSelect
      label={said.hours}
      value={String(form.hours)}
      data={LENGTHS_HOURS[form.role].map((hours) => ({ value: String(hours), label: said.span(hours) }))}
      onChange={(event) => onChange({ hours: Number(event.currentTarget.value) })}
    />
    <TextInput
      type="datetime-local"
      label={said.begins}
      description={said.beginsHelp}
      value={form.begins}
      error={faults.has('begins') ? said.faults.begins : null}
      onChange={(event) => onChange({ begins: event.currentTarget.value })}
    />
  </div>
);

const Fields = (props: FieldsProps): ReactNode => {
  const { people, form, faults, onChange } = props;
  return (
    <>
      {people !== null && (
        <Select
          label={said.person}
          description={said.personHelp}
          data={people.map(({ id, handle }) => ({ value: id, label: handle }))}
          value={form.person}
          error={faults.has('person') ? said.faults.person : null}
          onChange={(person) => onChange({ person })}
          searchable
        />
      )}
      <NativeSelect
        label={said.role}
        description={words.access.may[form.role]}
        value={form.role}
        data={TEMPORARY_ROLES.map((role) => ({ value: role, label: words.access.as[role] }))}
        onChange={(event) => onChange(withRole(form, event.currentTarget.value as TemporaryRole))}
      />
      <Scope {...props} />
      <When {...props} />
      <Textarea
        label={said.why}
        description={said.whyHelp}
        value={form.reason}
        maxLength={REASON_MAX}
        autosize
        minRows={2}
        error={faults.has('reason') ? said.faults.reason : null}
        onChange={(event) => onChange({ reason: event.currentTarget.value })}
      />
    </>
  );
};

const NO_FAULTS: ReadonlySet<AccessFault> = new Set();

export function AccessForm({ people, onClose }: Props): ReactNode {
  const [form, setForm] = useState(EMPTY_ACCESS);
  const [tried, setTried] = useState(false);
  const ask = useAct('askAccess', { refresh: ['listAccess', 'myAccess'], done: onClose });
  const faults = faultsOf(form, people !== null, Date.now());
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (faults.size === 0) ask.mutate({ body: draftOf(form, Date.now()) });
      }}
    >
      <Fields
        people={people}
        form={form}
        faults={tried ? faults : NO_FAULTS}
        onChange={(patch) => setForm((before) => ({ ...before, ...patch }))}
      />
      {ask.error && <ProblemNote error={ask.error} wanted={words.wanted.askAccess} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" loading={ask.isPending}>
          {words.access.ask}
        </Button>
      </div>
    </form>
  );
}
