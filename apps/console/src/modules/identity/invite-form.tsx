/** Invites a person: a name to call them, roles, and a one-time link shown once. */
import { useState, type ReactNode } from 'react';
import { Button, TextInput } from '@mantine/core';
import type { StandingRole } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { Copyable } from '../../ui/copy.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { RoleChoice } from './role-choice.tsx';

const HANDLE_MIN = 2;
const HANDLE_MAX = 40;

const Invited = ({
  handle,
  link,
  onClose,
}: {
  readonly handle: string;
  readonly link: string;
  readonly onClose: () => void;
}): ReactNode => (
  <div className="cw-stack">
    <p>{words.people.invited(handle)}</p>
    <div className="cw-link-box">
      <Copyable value={link} label={words.people.link} />
    </div>
    <p className="cw-muted cw-small">{words.people.linkHelp}</p>
    <div className="cw-form-actions">
      <Button onClick={onClose}>{words.done}</Button>
    </div>
  </div>
);

export function InviteForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [handle, setHandle] = useState('');
  const [roles, setRoles] = useState<StandingRole[]>(['operator']);
  const invite = useAct('invitePerson', { refresh: ['listPeople'] });
  if (invite.data) return <Invited handle={invite.data.person.handle} link={invite.data.link} onClose={onClose} />;
  const ready = handle.trim().length >= HANDLE_MIN;
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) invite.mutate({ body: { handle: handle.trim(), roles } });
      }}
    >
      <TextInput
        label={words.people.handle}
        description={words.people.handleHelp}
        value={handle}
        maxLength={HANDLE_MAX}
        data-autofocus
        onChange={(event) => setHandle(event.currentTarget.value)}
      />
      <RoleChoice value={roles} onChange={setRoles} />
      {invite.error && <ProblemNote error={invite.error} wanted={words.wanted.invite} />}
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit" disabled={!ready} loading={invite.isPending}>
          {words.people.makeLink}
        </Button>
      </div>
    </form>
  );
}
