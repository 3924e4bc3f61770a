/** A visitor's own page: what they may do and until when, what waits, how the last access ended, and asking anew. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { EndpointAnswer, TemporaryAccess, api } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconDoorEnter, IconUserPlus } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Facts, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Table } from '../../ui/table.tsx';
import { AccessForm } from './access-form.tsx';
import { AccessState, endingOf, isOpen, Span, termsOf, Where } from './access-parts.tsx';

const said = words.visit;
/** The stream tells of each answer; this is for when it is away. */
const REFRESH_MS = 10_000;

type Open = { readonly form: 'ask' } | { readonly form: 'end'; readonly one: TemporaryAccess };

function Devices(): ReactNode {
  const mine = useAsk('myDevices', {});
  return (
    <Answered query={mine} wanted={words.wanted.fleet} skeleton={<RowsSkeleton rows={3} />}>
      {({ total, devices }: EndpointAnswer<typeof api.myDevices>) =>
        total === 0 ? (
          <p className="cw-muted">{said.noDevices}</p>
        ) : (
          <>
            <Table label={said.devicesTitle} columns={said.deviceColumns} tall live>
              {devices.map((one) => (
                <tr key={one.id}>
                  <th scope="row">
                    <Link to="/devices/$id" params={{ id: one.id }}>
                      {one.name}
                    </Link>
                    <span className="cw-muted cw-small cw-block">{one.id}</span>
                  </th>
                  <td>{words.classes[one.class].one}</td>
                  <td>{one.site?.name ?? words.notKnown}</td>
                  <td>
                    <StateBadge state={one.state} />
                  </td>
                </tr>
              ))}
            </Table>
            {total > devices.length && <p className="cw-muted cw-small">{said.more(total - devices.length)}</p>}
          </>
        )
      }
    </Answered>
  );
}

const TITLE = { asked: said.waitingTitle, approved: said.agreedTitle, running: said.runningTitle } as const;

interface OneProps {
  readonly one: TemporaryAccess;
  readonly onEnd: () => void;
}
const Current = ({ one, onEnd }: OneProps): ReactNode => (
  <Card title={TITLE[one.state as keyof typeof TITLE]} aside={<AccessState state={one.state} />}>
    {one.state === 'asked' && <p role="status">{said.waitingText}</p>}
    <Facts facts={termsOf(one, one.state === 'running')} />
    <div className="cw-card-actions">
      <Button variant="default" onClick={onEnd}>
        {one.state === 'running' ? said.giveBack : said.withdraw}
      </Button>
    </div>
  </Card>
);

/** What became of the last one, when none is open. */
function Last({ one }: { readonly one: TemporaryAccess }): ReactNode {
  const title =
    one.state === 'refused'
      ? said.refusedTitle
      : one.state === 'lapsed'
        ? said.lapsedTitle
        : said.endedTitle(one.ended ? words.access.ends[one.ended.why].toLowerCase() : '');
  const reason = one.state === 'refused' ? one.judged?.reason : one.ended?.why === 'time' ? null : one.ended?.reason;
  return (
    <Card title={title} aside={<AccessState state={one.state} />}>
      {reason && (
        <p>
          {said.city}: {reason}
        </p>
      )}
      <p className="cw-muted">
        {words.access.as[one.role]}, <Where of={one} linked={false} />, <Span one={one} />
      </p>
    </Card>
  );
}

const History = ({ rows }: { readonly rows: readonly TemporaryAccess[] }): ReactNode =>
  rows.length === 0 ? null : (
    <Card title={said.history}>
      <Table label={said.history} columns={said.columns}>
        {rows.map((one) => (
          <tr key={one.id}>
            <th scope="row">{words.access.as[one.role]}</th>
            <td>
              <Where of={one} linked={false} />
            </td>
            <td>
              <Span one={one} />
            </td>
            <td>{endingOf(one)}</td>
          </tr>
        ))}
      </Table>
    </Card>
  );

function EndForm({ one, onClose }: { readonly one: TemporaryAccess; readonly onClose: () => void }): ReactNode {
  const end = useAct('endAccess', { refresh: ['myAccess', 'getSession'], done: onClose });
  const runs = one.state === 'running';
  return (
    <ReasonForm
      act={runs ? said.giveBack : said.withdraw}
      wanted={words.wanted.endAccess}
      effect={<p>{runs ? said.giveBackEffect : said.withdrawEffect}</p>}
      suggestions={runs ? said.giveBackReasons : said.withdrawReasons}
      busy={end.isPending}
      error={end.error}
      onSubmit={(reason) => end.mutate({ params: { id: one.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

/** What can be used comes first. */
const ORDER: readonly TemporaryAccess['state'][] = ['running', 'approved', 'asked'];

interface WholeProps {
  readonly access: readonly TemporaryAccess[];
  readonly onOpen: (open: Open) => void;
}
function Whole({ access, onOpen }: WholeProps): ReactNode {
  const open = access.filter(isOpen).sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const [last, ...before] = access.filter((one) => !isOpen(one));
  const showsLast = open.length === 0 && last !== undefined;
  return (
    <div className="cw-stack-wide">
      {showsLast && <Last one={last} />}
      {open.length === 0 && (
        <Card>
          <Empty
            icon={IconDoorEnter}
            {...said.nothing}
            action={<Button onClick={() => onOpen({ form: 'ask' })}>{words.access.ask}</Button>}
          />
        </Card>
      )}
      {open.some(({ state }) => state === 'running') && (
        <Card title={said.devicesTitle}>
          <Devices />
        </Card>
      )}
      {open.map((one) => (
        <Current key={one.id} one={one} onEnd={() => onOpen({ form: 'end', one })} />
      ))}
      <History rows={showsLast || last === undefined ? before : [last, ...before]} />
      <p className="cw-muted cw-small">{said.recorded}</p>
    </div>
  );
}

export function VisitPage(): ReactNode {
  const { me } = useSession();
  const access = useAsk('myAccess', {}, { refreshMs: REFRESH_MS });
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => setOpen(null);
  return (
    <Page
      title={said.title}
      lead={`${said.now(me.handle)}. ${said.lead}`}
      actions={
        <Button
          variant="default"
          leftSection={<IconUserPlus size={16} aria-hidden />}
          onClick={() => setOpen({ form: 'ask' })}
        >
          {words.access.ask}
        </Button>
      }
    >
      <Answered query={access} wanted={words.wanted.access} skeleton={<CardSkeleton height={240} />}>
        {(answer) => <Whole access={answer.access} onOpen={setOpen} />}
      </Answered>
      <Modal
        opened={open !== null}
        onClose={close}
        size={open?.form === 'ask' ? 'lg' : 'md'}
        title={
          open === null
            ? ''
            : open.form === 'ask'
              ? words.access.ask
              : open.one.state === 'running'
                ? said.giveBack
                : said.withdraw
        }
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open?.form === 'ask' && <AccessForm people={null} onClose={close} />}
        {open?.form === 'end' && <EndForm one={open.one} onClose={close} />}
      </Modal>
    </Page>
  );
}
