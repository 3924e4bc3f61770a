/** Changes a person's roles, or ends their access. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { Person, StandingRole } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { RoleChoice } from './role-choice.tsx';

interface Props {
  readonly person: Person;
  readonly onClose: () => void;
}

export function RolesForm({ person, onClose }: Props): ReactNode {
  const [roles, setRoles] = useState<StandingRole[]>([...person.roles]);
  const set = useAct('setRoles', { refresh: ['listPeople', 'getSession'], done: onClose });
  return (
    <div className="cw-stack">
      <RoleChoice value={roles} onChange={setRoles} />
      {set.error && <ProblemNote error={set.error} wanted={words.wanted.roles} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button loading={set.isPending} onClick={() => set.mutate({ params: { id: person.id }, body: { roles } })}>
          {words.people.setRoles}
        </Button>
      </div>
    </div>
  );
}

/** Takes a person's city account from them, and ends their sessions: it may be in wrong hands. */
export function DisconnectButton({ id }: { readonly id: string }): ReactNode {
  const disconnect = useAct('disconnectPersonAccount', { refresh: ['listPeople'] });
  return (
    <>
      <Button
        size="xs"
        variant="subtle"
        loading={disconnect.isPending}
        onClick={() => disconnect.mutate({ params: { id } })}
      >
        {words.account.disconnectOf}
      </Button>
      {disconnect.error && <ProblemNote error={disconnect.error} wanted={words.wanted.account} />}
    </>
  );
}

export function DisableForm({ person, onClose }: Props): ReactNode {
  const disable = useAct('disablePerson', { refresh: ['listPeople'], done: onClose });
  return (
    <div className="cw-stack">
      <p>{words.people.disableEffect(person.handle)}</p>
      {disable.error && <ProblemNote error={disable.error} wanted={words.wanted.disable} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose} data-autofocus>
          {words.cancel}
        </Button>
        <Button
          color="danger"
          loading={disable.isPending}
          onClick={() => disable.mutate({ params: { id: person.id } })}
        >
          {words.people.disableOf(person.handle)}
        </Button>
      </div>
    </div>
  );
}
