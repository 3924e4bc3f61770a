/** Recipients that have a key here: how requests reach them, and how many of theirs wait or are silent. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { RecipientListed } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount } from '../../ui/format.ts';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { NoteCopyForm } from './note-copy-form.tsx';
import { RecipientForm } from './recipient-form.tsx';

const said = words.keeping;
type Open =
  { readonly do: 'register' } | { readonly do: 'change'; readonly one: RecipientListed } | { readonly do: 'note' };
const TITLES = { register: said.register, change: said.changeTitle, note: said.note } as const;

interface RowProps {
  readonly one: RecipientListed;
  readonly onChange: (() => void) | null;
}
function Row({ one, onChange }: RowProps): ReactNode {
  return (
    <tr>
      <th scope="row">
        {one.name}
        <span className="cw-block cw-muted cw-small">{one.id}</span>
      </th>
      <td className="cw-wrap">{one.url ?? said.byHand}</td>
      <td>
        <Moment at={one.at} />
      </td>
      <td>{formatCount(one.waiting)}</td>
      <td>{formatCount(one.silent)}</td>
      <td>
        {onChange && (
          <Button size="compact-sm" variant="default" aria-label={said.changeOne(one.id)} onClick={onChange}>
            {said.change}
          </Button>
        )}
      </td>
    </tr>
  );
}

export function RecipientsKnown(): ReactNode {
  const isOfficer = useRole('officer');
  const known = useAsk('listRecipients', {});
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  const acts = isOfficer && (
    <div className="cw-toolbar">
      <Button onClick={() => setOpen({ do: 'register' })}>{said.register}</Button>
      <Button variant="default" onClick={() => setOpen({ do: 'note' })}>
        {said.note}
      </Button>
    </div>
  );
  return (
    <Card title={said.title}>
      <div className="cw-stack">
        {acts}
        <Answered query={known} wanted={said.wanted} skeleton={<RowsSkeleton rows={3} />}>
          {({ recipients }) =>
            recipients.length === 0 ? (
              <p className="cw-muted">{said.none}</p>
            ) : (
              <Table label={said.title} columns={said.columns} wide>
                {recipients.map((one) => (
                  <Row key={one.id} one={one} onChange={isOfficer ? () => setOpen({ do: 'change', one }) : null} />
                ))}
              </Table>
            )
          }
        </Answered>
      </div>
      <Modal
        opened={open !== null}
        onClose={close}
        size="lg"
        title={open === null ? '' : TITLES[open.do]}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open?.do === 'note' ? (
          <NoteCopyForm onClose={close} />
        ) : (
          open && <RecipientForm one={open.do === 'change' ? open.one : undefined} onClose={close} />
        )}
      </Modal>
    </Card>
  );
}
