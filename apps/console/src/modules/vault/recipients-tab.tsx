/** What whoever has copies outside the city was asked to delete, and whether they answered. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { RECIPIENT_REQUESTS_SHOWN_MAX, type RecipientRequestShown } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { client } from '../../live/live.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconAlertTriangle, IconBan, IconCheck, IconDownload, IconHourglass, IconMail } from '../../ui/icons.ts';
import { CardSkeleton, Facts } from '../../ui/parts.tsx';
import { Moment } from '../../ui/time.tsx';
import { Acts, DaysLeft, OpenButton, ShortId, TaskList } from './desk-parts.tsx';
import { waitsForReceipt } from './due.ts';
import { ReceiptForm } from './receipt-form.tsx';
import { RecipientsKnown } from './recipients-known.tsx';
import type { Desk } from './use-desk.ts';

const said = words.receiving;
const facts = words.desk.facts;
const LOOK = {
  asked: ['watched', IconHourglass],
  reminded: ['watched', IconMail],
  silent: ['suspect', IconAlertTriangle],
  deleted: ['contained', IconCheck],
  kept: ['unknown', IconBan],
} as const;

const AskState = ({ state }: Pick<RecipientRequestShown, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};

function Acting({ one }: { readonly one: RecipientRequestShown }): ReactNode {
  const isOfficer = useRole('officer');
  const [hands, setHands] = useState(false);
  if (hands) return <ReceiptForm one={one} onClose={() => setHands(false)} />;
  return (
    <>
      <p className="cw-muted">{said.how}</p>
      <Acts why={null}>
        {isOfficer && <Button onClick={() => setHands(true)}>{words.keeping.receipt}</Button>}
        <Button
          component="a"
          variant="default"
          href={client.url('getRecipientRequest', { params: { id: one.id } })}
          download={`${one.id}.json`}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {said.file}
        </Button>
      </Acts>
    </>
  );
}

const One = ({ one }: { readonly one: RecipientRequestShown }): ReactNode => (
  <>
    <p className="cw-drawer-name">{one.recipient}</p>
    <Facts
      facts={[
        { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
        { term: facts.about, value: <Copyable value={one.subject} label={facts.about} /> },
        { term: facts.state, value: <AskState state={one.state} /> },
        { term: said.facts.ask, value: said.asks[one.ask] },
        { term: said.facts.copy, value: <Copyable value={one.copy} label={said.facts.copy} /> },
        { term: said.facts.versions, value: one.versions },
        { term: said.facts.asked, value: <Moment at={one.at} /> },
        { term: said.facts.by, value: <Moment at={one.answerBy} /> },
        { term: said.facts.sent, value: one.tries === 0 ? said.byHand : said.tries(one.tries) },
        ...(one.nextTry === null ? [] : [{ term: said.facts.nextTry, value: <Moment at={one.nextTry} /> }]),
        ...(one.fault === null ? [] : [{ term: said.facts.fault, value: one.fault }]),
        ...(one.answeredAt === null ? [] : [{ term: said.facts.answered, value: <Moment at={one.answeredAt} /> }]),
      ]}
    />
    {waitsForReceipt(one) && <Acting one={one} />}
  </>
);

const Row = ({ one }: { readonly one: RecipientRequestShown }): ReactNode => (
  <tr>
    <th scope="row">{one.recipient}</th>
    <td>
      <ShortId id={one.subject} />
    </td>
    <td>
      <Moment at={one.at} />
    </td>
    <td>{waitsForReceipt(one) ? <DaysLeft by={one.answerBy} /> : words.dash}</td>
    <td>
      <AskState state={one.state} />
    </td>
    <td>
      <OpenButton what={said.what} id={one.id} />
    </td>
  </tr>
);

export const RecipientsTab = ({ desk: { recipients, counts } }: { readonly desk: Desk }): ReactNode => (
  <div className="cw-stack">
    {counts.data !== undefined && counts.data.silent > 0 && (
      <p role="status">{words.keeping.silentLead(counts.data.silent)}</p>
    )}
    <Answered query={recipients} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
      {({ requests: all }) => (
        <TaskList
          {...{ tab: 'recipients', icon: IconMail, said, all, row: Row, task: One }}
          title={words.keeping.asks}
          max={RECIPIENT_REQUESTS_SHOWN_MAX}
        />
      )}
    </Answered>
    <RecipientsKnown />
  </div>
);
