/** Destructions: the copies that are left of each, its certificate, and a new one ordered. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { DESTRUCTIONS_SHOWN_MAX, type Destruction } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole, useSession } from '../../frame/session.ts';
import { client } from '../../live/live.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconCertificate, IconDownload, IconHourglass, IconSignature, IconTrash } from '../../ui/icons.ts';
import { CardSkeleton, Facts } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { CertifyCard } from './certify-card.tsx';
import { Acts, OpenButton, ShortId, TaskList } from './desk-parts.tsx';
import { OrderDestruction } from './order-destruction.tsx';
import type { Desk } from './use-desk.ts';

const said = words.destroying;
const facts = words.desk.facts;
const LOOK = {
  'copies-left': ['watched', IconHourglass],
  'to-certify': ['learning', IconSignature],
  certified: ['contained', IconCertificate],
} as const;

const DestructionState = ({ state }: Pick<Destruction, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};

const Left = ({ left }: Pick<Destruction, 'left'>): ReactNode => (
  <section className="cw-stack" aria-label={said.left}>
    <h3 className="cw-small-head">{said.left}</h3>
    <p className="cw-muted cw-small">{said.leftWhy}</p>
    <Table label={said.left} columns={said.leftColumns}>
      {left.map((copy) => (
        <tr key={copy.id}>
          <th scope="row">
            {words.desk.copyKinds[copy.kind]}
            <span className="cw-block cw-muted cw-small cw-wrap">{copy.place}</span>
          </th>
          <td>{copy.custodian}</td>
          <td>
            {words.desk.copyOutcomes[copy.outcome]}
            <span className="cw-block cw-muted cw-small">{copy.why}</span>
          </td>
        </tr>
      ))}
    </Table>
  </section>
);

const Certificate = ({ id }: { readonly id: string }): ReactNode => (
  <Acts why={null}>
    {(
      [
        ['getCertificatePdf', said.pdf, 'pdf'],
        ['getCertificate', said.json, 'json'],
      ] as const
    ).map(([name, text, ending]) => (
      <Button
        key={name}
        component="a"
        href={client.url(name, { params: { id }, query: {} })}
        download={`${id}.${ending}`}
        variant={ending === 'pdf' ? 'filled' : 'default'}
        leftSection={<IconDownload size={16} aria-hidden />}
      >
        {text}
      </Button>
    ))}
  </Acts>
);

function One({ one }: { readonly one: Destruction }): ReactNode {
  const { me } = useSession();
  const isOfficer = useRole('officer');
  const nameOf = usePersonName();
  return (
    <>
      <p className="cw-drawer-name">{said.triggers[one.trigger]}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
          { term: facts.state, value: <DestructionState state={one.state} /> },
          { term: said.facts.reason, value: one.reason },
          { term: said.facts.by, value: nameOf(one.by) },
          { term: said.facts.at, value: <Moment at={one.at} /> },
          { term: said.facts.size, value: said.size(one.records, one.versions) },
          { term: said.facts.root, value: <Copyable value={one.root} label={said.facts.root} /> },
        ]}
      />
      {one.left.length > 0 && <Left left={one.left} />}
      {one.state === 'certified' && <Certificate id={one.id} />}
      {one.state === 'to-certify' && isOfficer && one.by !== me.person && <CertifyCard one={one} />}
      {one.state === 'to-certify' && isOfficer && one.by === me.person && (
        <p className="cw-muted">{words.desk.second}</p>
      )}
    </>
  );
}

const Row = ({ one }: { readonly one: Destruction }): ReactNode => (
  <tr>
    <th scope="row">{said.triggers[one.trigger]}</th>
    <td>
      <ShortId id={one.subject} />
    </td>
    <td>{said.size(one.records, one.versions)}</td>
    <td>
      <Moment at={one.at} />
    </td>
    <td>
      <DestructionState state={one.state} />
    </td>
    <td>
      <OpenButton what={said.what} id={one.id} />
    </td>
  </tr>
);

export function DestructionsTab({ destructions }: Pick<Desk, 'destructions'>): ReactNode {
  const isOfficer = useRole('officer');
  const [orders, setOrders] = useState(false);
  const close = (): void => setOrders(false);
  return (
    <Answered query={destructions} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
      {({ destructions: all }) => (
        <div className="cw-stack">
          {isOfficer && (
            <div className="cw-toolbar">
              <Button color="danger" variant="light" onClick={() => setOrders(true)}>
                {said.order}
              </Button>
            </div>
          )}
          <TaskList
            tab="destructions"
            icon={IconTrash}
            said={said}
            all={all}
            max={DESTRUCTIONS_SHOWN_MAX}
            row={Row}
            task={One}
          />
          <Modal opened={orders} onClose={close} title={said.order} closeButtonProps={{ 'aria-label': words.close }}>
            <OrderDestruction onClose={close} />
          </Modal>
        </div>
      )}
    </Answered>
  );
}
