/** What is held about one person: each record, its category, where it is in its life. */
import type { ReactNode } from 'react';
import { HOLDINGS_SHOWN_MAX, type HeldRecord, type LifeState } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconSearch } from '../../ui/icons.ts';
import { Empty, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { LifeBadge, OpenButton, ShortId } from './desk-parts.tsx';
import { statesIn, useHeld } from './pickers.tsx';

const said = words.recordLife;

function Row({ one, state }: { readonly one: HeldRecord; readonly state: LifeState }): ReactNode {
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
        <OpenButton what={words.choosing.record} id={one.id} />
      </td>
    </tr>
  );
}

export function RecordsOfPerson({ subject }: { readonly subject: string }): ReactNode {
  const { held, lives, isCut } = useHeld(subject);
  const skeleton = <RowsSkeleton rows={6} />;
  return (
    <Answered query={held} wanted={said.wantedHeld} skeleton={skeleton}>
      {({ records }) =>
        records.length === 0 ? (
          <Empty icon={IconSearch} title={said.none} text={words.choosing.personHelp} />
        ) : (
          <Answered query={lives} wanted={said.wantedHeld} skeleton={skeleton}>
            {(known) => {
              const stateOf = statesIn(known);
              return (
                <div className="cw-stack">
                  <p className="cw-muted">{isCut ? said.cut(HOLDINGS_SHOWN_MAX) : said.count(records.length)}</p>
                  <Table label={said.lookAll} columns={said.columns} wide>
                    {records.map((one) => (
                      <Row key={one.id} one={one} state={stateOf(one.id)} />
                    ))}
                  </Table>
                </div>
              );
            }}
          </Answered>
        )
      }
    </Answered>
  );
}
