/** What is held about one person: each record, its category, where it is in its life. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { HOLDINGS_SHOWN_MAX, type HeldRecord, type LifeState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl } from '../../frame/url.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconSearch } from '../../ui/icons.ts';
import { Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { LifeBadge, ShortId } from './desk-parts.tsx';
import { useHeld } from './pickers.tsx';

const said = words.recordLife;

function Row({ one, state }: { readonly one: HeldRecord; readonly state: LifeState }): ReactNode {
  const setUrl = useSetUrl();
  return (
    <tr data-off={one.destroyed !== null || undefined}>
      <th scope="row">
        <ShortId id={one.id} />
      </th>
      <td>{one.category}</td>
      <td>
        <Moment at={one.versions.at(-1)?.at ?? 0} />
      </td>
      <td>{one.destroyed === null ? <LifeBadge state={state} /> : said.destroyed}</td>
      <td>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={said.openOne(one.id)}
          onClick={() => setUrl({ item: one.id })}
        >
          {said.open}
        </Button>
      </td>
    </tr>
  );
}

export function RecordsOfPerson({ subject }: { readonly subject: string }): ReactNode {
  const { held, lives, isCut } = useHeld(subject);
  const states = new Map(lives.data?.lives.map(({ record, state }) => [record as string, state]));
  return (
    <Answered query={held} wanted={said.wantedHeld} skeleton={<RowsSkeleton rows={6} />}>
      {({ records }) =>
        records.length === 0 ? (
          <Empty icon={IconSearch} title={said.none} text={words.choosing.personHelp} />
        ) : (
          <div className="cw-stack">
            <p className="cw-muted">{isCut ? said.cut(HOLDINGS_SHOWN_MAX) : said.count(records.length)}</p>
            <Table label={said.lookAll} columns={said.columns} wide>
              {records.map((one) => (
                <Row key={one.id} one={one} state={states.get(one.id) ?? 'active'} />
              ))}
            </Table>
          </div>
        )
      }
    </Answered>
  );
}
