/** Registers a cloud service: an id for ever, an owner who answers for it, and what it may reach. */
import { useState, type ReactNode } from 'react';
import { Button, Select, TextInput } from '@mantine/core';
import type { ServiceIdentity } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { NO_REACH, ReachFields, reachOf, type ReachDraft } from './service-reach.tsx';

const said = words.cloud;
/** As ids are everywhere: small letters, digits, dashes. */
const ID_PATTERN = '[a-z0-9][a-z0-9\\-]{1,62}[a-z0-9]';

interface Draft {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly reach: ReachDraft;
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (patch: Partial<Draft>) => void;
}
function Fields({ draft, onChange }: FieldsProps): ReactNode {
  const parties = useAsk('listParties', {}).data?.parties ?? [];
  const people = useAsk('listPeople', {}).data?.people ?? [];
  const owners = [
    { group: said.form.parties, items: parties.map(({ id, name }) => ({ value: id, label: name })) },
    {
      group: words.pages.people.name,
      items: people.filter(({ state }) => state !== 'disabled').map(({ id, handle }) => ({ value: id, label: handle })),
    },
  ];
  return (
    <>
      <TextInput
        required
        label={said.form.name}
        minLength={2}
        maxLength={100}
        value={draft.name}
        data-autofocus
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        required
        label={said.form.id}
        description={said.form.idHint}
        pattern={ID_PATTERN}
        maxLength={64}
        value={draft.id}
        onChange={(event) => onChange({ id: event.currentTarget.value })}
      />
      <Select
        required
        label={said.form.owner}
        description={said.form.ownerHint}
        data={owners}
        value={draft.owner}
        searchable
        nothingFoundMessage={said.form.noOwner}
        onChange={(owner) => onChange({ owner })}
      />
      <ReachFields value={draft.reach} onChange={(reach) => onChange({ reach })} />
    </>
  );
}

interface Props {
  readonly onClose: () => void;
  /** It has no way to sign in yet: that is next. */
  readonly onDone: (service: ServiceIdentity) => void;
}
export function RegisterService({ onClose, onDone }: Props): ReactNode {
  const [draft, setDraft] = useState<Draft>({ id: '', name: '', owner: null, reach: NO_REACH });
  const register = useAct('registerService', { refresh: ['listServices'], done: onDone });
  const { id, name, owner, reach } = draft;
  const ready = owner !== null && reach.data.length > 0;
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) register.mutate({ body: { id, name: name.trim(), owner, reach: reachOf(reach) } });
      }}
    >
      <Fields draft={draft} onChange={(patch) => setDraft({ ...draft, ...patch })} />
      {register.error && <ProblemNote error={register.error} wanted={said.wantedRegister} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" disabled={!ready} loading={register.isPending}>
          {said.registerYes}
        </Button>
      </div>
    </form>
  );
}
