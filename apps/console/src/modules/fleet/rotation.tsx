/** Rotation: how old credentials and certificates are, the change that renews them in bulk, and how far each such change is. */
import { useState, type ReactNode } from 'react';
import { Button, Modal, Switch } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Change, Rotation } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { Answered } from '../../ui/answered.tsx';
import { formatCount, formatDate } from '../../ui/format.ts';
import { IconKey } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { ChangeProgress, ChangeState, useChangeNow } from './change-state.tsx';

const said = words.rotation;
/** Ages come with time and with what devices report, of which no event tells. */
const REFRESH_MS = 15_000;
type Row = Rotation['rows'][number];

const dueOf = ({ unknown, overdue, soon }: Row): number => unknown + overdue + soon;

function PlanForm({ row, onClose }: { readonly row: Row; readonly onClose: () => void }): ReactNode {
  const [dueOnly, setDueOnly] = useState(dueOf(row) > 0);
  const act = useAct('addRotation', { refresh: ['getRotation', 'listChanges'] });
  const count = dueOnly ? dueOf(row) : row.devices;
  if (act.data)
    return (
      <div className="cw-stack" role="status">
        <p>{said.planned(act.data.changes.length)}</p>
        <ul className="cw-plain-list">
          {act.data.changes.map(({ id, title }) => (
            <li key={id}>
              <Link to="/changes/$id" params={{ id }}>
                {title}
              </Link>
            </li>
          ))}
        </ul>
        <div className="cw-form-actions">
          <Button onClick={onClose}>{words.done}</Button>
        </div>
      </div>
    );
  const submit = (): void =>
    act.mutate({ body: { what: row.what, selection: { classes: [row.class], sites: [], devices: [] }, dueOnly } });
  const say = { effect: said.effects[row.what], yes: said.planYes(count), wanted: said.wantedPlan };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} disabled={count === 0}>
      <Switch
        label={said.dueOnly}
        description={said.dueOnlyHint}
        checked={dueOnly}
        onChange={(event) => setDueOnly(event.currentTarget.checked)}
      />
    </ActForm>
  );
}

const titleOf = (row: Row): string => said.planOf(said.what[row.what], words.classes[row.class].many);

