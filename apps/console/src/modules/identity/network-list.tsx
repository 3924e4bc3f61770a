/** Site gateways and partner networks: who answers for each, for whom it may speak, its code and its end. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { NetworkIdentity } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { formatDate } from '../../ui/format.ts';
import { IconBan, IconCertificate, IconCheck, IconHourglass, IconPlus } from '../../ui/icons.ts';
import { Card, Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { CodeForm, EndForm, RegisterForm, SpeaksForm } from './network-forms.tsx';

const said = words.networks.list;
const NAMED_MAX = 200;
const LOOK = {
  registered: ['learning', IconHourglass],
  active: ['trusted', IconCheck],
  expired: ['unknown', IconHourglass],
  held: ['quarantined', IconBan],
  revoked: ['quarantined', IconBan],
  ended: ['unknown', IconBan],
} as const;
const FORMS = { change: SpeaksForm, code: CodeForm, end: EndForm } as const;
type Form = keyof typeof FORMS;

function State({ one }: { readonly one: NetworkIdentity }): ReactNode {
  const [look, icon] = LOOK[one.state];
  return (
    <>
      <Badge look={look} icon={icon} text={words.networks.states[one.state]} />
      {one.reason !== null && <span className="cw-block cw-muted cw-small">{one.reason}</span>}
    </>
  );
}

interface RowProps {
  readonly one: NetworkIdentity;
  readonly party: string;
  readonly onOpen: () => void;
}
const Row = ({ one, party, onOpen }: RowProps): ReactNode => (
  <tr data-off={one.state === 'ended' || undefined}>
    <th scope="row">
      {one.name}
      <span className="cw-block cw-muted cw-small">{one.id}</span>
    </th>
    <td>{words.networks.kinds[one.kind]}</td>
    <td>{party}</td>
    <td>{one.kind === 'radius-server' ? said.asksOnly : said.speaksFor(one.speaksFor)}</td>
    <td>
      <State one={one} />
    </td>
    <td>{one.notAfter === null ? words.dash : formatDate(one.notAfter)}</td>
    <td className="cw-row-actions">
      <Button size="xs" variant="default" aria-label={said.openOf(one.name)} onClick={onOpen}>
        {said.open}
      </Button>
    </td>
  </tr>
);

const Ids = ({ ids, isDevices }: { readonly ids: readonly string[]; readonly isDevices: boolean }): ReactNode => (
  <p className="cw-wrap">
    {ids.length === 0 && <span className="cw-muted">{said.nobody}</span>}
    {ids.slice(0, NAMED_MAX).map((id) => (
      <span key={id}>
        {isDevices ? (
          <Link to="/devices/$id" params={{ id }}>
            {id}
          </Link>
        ) : (
          <Link to="/fleet" search={{ q: id }}>
            {id}
          </Link>
        )}{' '}
      </span>
    ))}
    {ids.length > NAMED_MAX && <span className="cw-muted">{words.andMore(ids.length - NAMED_MAX)}</span>}
  </p>
);

function Opened({ one, onClose }: { readonly one: NetworkIdentity; readonly onClose: () => void }): ReactNode {
  const [form, setForm] = useState<Form | null>(null);
  const mayManage = useRole('operator');
  const Shown = form === null ? null : FORMS[form];
  if (Shown) return <Shown one={one} onClose={() => setForm(null)} />;
  const speaks = one.kind !== 'radius-server';
  return (
    <div className="cw-stack">
      <div>
        <State one={one} />
      </div>
      {speaks ? (
        <>
          <h3 className="cw-small-head">{said.devices}</h3>
          <Ids ids={one.speaksFor.devices} isDevices />
          <h3 className="cw-small-head">{said.sites}</h3>
          <Ids ids={one.speaksFor.sites} isDevices={false} />
        </>
      ) : (
        <p className="cw-muted">{said.asksOnly}</p>
      )}
      <div className="cw-card-actions">
        {mayManage && one.state !== 'ended' && (
          <>
            {speaks && (
              <Button size="xs" variant="default" onClick={() => setForm('change')}>
                {said.change}
              </Button>
            )}
            {speaks && (
              <Button size="xs" variant="default" onClick={() => setForm('code')}>
                {said.code}
              </Button>
            )}
            <Button size="xs" variant="subtle" color="danger" onClick={() => setForm('end')}>
              {said.end}
            </Button>
          </>
        )}
        <Button size="xs" className="cw-push" onClick={onClose}>
          {words.done}
        </Button>
      </div>
    </div>
  );
}

const REGISTER = 'register';

export function NetworkList(): ReactNode {
  const networks = useAsk('listNetworks', {});
  const parties = useAsk('listParties', {}).data?.parties ?? [];
  const mayManage = useRole('operator');
  const [open, setOpen] = useState<string | null>(null);
  const close = (): void => setOpen(null);
  const one = networks.data?.networks.find(({ id }) => id === open);
  const register = (
    <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setOpen(REGISTER)}>
      {said.register}
    </Button>
  );
  return (
    <Card title={words.networks.tabs.speaking} {...(mayManage ? { aside: register } : {})}>
      <p className="cw-muted">{said.why}</p>
      <Answered query={networks} wanted={words.networks.wantedList} skeleton={<RowsSkeleton rows={3} />}>
        {(answer) =>
          answer.networks.length === 0 ? (
            <Empty icon={IconCertificate} {...said.empty} />
          ) : (
            <Table label={words.networks.tabs.speaking} columns={said.columns} wide>
              {answer.networks.map((each) => (
                <Row
                  key={each.id}
                  one={each}
                  party={parties.find(({ id }) => id === each.party)?.name ?? each.party}
                  onOpen={() => setOpen(each.id)}
                />
              ))}
            </Table>
          )
        }
      </Answered>
      {!mayManage && <p className="cw-muted cw-small">{said.noRole}</p>}
      <Modal
        opened={open === REGISTER || one !== undefined}
        onClose={close}
        size="lg"
        title={one?.name ?? said.register}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open === REGISTER && !one && <RegisterForm onClose={close} />}
        {one && <Opened key={one.id} one={one} onClose={close} />}
      </Modal>
    </Card>
  );
}
