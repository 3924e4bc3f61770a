/** Networks that speak for devices: who they are, whom each may speak for, and their end. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { NetworkIdentity } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatDate } from '../../ui/format.ts';
import { IconBan, IconCertificate, IconCheck, IconHourglass } from '../../ui/icons.ts';
import { Card, Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Table } from '../../ui/table.tsx';

const said = words.enrol.networks;
const LOOK = {
  registered: ['learning', IconHourglass],
  active: ['trusted', IconCheck],
  expired: ['unknown', IconHourglass],
  held: ['quarantined', IconBan],
  revoked: ['quarantined', IconBan],
  ended: ['unknown', IconBan],
} as const;

function State({ one }: { readonly one: NetworkIdentity }): ReactNode {
  const [look, Sign] = LOOK[one.state];
  return (
    <>
      <span className="cw-badge" data-state={look}>
        <Sign size={14} stroke={2} aria-hidden />
        {said.states[one.state]}
      </span>
      {one.reason !== null && <span className="cw-block cw-muted cw-small">{one.reason}</span>}
    </>
  );
}

function EndForm({ one, onClose }: { readonly one: NetworkIdentity; readonly onClose: () => void }): ReactNode {
  const end = useAct('endNetwork', { refresh: ['listNetworks'], done: onClose });
  return (
    <ReasonForm
      act={said.endOf(one.name)}
      wanted={words.wanted.endNetwork}
      effect={<p>{said.endEffect}</p>}
      danger
      suggestions={said.reasons}
      busy={end.isPending}
      error={end.error}
      onSubmit={(reason) => end.mutate({ params: { id: one.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

interface RowProps {
  readonly one: NetworkIdentity;
  readonly onEnd: (() => void) | null;
}
const Row = ({ one, onEnd }: RowProps): ReactNode => (
  <tr data-off={one.state === 'ended' || undefined}>
    <th scope="row">
      {one.name}
      <span className="cw-block cw-muted cw-small">{one.id}</span>
    </th>
    <td>{said.kinds[one.kind]}</td>
    <td>{one.party}</td>
    <td>{one.kind === 'radius-server' ? said.asksOnly : said.speaksFor(one.speaksFor)}</td>
    <td>
      <State one={one} />
    </td>
    <td>{one.notAfter === null ? words.dash : formatDate(one.notAfter)}</td>
    <td className="cw-row-actions">
      {onEnd && one.state !== 'ended' && (
        <Button size="xs" variant="subtle" color="danger" onClick={onEnd}>
          {said.end}
        </Button>
      )}
    </td>
  </tr>
);

export function Networks(): ReactNode {
  const networks = useAsk('listNetworks', {});
  const mayEnd = useRole('operator');
  const [open, setOpen] = useState<NetworkIdentity | null>(null);
  const close = (): void => setOpen(null);
  return (
    <Card title={words.enrol.tabs.networks}>
      <p className="cw-muted">{said.why}</p>
      <Answered query={networks} wanted={words.wanted.networks} skeleton={<RowsSkeleton rows={3} />}>
        {(answer) =>
          answer.networks.length === 0 ? (
            <Empty icon={IconCertificate} {...said.empty} />
          ) : (
            <Table label={words.enrol.tabs.networks} columns={said.columns} wide>
              {answer.networks.map((one) => (
                <Row key={one.id} one={one} onEnd={mayEnd ? () => setOpen(one) : null} />
              ))}
            </Table>
          )
        }
      </Answered>
      <Modal
        opened={open !== null}
        onClose={close}
        title={open ? said.endOf(open.name) : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <EndForm one={open} onClose={close} />}
      </Modal>
    </Card>
  );
}
