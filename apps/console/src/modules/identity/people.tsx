/** The people who may sign in: list with how far each account is trusted, invite, roles, end access. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Person, TrustLevel } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole, useSession } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconUserPlus } from '../../ui/icons.ts';
import { Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { InviteForm } from './invite-form.tsx';
import { DisableForm, DisconnectForm, RolesForm } from './person-forms.tsx';
import { PersonTrust } from './trust-card.tsx';

type Form = 'roles' | 'disable' | 'disconnect' | 'trust';
type Open = { readonly form: 'invite' } | { readonly form: Form; readonly person: Person };

interface RowProps {
  readonly person: Person;
  readonly mine: boolean;
  readonly connected: boolean;
  readonly trust: TrustLevel;
  readonly onOpen: (form: Form) => void;
}

const Acts = ({ person, mine, connected, onOpen }: RowProps): ReactNode => (
  <td className="cw-row-actions">
    {connected && !mine && (
      <Button size="xs" variant="subtle" color="danger" onClick={() => onOpen('disconnect')}>
        {words.account.disconnectShort}
      </Button>
    )}
    <Button size="xs" variant="default" disabled={person.state === 'disabled'} onClick={() => onOpen('roles')}>
      {words.people.roles}
    </Button>
    <Button
      size="xs"
      variant="subtle"
      color="danger"
      disabled={mine || person.state === 'disabled'}
      onClick={() => onOpen('disable')}
    >
      {words.people.disable}
    </Button>
  </td>
);

const Row = ({ mayAct, ...row }: RowProps & { readonly mayAct: boolean }): ReactNode => (
  <tr data-off={row.person.state === 'disabled' || undefined}>
    <th scope="row">
      {row.person.handle} {row.mine && <span className="cw-muted">{words.people.you}</span>}
    </th>
    <td>{row.person.roles.map((role) => words.roles[role].name).join(', ') || words.none}</td>
    <td>{words.people.states[row.person.state]}</td>
    <td>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={words.people.trustWhy(row.person.handle, words.trustLevels[row.trust])}
        onClick={() => row.onOpen('trust')}
      >
        {words.trustLevels[row.trust]}
      </Button>
    </td>
    <td>{row.person.lastSeen === null ? words.people.never : <Age at={row.person.lastSeen} />}</td>
    {mayAct && <Acts {...row} />}
  </tr>
);

const TITLES: Readonly<Record<Form, (who: string) => string>> = {
  roles: words.people.rolesOf,
  disable: words.people.disableOf,
  disconnect: words.account.disconnectOf,
  trust: words.people.trustOf,
};
const titleOf = (open: Open | null): string => {
  if (!open) return '';
  return open.form === 'invite' ? words.people.invite : TITLES[open.form](open.person.handle);
};

function Forms({ open, onClose }: { readonly open: Open | null; readonly onClose: () => void }): ReactNode {
  return (
    <Modal
      opened={open !== null}
      onClose={onClose}
      size={open?.form === 'trust' ? 'xl' : 'md'}
      title={titleOf(open)}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {open?.form === 'invite' && <InviteForm onClose={onClose} />}
      {open?.form === 'roles' && <RolesForm person={open.person} onClose={onClose} />}
      {open?.form === 'disable' && <DisableForm person={open.person} onClose={onClose} />}
      {open?.form === 'disconnect' && <DisconnectForm person={open.person} onClose={onClose} />}
      {open?.form === 'trust' && <PersonTrust id={open.person.id} />}
    </Modal>
  );
}

export function PeoplePage(): ReactNode {
  const { me } = useSession();
  const people = useAsk('listPeople', {});
  const mayAct = useRole('administrator');
  const [open, setOpen] = useState<Open | null>(null);
  return (
    <Page
      title={words.pages.people.name}
      lead={words.people.lead}
      actions={
        mayAct && (
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setOpen({ form: 'invite' })}>
            {words.people.invite}
          </Button>
        )
      }
    >
      <div className="cw-card cw-card-flush">
        <Answered query={people} wanted={words.wanted.people} skeleton={<RowsSkeleton rows={4} height={28} />}>
          {(answer) => (
            <Table
              label={words.pages.people.name}
              columns={mayAct ? words.people.columns : words.people.columns.slice(0, -1)}
            >
              {answer.people.map((person, at) => (
                <Row
                  key={person.id}
                  person={person}
                  mine={person.id === me.person}
                  connected={answer.connected.includes(person.id)}
                  trust={answer.trust[at] ?? 'unknown'}
                  mayAct={mayAct}
                  onOpen={(form) => setOpen({ form, person })}
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
