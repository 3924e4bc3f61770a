/** The queue: everything that waits for an officer, what is due first, first. */
import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { words } from '../../words/en-GB.ts';
import { useNow } from '../../live/hooks.ts';
import { useSession } from '../../frame/session.ts';
import {
  IconCheck,
  IconCloud,
  IconFirstAidKit,
  IconGavel,
  IconHourglass,
  IconLock,
  IconLockOpen,
  IconMail,
  IconSend,
  IconSignature,
  IconTrash,
  IconUsers,
} from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Held } from '../../ui/time.tsx';
import { DaysLeft, ShortId } from './desk-parts.tsx';
import { countDue, dueOf, isCut, type DeskAnswers, type Due, type DueKind } from './due.ts';
import type { Desk } from './use-desk.ts';
import type { Icon } from '../../ui/states.ts';

const said = words.desk;
const ICONS: Readonly<Record<DueKind, Icon>> = {
  request: IconMail,
  emergency: IconFirstAidKit,
  life: IconUsers,
  hold: IconGavel,
  lift: IconLockOpen,
  unsealing: IconLock,
  export: IconCloud,
  certify: IconSignature,
  copies: IconTrash,
  record: IconHourglass,
  receipt: IconSend,
};

function Row({ one }: { readonly one: Due }): ReactNode {
  const Sign = ICONS[one.kind];
  return (
    <li>
      <Link to="/desk" search={{ tab: one.tab, item: one.id }} className="cw-inbox-item">
        <span className="cw-meta">
          <Sign size={18} stroke={1.7} aria-hidden />
          <span className="cw-inbox-title">{said.due.kinds[one.kind]}</span>
          {one.first && (
            <span className="cw-badge" data-state="watched">
              {said.due.first}
            </span>
          )}
          <span className="cw-push">{one.by !== null && <DaysLeft by={one.by} />}</span>
        </span>
        <span className="cw-muted cw-small">
          {said.facts.about} <ShortId id={one.about} /> · {said.due.waits} <Held since={one.since} />
        </span>
      </Link>
    </li>
  );
}

const Tasks = ({ label, all }: { readonly label: string; readonly all: readonly Due[] }): ReactNode => (
  <ul className="cw-inbox-list cw-wide-list" aria-label={label}>
    {all.map((one) => (
      <Row key={`${one.kind} ${one.id}`} one={one} />
    ))}
  </ul>
);

const Queue = ({ all }: { readonly all: readonly Due[] }): ReactNode => {
  const [mine, others] = [all.filter(({ isOwn }) => !isOwn), all.filter(({ isOwn }) => isOwn)];
  return (
    <>
      <Card title={said.due.forYou}>
        {mine.length === 0 ? (
          <p className="cw-muted">{said.due.nothingForYou}</p>
        ) : (
          <Tasks label={said.due.forYou} all={mine} />
        )}
      </Card>
      {others.length > 0 && (
        <Card title={said.due.others}>
          <p className="cw-muted cw-small">{said.due.othersWhy}</p>
          <Tasks label={said.due.others} all={others} />
        </Card>
      )}
    </>
  );
};

export function DueTab({ desk }: { readonly desk: Desk }): ReactNode {
  const { me } = useSession();
  const now = useNow(60_000);
  const { requests, glasses, proposals, records, holds, unsealings, exports, destructions, recipients, vault } = desk;
  const lists = [requests, glasses, proposals, records, holds, unsealings, exports, destructions, recipients];
  const failed = lists.find(({ error, data }) => error !== null && data === undefined);
  if (lists.every(({ data }) => data === undefined) && !failed) return <CardSkeleton height={260} />;
  const answers: DeskAnswers = {
    requests: requests.data?.requests,
    glasses: glasses.data?.glasses,
    proposals: proposals.data?.proposals,
    holds: holds.data?.holds,
    unsealings: unsealings.data?.unsealings,
    exports: exports.data?.exports,
    destructions: destructions.data?.destructions,
    records: records.data?.records,
    recipients: recipients.data?.requests,
  };
  const all = dueOf(answers, { me: me.person, now });
  const { late, week } = countDue(all, now);
  return (
    <div className="cw-stack-wide">
      {vault.data?.isOpen === false && (
        <div className="cw-problem" role="alert">
          <div className="cw-problem-text">
            <strong>{said.due.closed}</strong>
            <p>{vault.data.gate}</p>
          </div>
        </div>
      )}
      <div className="cw-lead" role="status">
        <p>{said.due.lead(late, week)}</p>
        {isCut(answers) && <p>{said.due.atLeast}</p>}
        {records.data && <p>{said.due.sealed(records.data.sealed, records.data.due)}</p>}
      </div>
      {failed?.error && <ProblemNote error={failed.error} wanted={said.wanted} retry={() => void failed.refetch()} />}
      {all.length > 0 && <Queue all={all} />}
      {all.length === 0 && !failed && (
        <Card>
          <Empty icon={IconCheck} {...said.due.empty} />
        </Card>
      )}
    </div>
  );
}
