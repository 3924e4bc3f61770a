/** How a device goes: other hardware in its place, retired, stolen; each with what it touches, and why. */
import { useState, type ReactNode } from 'react';
import { Button, Modal, TextInput } from '@mantine/core';
import type { Leaving, Retirement } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Moment } from '../../ui/time.tsx';

const said = words.leaving;
const STALE = ['getLeaving', 'getIdentity', 'getDevice', 'getGate', 'listGates', 'listDevices'] as const;
type Way = 'replace' | 'retire' | 'unproven' | 'stolen';
interface FormProps {
  readonly id: string;
  readonly leaving: Leaving;
  readonly onClose: () => void;
}

const Held = ({ leaving, lead }: { readonly leaving: Leaving; readonly lead: string }): ReactNode => (
  <>
    <p>{lead}</p>
    <ul>
      {leaving.held.words.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  </>
);

function ReplaceForm({ id, leaving, onClose }: FormProps): ReactNode {
  const [serial, setSerial] = useState('');
  const act = useAct('replaceDevice', { refresh: STALE, done: onClose });
  const hardware = { serial: serial.trim(), mac: null, model: leaving.hardware.model, firmware: null };
  return (
    <div className="cw-stack">
      <TextInput
        required
        label={said.serial}
        maxLength={64}
        value={serial}
        onChange={(event) => setSerial(event.currentTarget.value)}
      />
      <ReasonForm
        act={said.acts.replace(id)}
        wanted={said.wanted}
        effect={<p>{said.replaceEffect}</p>}
        danger
        busy={act.isPending}
        error={act.error}
        onSubmit={(reason) => hardware.serial !== '' && act.mutate({ params: { id }, body: { hardware, reason } })}
        onCancel={onClose}
      />
    </div>
  );
}

function RetireForm({ id, leaving, onClose, wipe }: FormProps & { readonly wipe: boolean }): ReactNode {
  const act = useAct('retireDevice', { refresh: STALE, done: onClose });
  const { gateway } = leaving.wipe;
  const wipeLead = gateway === null ? said.retireEffect : said.retireByGateway(gateway);
  return (
    <ReasonForm
      act={wipe ? said.acts.retire(id) : said.acts.unproven(id)}
      wanted={said.wanted}
      effect={<Held leaving={leaving} lead={wipe ? wipeLead : said.unprovenEffect(leaving.wipe.why)} />}
      danger
      busy={act.isPending}
      error={act.error}
      onSubmit={(reason) => act.mutate({ params: { id }, body: { reason, wipe } })}
      onCancel={onClose}
    />
  );
}

function StolenForm({ id, leaving, onClose }: FormProps): ReactNode {
  const act = useAct('reportStolen', { refresh: STALE, done: onClose });
  return (
    <ReasonForm
      act={said.acts.stolen(id)}
      wanted={said.wanted}
      effect={<Held leaving={leaving} lead={said.stolenEffect} />}
      danger
      busy={act.isPending}
      error={act.error}
      onSubmit={(reason) => act.mutate({ params: { id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

/** Item by item, in words: a colour alone would not say it. */
const ErasedList = ({ retirement }: { readonly retirement: Retirement }): ReactNode => (
  <div>
    <p className="cw-muted">{said.erasedTitle(retirement.reportedBy ?? retirement.device)}</p>
    <ul>
      {retirement.erased.map(({ item, state, reason }) => (
        <li key={item}>
          {said.erasedItem[item]}: <strong>{said.erasedState[state]}</strong>
          {reason !== null && ` (${reason})`}
        </li>
      ))}
    </ul>
  </div>
);

const Standing = ({ leaving }: { readonly leaving: Leaving }): ReactNode => {
  const { theft, retirement, replacements } = leaving;
  const [last] = replacements;
  return (
    <div className="cw-stack">
      {theft !== null && (
        <div className="cw-error">
          <p>
            {said.stolenSince} <Moment at={theft.at} />. {theft.reason}
          </p>
          {theft.last !== null && (
            <p>
              {said.seen(theft.seen)} <Moment at={theft.last.at} />
            </p>
          )}
        </div>
      )}
      {retirement !== null && (
        <p>
          {said.retirement[retirement.wiped ?? 'waiting']} {retirement.why}.
        </p>
      )}
      {retirement !== null && retirement.erased.length > 0 && <ErasedList retirement={retirement} />}
      {last && (
        <p>
          {said.replaced(last.before.serial ?? said.noSerial)} <Moment at={last.at} />. {said.replacement[last.state]}
        </p>
      )}
      {theft === null && retirement === null && !last && <p className="cw-muted">{said.here}</p>}
    </div>
  );
};

export function LeavingCard({ id }: { readonly id: string }): ReactNode {
  const leaving = useAsk('getLeaving', { params: { id } });
  const mayAct = useRole('operator');
  const [open, setOpen] = useState<Way | null>(null);
  const close = (): void => setOpen(null);
  const gone = leaving.data?.retirement != null;
  const canWipe = leaving.data?.wipe.possible ?? false;
  const props = leaving.data && { id, leaving: leaving.data, onClose: close };
  return (
    <Card title={said.title}>
      <Answered query={leaving} wanted={said.wantedShown} skeleton={<RowsSkeleton rows={2} />}>
        {(answer) => <Standing leaving={answer} />}
      </Answered>
      {mayAct && props && !gone && (
        <div className="cw-card-actions">
          {(['replace', canWipe ? 'retire' : 'unproven', 'stolen'] as const).map((way) => (
            <Button key={way} size="xs" variant="default" onClick={() => setOpen(way)}>
              {said.buttons[way]}
            </Button>
          ))}
        </div>
      )}
      <Modal
        opened={open !== null}
        onClose={close}
        title={open ? said.acts[open](id) : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {props && open === 'replace' && <ReplaceForm {...props} />}
        {props && (open === 'retire' || open === 'unproven') && <RetireForm {...props} wipe={open === 'retire'} />}
        {props && open === 'stolen' && <StolenForm {...props} />}
      </Modal>
    </Card>
  );
}
