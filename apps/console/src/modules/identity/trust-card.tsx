/** How far a device, a service or a person's account is trusted now, and why: each part with its value, its reason and its age; unknown is shown as unknown. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import type { Trust, TrustComponent } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Table } from '../../ui/table.tsx';
import { Age, Moment } from '../../ui/time.tsx';

const Part = ({ part }: { readonly part: TrustComponent }): ReactNode => (
  <tr>
    <th scope="row">{words.trustKinds[part.kind]}</th>
    <td className={part.value === null ? 'cw-muted' : undefined}>{part.value ?? words.trust.unknown}</td>
    <td>
      {part.reason}
      {part.expires !== null && (
        <span className="cw-muted cw-small cw-block">
          {words.trust.until} <Moment at={part.expires} />
        </span>
      )}
    </td>
    <td>{part.since === null ? <span className="cw-muted">{words.dash}</span> : <Age at={part.since} />}</td>
  </tr>
);

const effectsOn = ({ kind }: Trust): Readonly<Record<Trust['level'], string>> =>
  kind === 'person'
    ? words.trust.effectOnPerson
    : kind === 'service'
      ? words.trust.effectOnService
      : words.trust.effect;

const Whole = ({ trust }: { readonly trust: Trust }): ReactNode => (
  <div className="cw-stack">
    <p>
      <strong>{words.trustLevels[trust.level]}</strong>
      {trust.level === 'unknown' ? '' : `: ${trust.reason}`}
    </p>
    <p className="cw-muted cw-small">{effectsOn(trust)[trust.level]}</p>
    <Table label={words.trust.title} columns={words.trust.columns}>
      {trust.components.map((part) => (
        <Part key={part.kind} part={part} />
      ))}
    </Table>
  </div>
);

interface RestoreProps {
  readonly of: Pick<Trust, 'id'> & { readonly kind: 'device' | 'service' };
  readonly onClose: () => void;
}
function RestoreForm({ of: { kind, id }, onClose }: RestoreProps): ReactNode {
  const restore = useAct(kind === 'device' ? 'restoreDeviceTrust' : 'restoreServiceTrust', {
    refresh: ['getDeviceTrust', 'getServiceTrust', 'getDevice', 'listDevices'],
    done: onClose,
  });
  const said = words.trust.takeBack[kind];
  return (
    <ReasonForm
      act={said.act}
      wanted={words.wanted.restoreTrust}
      effect={<p>{said.effect}</p>}
      suggestions={said.reasons}
      busy={restore.isPending}
      error={restore.error}
      onSubmit={(reason) => restore.mutate({ params: { id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

/** That it lied is what fleet alone says of behaviour; nothing but a person ends it before its time. */
const liedBy = (trust: Trust): boolean =>
  trust.components.some(({ kind, source, state }) => kind === 'behaviour' && source === 'fleet' && state === 'known');

export function TrustCard({ id }: { readonly id: string }): ReactNode {
  const trust = useAsk('getDeviceTrust', { params: { id } });
  const mayRestore = useRole('analyst', 'officer');
  const [open, setOpen] = useState(false);
  return (
    <Card title={words.trust.title}>
      <Answered query={trust} wanted={words.wanted.trust} skeleton={<RowsSkeleton rows={6} />}>
        {(answer) => (
          <>
            <Whole trust={answer} />
            {mayRestore && liedBy(answer) && (
              <div className="cw-card-actions">
                <Button size="xs" variant="default" onClick={() => setOpen(true)}>
                  {words.trust.takeBack.device.act}
                </Button>
              </div>
            )}
          </>
        )}
      </Answered>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={words.trust.takeBack.device.of(id)}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <RestoreForm of={{ kind: 'device', id }} onClose={() => setOpen(false)} />}
      </Modal>
    </Card>
  );
}

/** What the calls of a service showed stands for a day, however well it behaves since. */
const calledBadly = (trust: Trust): boolean =>
  trust.components.some(({ source, value }) => source === 'calls' && value !== null && value < 80);

export function ServiceTrust({ id }: { readonly id: string }): ReactNode {
  const trust = useAsk('getServiceTrust', { params: { id } });
  const mayRestore = useRole('analyst', 'officer');
  const [open, setOpen] = useState(false);
  return (
    <Answered query={trust} wanted={words.wanted.trust} skeleton={<RowsSkeleton rows={4} />}>
      {(answer) => (
        <div className="cw-stack">
          <Whole trust={answer} />
          {open && <RestoreForm of={{ kind: 'service', id }} onClose={() => setOpen(false)} />}
          {!open && mayRestore && calledBadly(answer) && (
            <div className="cw-card-actions">
              <Button size="xs" variant="default" onClick={() => setOpen(true)}>
                {words.trust.takeBack.service.act}
              </Button>
            </div>
          )}
        </div>
      )}
    </Answered>
  );
}

export function PersonTrust({ id }: { readonly id: string }): ReactNode {
  const trust = useAsk('getPersonTrust', { params: { id } });
  return (
    <Answered query={trust} wanted={words.wanted.trust} skeleton={<RowsSkeleton rows={3} />}>
      {(answer) => <Whole trust={answer} />}
    </Answered>
  );
}
