/** The people who may sign in: list, invite, roles, end access. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Person } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconUserPlus } from '../../ui/icons.ts';
import { Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { InviteForm } from './invite-form.tsx';
import { DisableForm, DisconnectButton, RolesForm } from './person-forms.tsx';

type Open = { readonly form: 'invite' } | { readonly form: 'roles' | 'disable'; readonly person: Person };

const Row = ({
  person,
  mine,
  connected,
  onOpen,
}: {
  readonly person: Person;
  readonly mine: boolean;
  readonly connected: boolean;
  readonly onOpen: (open: Open) => void;
}): ReactNode => (
  <tr data-off={person.state === 'disabled' || undefined}>
    <th scope="row">
      {person.handle} {mine && <span className="cw-muted">{words.people.you}</span>}
    </th>
    <td>{person.roles.map((role) => words.roles[role].name).join(', ') || words.none}</td>
    <td>{words.people.states[person.state]}</td>
    <td>{person.lastSeen === null ? words.people.never : <Age at={person.lastSeen} />}</td>
    <td className="cw-row-actions">
      {connected && !mine && <DisconnectButton id={person.id} />}
      <Button
        size="xs"
        variant="default"
        disabled={person.state === 'disabled'}
        onClick={() => onOpen({ form: 'roles', person })}
      >
        {words.people.roles}
      </Button>
      <Button
        size="xs"
        variant="subtle"
        color="danger"
        disabled={mine || person.state === 'disabled'}
        onClick={() => onOpen({ form: 'disable', person })}
      >
        {words.people.disable}
      </Button>
    </td>
  </tr>
);

const titleOf = (open: Open | null): string => {
  if (!open) return '';
  if (open.form === 'invite') return words.people.invite;
  return open.form === 'roles' ? words.people.rolesOf(open.person.handle) : words.people.disableOf(open.person.handle);
};

function Forms({ open, onClose }: { readonly open: Open | null; readonly onClose: () => void }): ReactNode {
  return (
    <Modal
      opened={open !== null}
      onClose={onClose}
      title={titleOf(open)}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {open?.form === 'invite' && <InviteForm onClose={onClose} />}
      {open?.form === 'roles' && <RolesForm person={open.person} onClose={onClose} />}
      {open?.form === 'disable' && <DisableForm person={open.person} onClose={onClose} />}
    </Modal>
  );
}

export function PeoplePage(): ReactNode {
  const { me } = useSession();
  const people = useAsk('listPeople', {});
  const [open, setOpen] = useState<Open | null>(null);
  return (
    <Page
      title={words.pages.people.name}
      lead={words.people.lead}
      actions={
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setOpen({ form: 'invite' })}>
          {words.people.invite}
        </Button>
      }
    >
      <div className="cw-card cw-card-flush">
        <Answered query={people} wanted={words.wanted.people} skeleton={<RowsSkeleton rows={4} height={28} />}>
          {(answer) => (
            <Table label={words.pages.people.name} columns={words.people.columns}>
              {answer.people.map((person) => (
                <Row
                  key={person.id}
                  person={person}
                  mine={person.id === me.person}
                  connected={answer.connected.includes(person.id)}
                  onOpen={setOpen}
                />
              ))}
            </Table>
          )}
        </Answered>
      </div>
      <Forms open={open} onClose={() => setOpen(null)} />
    </Page>
  );
}
