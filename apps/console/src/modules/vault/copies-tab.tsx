/** What is held about a person, one record with its life and its copies, and the records that are sealed until the law lets them go. */
import { useState, type ReactNode } from 'react';
import { Button, TextInput } from '@mantine/core';
import type { RecordCopy, WaitingRecord } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconSearch } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Facts, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { LifeBadge, OpenButton, ShortId } from './desk-parts.tsx';
import { PersonField } from './pickers.tsx';
import { RecordActs } from './record-acts.tsx';
import { RecordsOfPerson } from './records-of-person.tsx';
import { idFault } from './use-draft.ts';
import type { Desk } from './use-desk.ts';

const said = words.copying;
const life = words.recordLife;
const ID_MAX = 64;

const standing = ({ closed, outcome }: RecordCopy): ReactNode => {
  if (outcome !== null)
    return (
      <>
        {words.desk.copyOutcomes[outcome.is]}
        {outcome.why !== '' && <span className="cw-block cw-muted cw-small">{outcome.why}</span>}
      </>
    );
  return closed === null ? said.liesThere : said.ended(closed.why);
};

const CopyRow = ({ copy }: { readonly copy: RecordCopy }): ReactNode => (
  <tr data-off={copy.closed !== null || undefined}>
    <th scope="row">
      {words.desk.copyKinds[copy.kind]}
      <span className="cw-block cw-muted cw-small cw-wrap">{copy.place}</span>
      <span className="cw-block cw-muted cw-small">{copy.basis}</span>
    </th>
    <td>{copy.custodian}</td>
    <td>
      <Moment at={copy.created} />
    </td>
    <td>{copy.expires === null ? words.dash : <Moment at={copy.expires} />}</td>
    <td>
      {copy.verified === null ? (
        said.never
      ) : (
        <>
          <Moment at={copy.verified.at} />
          <span className="cw-block cw-muted cw-small">{said.found[copy.verified.found]}</span>
        </>
      )}
    </td>
    <td>{standing(copy)}</td>
  </tr>
);

function OneRecord({ record, isOfficer }: { readonly record: string; readonly isOfficer: boolean }): ReactNode {
  const found = useAsk('listRecordCopies', { params: { id: record } });
  const setUrl = useSetUrl();
  return (
    <Answered query={found} wanted={said.wanted} skeleton={<RowsSkeleton rows={6} />}>
      {({ subject, category, versions, state, copies }) => (
        <div className="cw-stack">
          <Facts
            facts={[
              { term: life.columns[0], value: <Copyable value={record} label={life.columns[0]} /> },
              { term: said.facts.person, value: <Copyable value={subject} label={said.facts.person} /> },
              { term: said.facts.category, value: category },
              { term: said.facts.versions, value: versions },
              { term: said.facts.state, value: <LifeBadge state={state} /> },
            ]}
          />
          <p className="cw-muted">{life.states[state]}</p>
          {isOfficer && <RecordActs record={record} subject={subject} state={state} />}
          <h3 className="cw-small-head">{life.copies}</h3>
          <Table label={said.openCopiesOf(record)} columns={said.columns} wide>
            {copies.map((copy) => (
              <CopyRow key={copy.id} copy={copy} />
            ))}
          </Table>
          {isOfficer && (
            <div className="cw-card-actions">
              <Button variant="subtle" onClick={() => setUrl({ item: subject })}>
                {life.back}
              </Button>
            </div>
          )}
        </div>
      )}
    </Answered>
  );
}

const RECORD = /^rec-/;
/** By person, for officers; or one record by its id. */
function Search({ isOfficer }: { readonly isOfficer: boolean }): ReactNode {
  const { item } = useUrl();
  const setUrl = useSetUrl();
  const isRecord = item !== undefined && RECORD.test(item);
  const [person, setPerson] = useState(isRecord ? '' : (item ?? ''));
  const [record, setRecord] = useState(isRecord ? item : '');
  const [tried, setTried] = useState<'person' | 'record' | null>(null);
  const look = (what: 'person' | 'record', typed: string): void => {
    setTried(what);
    if (idFault(typed) === null) setUrl({ item: typed.trim() });
  };
  return (
    <div className={isOfficer ? 'cw-pair' : 'cw-stack'} role="search">
      {isOfficer && (
        <form
          className="cw-stack"
          onSubmit={(event) => {
            event.preventDefault();
            look('person', person);
          }}
        >
          <PersonField
            label={words.choosing.person}
            value={person}
            error={tried === 'person' ? idFault(person) : null}
            onChange={setPerson}
          />
          <div>
            <Button type="submit" leftSection={<IconSearch size={16} aria-hidden />}>
              {life.lookAll}
            </Button>
          </div>
        </form>
      )}
      <form
        className="cw-stack"
        onSubmit={(event) => {
          event.preventDefault();
          look('record', record);
        }}
      >
        <TextInput
          label={isOfficer ? life.byId : said.label}
          description={life.byIdHelp}
          value={record}
          maxLength={ID_MAX}
          error={tried === 'record' ? idFault(record) : null}
          onChange={(event) => setRecord(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" variant={isOfficer ? 'default' : 'filled'}>
            {isOfficer ? life.look : said.look}
          </Button>
        </div>
      </form>
    </div>
  );
}

function Found({ isOfficer }: { readonly isOfficer: boolean }): ReactNode {
  const { item } = useUrl();
  if (item === undefined) return <Empty icon={IconSearch} {...(isOfficer ? said.choose : said.none)} />;
  if (isOfficer && !RECORD.test(item)) return <RecordsOfPerson subject={item} />;
  return <OneRecord record={item} isOfficer={isOfficer} />;
}

function WaitingRow({ one }: { readonly one: WaitingRecord }): ReactNode {
  return (
    <tr>
      <th scope="row">
        <ShortId id={one.record} />
      </th>
      <td>
        <ShortId id={one.subject} />
      </td>
      <td>{one.category}</td>
      <td>
        {words.destroying.triggers[one.reason]}
        <span className="cw-block cw-muted cw-small">{one.clause}</span>
      </td>
      <td>{one.next === null ? words.dash : <Moment at={one.next} />}</td>
      <td>
        <OpenButton what={words.choosing.record} id={one.record} />
      </td>
    </tr>
  );
}

const Sealed = ({ records }: Pick<Desk, 'records'>): ReactNode => (
  <Card title={said.waiting}>
    <Answered query={records} wanted={words.desk.wanted} skeleton={<CardSkeleton height={120} />}>
      {({ records: all, sealed, due }) =>
        all.length === 0 ? (
          <p className="cw-muted">{said.waitingNone}</p>
        ) : (
          <div className="cw-stack">
            <Table label={said.waiting} columns={said.waitingColumns} wide>
              {all.map((one) => (
                <WaitingRow key={one.record} one={one} />
              ))}
            </Table>
            {all.length < sealed + due && (
              <p className="cw-muted cw-small">{words.andMore(sealed + due - all.length)}</p>
            )}
          </div>
        )
      }
    </Answered>
  </Card>
);

export function CopiesTab({ desk }: { readonly desk: Desk }): ReactNode {
  const { item } = useUrl();
  return (
    <div className="cw-stack-wide">
      <Card>
        <div className="cw-stack">
          <p className="cw-muted">{desk.isOfficer ? life.lead : said.lead}</p>
          <Search key={item} isOfficer={desk.isOfficer} />
          <Found isOfficer={desk.isOfficer} />
        </div>
      </Card>
      {desk.isOfficer && <Sealed records={desk.records} />}
    </div>
  );
}
