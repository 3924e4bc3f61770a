/** Unknown devices that asked to be let in: what was seen of each, what is wrong, what to do. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Discovery } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { formatCount, formatHash } from '../../ui/format.ts';
import { IconBan, IconRadar2 } from '../../ui/icons.ts';
import { Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Age, Brief } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';

const said = words.enrol.discoveries;

const nameOf = (one: Discovery): string => one.claimed ?? one.serial ?? one.address;

function DismissForm({ one, onClose }: { readonly one: Discovery; readonly onClose: () => void }): ReactNode {
  const dismiss = useAct('dismissDiscovery', { refresh: ['listDiscoveries'], done: onClose });
  return (
    <ReasonForm
      act={said.dismissOf(nameOf(one))}
      wanted={words.wanted.dismissDiscovery}
      effect={<p>{said.dismissEffect}</p>}
      suggestions={said.reasons}
      busy={dismiss.isPending}
      error={dismiss.error}
      onSubmit={(reason) => dismiss.mutate({ params: { id: one.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

const says = (one: Discovery): readonly string[] => [
  ...(one.claimed === null ? [] : [said.claimed(one.claimed)]),
  ...(one.serial === null ? [] : [said.serial(one.serial)]),
  ...(one.maker === null ? [] : [said.maker(one.maker)]),
  ...(one.subject === null ? [] : [one.subject]),
];

interface RowProps {
  readonly one: Discovery;
  readonly onDismiss: (() => void) | null;
}
const Row = ({ one, onDismiss }: RowProps): ReactNode => (
  <tr data-off={one.state === 'dismissed' || undefined}>
    <td>
      <Age at={one.last} />
      <span className="cw-block cw-muted cw-small">
        {said.first} <Brief at={one.first} />
      </span>
    </td>
    <th scope="row">
      {said.unknown[one.why].what}
      <span className="cw-block cw-muted cw-small">{said.unknown[one.why].next}</span>
    </th>
    <td className="cw-wrap">
      {says(one).map((text) => (
        <span key={text} className="cw-block">
          {text}
        </span>
      ))}
      {says(one).length === 0 && said.nothing}
      {one.keyHash !== null && (
        <span className="cw-block cw-muted cw-small" title={one.keyHash}>
          {said.key} {formatHash(one.keyHash)}
        </span>
      )}
    </td>
    <td>
      <code>{one.address}</code>
      <span className="cw-block cw-muted cw-small">{words.enrol.waiting.ways[one.way]}</span>
    </td>
    <td className="cw-num">{formatCount(one.times)}</td>
    <td className="cw-row-actions">
      {one.state === 'dismissed' ? (
        <span className="cw-muted">{said.aside}</span>
      ) : (
        <>
          <Badge look="quarantined" icon={IconBan} text={said.quarantined} />
          {onDismiss && (
            <Button size="xs" variant="default" onClick={onDismiss}>
              {said.dismiss}
            </Button>
          )}
        </>
      )}
    </td>
  </tr>
);

const Whole = ({
  rows,
  onDismiss,
}: {
  readonly rows: readonly Discovery[];
  readonly onDismiss: ((one: Discovery) => void) | null;
}): ReactNode => (
  <Table label={words.enrol.tabs.discoveries} columns={said.columns} wide>
    {rows.map((one) => (
      <Row key={one.id} one={one} onDismiss={onDismiss && (() => onDismiss(one))} />
    ))}
  </Table>
);

export function Discoveries(): ReactNode {
  const discoveries = useAsk('listDiscoveries', {});
  const mayJudge = useRole('operator', 'officer');
  const [open, setOpen] = useState<Discovery | null>(null);
  const close = (): void => setOpen(null);
  return (
    <div className="cw-card cw-card-flush">
      <Answered query={discoveries} wanted={words.wanted.discoveries} skeleton={<RowsSkeleton rows={4} height={28} />}>
        {(answer) =>
          answer.discoveries.length === 0 ? (
            <Empty icon={IconRadar2} {...said.empty} action={<Link to="/import">{said.importLink}</Link>} />
          ) : (
            <Whole rows={answer.discoveries} onDismiss={mayJudge ? setOpen : null} />
          )
        }
      </Answered>
      <Modal
        opened={open !== null}
        onClose={close}
        title={open ? said.dismissOf(nameOf(open)) : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <DismissForm one={open} onClose={close} />}
      </Modal>
    </div>
  );
}
