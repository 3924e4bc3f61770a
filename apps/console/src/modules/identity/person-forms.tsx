/** Changes a person's roles, takes their city account from them, or ends their access. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { Person, StandingRole } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
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
export function DisconnectForm({ person, onClose }: Props): ReactNode {
  const disconnect = useAct('disconnectPersonAccount', { refresh: ['listPeople'], done: onClose });
  return (
    <ConfirmForm
      act={words.account.disconnectOf(person.handle)}
      wanted={words.wanted.account}
      effect={words.account.disconnectOfEffect(person.handle)}
      busy={disconnect.isPending}
      error={disconnect.error}
      onConfirm={() => disconnect.mutate({ params: { id: person.id } })}
      onCancel={onClose}
    />
  );
}

export function DisableForm({ person, onClose }: Props): ReactNode {
  const disable = useAct('disablePerson', { refresh: ['listPeople'], done: onClose });
  return (
    <ConfirmForm
      act={words.people.disableOf(person.handle)}
      wanted={words.wanted.disable}
      effect={words.people.disableEffect(person.handle)}
      busy={disable.isPending}
      error={disable.error}
      onConfirm={() => disable.mutate({ params: { id: person.id } })}
      onCancel={onClose}
    />
  );
}