interface AgesProps {
  readonly rows: readonly Row[];
  readonly onPlan: ((row: Row) => void) | null;
}
const Ages = ({ rows, onPlan }: AgesProps): ReactNode => (
  <Card title={said.ages}>
    <p className="cw-muted">{said.agesWhy}</p>
    <Table label={said.ages} columns={said.columns} texts={1} wide>
      {rows.map((row) => (
        <tr key={`${row.what} ${row.class}`}>
          <th scope="row">
            {said.what[row.what]}
            <span className="cw-block cw-muted cw-small">{words.classes[row.class].many}</span>
          </th>
          <td className="cw-num">{formatCount(row.devices)}</td>
          <td className="cw-num">{row.overdue > 0 ? <strong>{formatCount(row.overdue)}</strong> : 0}</td>
          <td className="cw-num">{formatCount(row.soon)}</td>
          <td className="cw-num">{formatCount(row.unknown)}</td>
          <td className="cw-num">{row.oldest === null ? words.dash : formatDate(row.oldest)}</td>
          <td className="cw-row-actions">
            {onPlan && (
              <Button size="xs" variant="default" aria-label={titleOf(row)} onClick={() => onPlan(row)}>
                {said.plan}
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  </Card>
);

/** Asked only where something failed. */
function Failures({ id }: { readonly id: string }): ReactNode {
  const detail = useAsk('getChange', { params: { id } }, { refreshMs: REFRESH_MS });
  return (
    <ul className="cw-small">
      {(detail.data?.failures ?? []).map(({ outcome, part, attempts }) => (
        <li key={`${outcome} ${part}`}>
          {words.change.outcomes[outcome]}: {formatCount(attempts)}
        </li>
      ))}
    </ul>
  );
}

function Job({ change, answeredAt }: { readonly change: Change; readonly answeredAt: number }): ReactNode {
  const now = useChangeNow(change, answeredAt);
  return (
    <tr>
      <th scope="row">
        <Link to="/changes/$id" params={{ id: change.id }}>
          {change.title}
        </Link>
        <span className="cw-block cw-muted cw-small">
          {said.plannedAt} <Moment at={change.planned.at} />
        </span>
      </th>
      <td>
        <ChangeState state={now.state} />
        <span className="cw-block cw-muted cw-small">{change.words}</span>
      </td>
      <td>
        <ChangeProgress now={now} />
      </td>
      <td>{now.failed > 0 ? <Failures id={change.id} /> : <span className="cw-muted">{words.none}</span>}</td>
    </tr>
  );
}

interface JobsProps {
  readonly changes: readonly Change[];
  readonly answeredAt: number;
}
const Jobs = ({ changes, answeredAt }: JobsProps): ReactNode => (
  <Card title={said.jobs}>
    {changes.length === 0 ? (
      <p className="cw-muted">{said.noJobs}</p>
    ) : (
      <Table label={said.jobs} columns={said.jobColumns} wide>
        {changes.map((change) => (
          <Job key={change.id} change={change} answeredAt={answeredAt} />
        ))}
      </Table>
    )}
  </Card>
);

const NextRows = ({ devices }: Pick<Rotation, 'devices'>): ReactNode => (
  <Table label={said.next} columns={said.nextColumns} tall>
    {devices.map(({ device, what, since, due, change }) => (
      <tr key={`${device} ${what}`}>
        <th scope="row">
          <Link to="/devices/$id" params={{ id: device }}>
            {device}
          </Link>
        </th>
        <td>{said.what[what]}</td>
        <td>{due === null ? words.notKnown : formatDate(due)}</td>
        <td>
          {since === null ? <span className="cw-muted">{words.notKnown}</span> : formatDate(since)}
          {change !== null && (
            <span className="cw-block cw-small">
              <Link to="/changes/$id" params={{ id: change }}>
                {said.by}
              </Link>
            </span>
          )}
        </td>
      </tr>
    ))}
  </Table>
);

const More = ({ onMore }: { readonly onMore: () => void }): ReactNode => (
  <div>
    <Button variant="default" onClick={onMore}>
      {said.more}
    </Button>
  </div>
);

interface FurtherProps {
  readonly after: string;
  readonly onMore: ((next: string) => void) | null;
}
/** A page after the first, and under it the way to the next while it is the last. */
function Further({ after, onMore }: FurtherProps): ReactNode {
  const page = useAsk('getRotation', { query: { after } }, { refreshMs: REFRESH_MS });
  return (
    <Answered query={page} wanted={said.wanted} skeleton={<RowsSkeleton rows={4} />}>
      {({ devices, next }) => (
        <>
          {devices.length > 0 && <NextRows devices={devices} />}
          {next !== null && onMore && <More onMore={() => onMore(next)} />}
        </>
      )}
    </Answered>
  );
}

function Next({ devices, next }: Pick<Rotation, 'devices' | 'next'>): ReactNode {
  const [pages, setPages] = useState<readonly string[]>([]);
  const add = (after: string): void => setPages([...pages, after]);
  return (
    <Card title={said.next}>
      <NextRows devices={devices} />
      {next !== null && pages.length === 0 && <More onMore={() => add(next)} />}
      {pages.map((after, i) => (
        <Further key={after} after={after} onMore={i === pages.length - 1 ? add : null} />
      ))}
    </Card>
  );
}

export function RotationPage(): ReactNode {
  const rotation = useAsk('getRotation', { query: {} }, { refreshMs: REFRESH_MS });
  const mayPlan = useRole('operator');
  const [open, setOpen] = useState<Row | null>(null);
  return (
    <Page title={said.title} lead={said.lead}>
      <Answered query={rotation} wanted={said.wanted} skeleton={<CardSkeleton height={260} />}>
        {({ rows, devices, next, changes }) =>
          rows.length === 0 ? (
            <Card>
              <Empty icon={IconKey} {...said.empty} />
            </Card>
          ) : (
            <div className="cw-stack-wide">
              <Ages rows={rows} onPlan={mayPlan ? setOpen : null} />
              <Jobs changes={changes} answeredAt={rotation.dataUpdatedAt} />
              <Next devices={devices} next={next} />
            </div>
          )
        }
      </Answered>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open ? titleOf(open) : ''}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {open && <PlanForm row={open} onClose={() => setOpen(null)} />}
      </Modal>
    </Page>
  );
}
