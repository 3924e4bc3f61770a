/** Orders a destruction in two steps: whose and what is held, then why; and says what became of each record. */
import { useState, type ReactNode } from 'react';
import { Button, NativeSelect } from '@mantine/core';
import { ERASE_TRIGGERS, HOLDINGS_SHOWN_MAX } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import type { Answer } from '../../live/client.ts';
import { Answered } from '../../ui/answered.tsx';
import { RowsSkeleton } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Became } from './became.tsx';
import { PersonField, RecordsField } from './pickers.tsx';
import { idFault } from './use-draft.ts';

const said = words.destroying;
const RECORDS_MAX = 1_000;
type Trigger = (typeof ERASE_TRIGGERS)[number];

interface OfPerson {
  readonly subject: string;
  readonly onClose: () => void;
}

/** How many of each category; the destroyed left out. */
const countsOf = (records: Answer<'listRecords'>['records']): [string, number][] => {
  const counts = new Map<string, number>();
  for (const { category, destroyed } of records)
    if (destroyed === null) counts.set(category, (counts.get(category) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
};

const Held = ({ records }: Answer<'listRecords'>): ReactNode => {
  const counts = countsOf(records);
  if (counts.length === 0) return <p>{said.heldNone}</p>;
  return (
    <div>
      <p>
        {(records.length < HOLDINGS_SHOWN_MAX ? said.held : said.heldAtLeast)(
          counts.reduce((all, [, n]) => all + n, 0),
        )}
      </p>
      <ul className="cw-plain-list">
        {counts.map(([category, n]) => (
          <li key={category}>{said.heldOf(category, n)}</li>
        ))}
      </ul>
    </div>
  );
};

function Order({ subject, onClose }: OfPerson): ReactNode {
  const held = useAsk('listRecords', { query: { subject } });
  const [records, setRecords] = useState<string[]>([]);
  const [trigger, setTrigger] = useState<Trigger>('erasure-asked');
  const act = useAct('eraseRecords', {
    refresh: ['listDestructions', 'listRecords', 'listWaitingRecords', 'countDesk'],
  });
  if (act.data) return <Became answer={act.data} onClose={onClose} />;
  return (
    <Answered query={held} wanted={said.wantedLook} skeleton={<RowsSkeleton rows={4} />}>
      {(answer) => (
        <ReasonForm
          act={said.orderYes}
          wanted={said.wantedOrder}
          danger
          effect={
            <div className="cw-stack">
              <Held records={answer.records} />
              <p>{said.orderEffect}</p>
            </div>
          }
          fields={
            <>
              <RecordsField
                label={said.form.records}
                description={said.form.recordsHelp}
                subject={subject}
                value={records}
                max={RECORDS_MAX}
                onChange={setRecords}
              />
              <NativeSelect
                label={said.form.trigger}
                value={trigger}
                data={ERASE_TRIGGERS.map((one) => ({ value: one, label: said.triggers[one] }))}
                onChange={(event) => setTrigger(event.currentTarget.value as Trigger)}
              />
            </>
          }
          busy={act.isPending}
          error={act.error}
          onSubmit={(reason) =>
            act.mutate({ body: { subject, trigger, reason, ...(records.length > 0 ? { records } : {}) } })
          }
          onCancel={onClose}
        />
      )}
    </Answered>
  );
}

export function OrderDestruction({ onClose }: Pick<OfPerson, 'onClose'>): ReactNode {
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const [subject, setSubject] = useState<string | null>(null);
  if (subject !== null) return <Order subject={subject} onClose={onClose} />;
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (idFault(typed) === null) setSubject(typed.trim());
      }}
    >
      <PersonField
        label={words.choosing.person}
        value={typed}
        error={tried ? idFault(typed) : null}
        first
        onChange={setTyped}
      />
      <div className="cw-form-actions">
        <Button variant="default" onClick={onClose}>
          {words.cancel}
        </Button>
        <Button type="submit">{said.look}</Button>
      </div>
    </form>
  );
}
