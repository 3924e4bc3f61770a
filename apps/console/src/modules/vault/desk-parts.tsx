/** What every part of the records desk is made of: short ids, days left, the drawer of one task. */
import type { ComponentType, ReactNode } from 'react';
import { Button, Drawer } from '@mantine/core';
import type { LifeState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useNow } from '../../live/hooks.ts';
import { Badge } from '../../ui/badge.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { formatHash, formatMoment, formatUtc } from '../../ui/format.ts';
import { IconBan, IconCheck, IconClock, IconHourglass, IconLock, IconTrash, IconUrgent } from '../../ui/icons.ts';
import { Card, Empty } from '../../ui/parts.tsx';
import type { Icon } from '../../ui/states.ts';
import { Moment } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { daysUntil } from './due.ts';

const said = words.desk;
const DRAWER_PX = 520;
const SOON_DAYS = 3;

/** A long id for the eye; whole where the pointer rests on it. */
export const ShortId = ({ id }: { readonly id: string }): ReactNode => (
  <code title={id} className="cw-nowrap">
    {formatHash(id)}
  </code>
);

/** How many days the law leaves. */
export function DaysLeft({ by }: { readonly by: number }): ReactNode {
  const now = useNow(60_000);
  const days = daysUntil(by, now);
  const look = days < 0 ? 'suspect' : days < SOON_DAYS ? 'watched' : 'contained';
  const icon = days < 0 ? IconUrgent : days < SOON_DAYS ? IconHourglass : IconClock;
  const text = days < 0 ? said.days.late(-days - 1) : days === 0 ? said.days.today : said.days.left(days);
  return <Badge look={look} icon={icon} text={text} title={`${formatMoment(by)} · ${formatUtc(by)}`} />;
}

const LIFE_LOOK = {
  active: ['contained', IconCheck],
  restricted: ['watched', IconBan],
  sealed: ['learning', IconLock],
  due: ['watched', IconHourglass],
  'keys-destroyed': ['unknown', IconTrash],
  'copies-purged': ['unknown', IconTrash],
  closed: ['unknown', IconTrash],
} as const;
/** Where a record is in its life. */
export const LifeBadge = ({ state }: { readonly state: LifeState }): ReactNode => {
  const [look, icon] = LIFE_LOOK[state];
  return <Badge look={look} icon={icon} text={said.lifeStates[state]} />;
};

/** Opens one task in the drawer; its id stands in the address. */
export function OpenButton({ what, id }: { readonly what: string; readonly id: string }): ReactNode {
  const setUrl = useSetUrl();
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={said.openOne(what, id)}
      onClick={() => setUrl({ item: id })}
    >
      {said.open}
    </Button>
  );
}

interface Task {
  readonly id: string;
}
interface TaskListProps<T extends Task> {
  readonly tab: keyof typeof said.tabs;
  /** Where it is one of several on its part of the desk. */
  readonly title?: string;
  readonly icon: Icon;
  readonly said: {
    readonly what: string;
    readonly columns: readonly string[];
    readonly empty: { readonly title: string; readonly text: string };
  };
  readonly all: readonly T[];
  /** Of how many at most the list is; whole without it. */
  readonly max?: number;
  readonly row: ComponentType<{ readonly one: T }>;
  readonly task: ComponentType<{ readonly one: T }>;
}
/** The tasks of one part of the desk, and one of them in the drawer. */
export const TaskList = <T extends Task>({
  tab,
  title,
  icon,
  said: its,
  all,
  max,
  row: Row,
  task: Whole,
}: TaskListProps<T>): ReactNode => (
  <Card {...(title === undefined ? {} : { title })}>
    {all.length === 0 ? (
      <Empty icon={icon} {...its.empty} />
    ) : (
      <Table label={said.tabs[tab]} columns={its.columns} wide>
        {all.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </Table>
    )}
    {max !== undefined && all.length >= max && <p className="cw-muted cw-small">{said.cut(max)}</p>}
    <TaskDrawer title={its.what} all={all} task={Whole} />
  </Card>
);

type DrawerProps<T extends Task> = Pick<TaskListProps<T>, 'all' | 'task'> & { readonly title: string };
/** One task on the right, without losing the list. */
function TaskDrawer<T extends Task>({ title, all, task: Whole }: DrawerProps<T>): ReactNode {
  const { item } = useUrl();
  const setUrl = useSetUrl();
  const one = all.find(({ id }) => id === item);
  return (
    <Drawer
      opened={item !== undefined}
      onClose={() => setUrl({ item: null })}
      title={title}
      size={DRAWER_PX}
      closeButtonProps={{ 'aria-label': words.close }}
      overlayProps={{ opacity: 0.2 }}
    >
      {item !== undefined && (
        <div className="cw-stack" key={item}>
          {one === undefined ? <p>{said.gone}</p> : <Whole one={one} />}
        </div>
      )}
    </Drawer>
  );
}

/** How an officer reads a paper: never on this page. */
export const Paper = ({ record }: { readonly record: string }): ReactNode => (
  <>
    <Copyable value={record} label={said.facts.paper} />
    <span className="cw-block cw-muted cw-small">{said.paperHelp}</span>
    <Copyable value={said.readCommand(record)} label={words.verify.commandName} />
  </>
);

/** Who did something, and when. */
export const ByAt = ({ by, at }: { readonly by: string; readonly at: number }): ReactNode => (
  <>
    {by}, <Moment at={at} />
  </>
);

/** The acts of a task, or why this person has none. */
export const Acts = ({ why, children }: { readonly why: string | null; readonly children: ReactNode }): ReactNode =>
  why === null ? <div className="cw-card-actions">{children}</div> : <p className="cw-muted">{why}</p>;
