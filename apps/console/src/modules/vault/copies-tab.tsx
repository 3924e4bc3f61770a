/** Where the copies of one record lie, and the records that are sealed until the law lets them go. */
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
import { ShortId } from './desk-parts.tsx';
import type { Desk } from './use-desk.ts';

const said = words.copying;
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

function Copies({ record }: { readonly record: string }): ReactNode {
  const found = useAsk('listRecordCopies', { params: { id: record } });
  return (
    <Answered query={found} wanted={said.wanted} skeleton={<RowsSkeleton rows={6} />}>
      {({ subject, category, versions, state, copies }) => (
        <div className="cw-stack">
          <Facts
            facts={[
              { term: said.facts.person, value: <Copyable value={subject} label={said.facts.person} /> },
              { term: said.facts.category, value: category },
              { term: said.facts.versions, value: versions },
              { term: said.facts.state, value: words.desk.lifeStates[state] },
            ]}
          />
          <Table label={said.openCopiesOf(record)} columns={said.columns} wide>
            {copies.map((copy) => (
              <CopyRow key={copy.id} copy={copy} />
            ))}
          </Table>
        </div>
      )}
    </Answered>
  );
}

function Search(): ReactNode {
  const { item } = useUrl();
  const setUrl = useSetUrl();
  const [typed, setTyped] = useState(item ?? '');
  return (
    <form
      className="cw-toolbar"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        setUrl({ item: typed.trim() });
      }}
    >
      <TextInput
        label={said.label}
        value={typed}
        maxLength={ID_MAX}
        className="cw-grow"
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Button type="submit" className="cw-end" leftSection={<IconSearch size={16} aria-hidden />}>
        {said.look}
      </Button>
    </form>
  );
}

function WaitingRow({ one }: { readonly one: WaitingRecord }): ReactNode {
  const setUrl = useSetUrl();
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
        <Button
          size="compact-sm"
          variant="default"
          aria-label={said.openCopiesOf(one.record)}
          onClick={() => setUrl({ item: one.record })}
        >
          {said.openCopies}
        </Button>
      </td>
    </tr>
  );
}

const Sealed = ({ records }: Pick<Desk, 'records'>): ReactNode => (
  <Card title={said.waiting}>
    <Answered query={records} wanted={words.desk.wanted} skeleton={<CardSkeleton height={120} />}>
      {({ records: all }) =>
        all.length === 0 ? (
          <p className="cw-muted">{said.waitingNone}</p>
        ) : (
          <Table label={said.waiting} columns={said.waitingColumns} wide>
            {all.map((one) => (
              <WaitingRow key={one.record} one={one} />
            ))}
          </Table>
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
          <p className="cw-muted">{said.lead}</p>
          <Search key={item} />
          {item === undefined ? <Empty icon={IconSearch} {...said.none} /> : <Copies record={item} />}
        </div>
      </Card>
      {desk.isOfficer && <Sealed records={desk.records} />}
    </div>
  );
}
