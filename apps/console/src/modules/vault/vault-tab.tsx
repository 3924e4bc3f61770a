/** How the vault stands: gate, keys, backups and the keys of their weeks, witnesses. */
import type { ReactNode } from 'react';
import type { VaultStanding } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { formatCount } from '../../ui/format.ts';
import { IconAlertTriangle, IconCheck, IconEye, IconHelp, IconLock, IconLockOpen, IconUrgent } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Facts } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import type { Desk } from './use-desk.ts';

const said = words.standing;
const LOOK = {
  'not-asked': ['unknown', IconHelp],
  agrees: ['trusted', IconCheck],
  silent: ['unreachable', IconHelp],
  ahead: ['suspect', IconAlertTriangle],
  contradicts: ['suspect', IconUrgent],
} as const;

const GateCard = ({ isOpen, gate, incarnation, ahead, ledger }: VaultStanding): ReactNode => (
  <Card
    title={said.gateTitle}
    aside={
      <Badge
        look={isOpen ? 'trusted' : 'suspect'}
        icon={isOpen ? IconLockOpen : IconLock}
        text={isOpen ? said.gate.open : said.gate.closed}
      />
    }
  >
    {gate !== 'open' && <p>{gate}</p>}
    {!isOpen && <p className="cw-muted">{said.closedHelp}</p>}
    <Facts
      facts={[
        {
          term: said.facts.incarnation,
          value:
            incarnation === null ? words.notKnown : <Copyable value={incarnation} label={said.facts.incarnation} />,
        },
        { term: said.facts.unsaved, value: formatCount(ahead.unsaved) },
        { term: said.facts.ledger, value: `${ledger.origin}, ${said.entries(ledger.size)}` },
      ]}
    />
  </Card>
);

const KeysCard = ({ keys }: Pick<VaultStanding, 'keys'>): ReactNode => (
  <Card title={said.keys}>
    <Facts
      facts={[
        { term: said.facts.live, value: formatCount(keys.live) },
        {
          term: said.facts.damaged,
          value: <span className={keys.damaged > 0 ? 'cw-error' : undefined}>{formatCount(keys.damaged)}</span>,
        },
        { term: said.facts.root, value: keys.root ?? said.noRoot },
        { term: said.facts.medium, value: keys.medium },
      ]}
    />
  </Card>
);

const BackupsCard = ({ backups }: Pick<VaultStanding, 'backups'>): ReactNode => (
  <Card title={said.backups}>
    <Facts
      facts={[
        {
          term: said.facts.last,
          value:
            backups.last === null ? (
              <span className="cw-error">{said.neverBackedUp}</span>
            ) : (
              <>
                <Age at={backups.last.at} />, <code className="cw-wrap">{backups.last.place}</code>
              </>
            ),
        },
        { term: said.facts.open, value: formatCount(backups.open) },
        { term: said.facts.unreadable, value: <Moment at={backups.unreadableFrom} /> },
      ]}
    />
    {backups.weeks.length > 0 && (
      <Table label={said.backups} columns={said.weeksColumns}>
        {backups.weeks.map(({ week, destroyed }) => (
          <tr key={week}>
            <th scope="row">{said.week(week)}</th>
            <td>
              <Moment at={destroyed} />
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);

const WitnessCard = ({ witnesses }: Pick<VaultStanding, 'witnesses'>): ReactNode => (
  <Card title={said.witnesses}>
    {witnesses.length === 0 ? (
      <Empty icon={IconEye} {...said.noWitness} />
    ) : (
      <Table label={said.witnesses} columns={said.witnessColumns}>
        {witnesses.map(({ name, state, cosigned, seen }) => {
          const [look, icon] = LOOK[state];
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <Badge look={look} icon={icon} text={said.witnessStates[state]} />
              </td>
              <td>{cosigned === null ? words.dash : formatCount(cosigned)}</td>
              <td>{seen === null ? words.dash : formatCount(seen)}</td>
            </tr>
          );
        })}
      </Table>
    )}
  </Card>
);

export const VaultTab = ({ vault }: Pick<Desk, 'vault'>): ReactNode => (
  <Answered query={vault} wanted={said.wanted} skeleton={<CardSkeleton height={260} />}>
    {(standing) => (
      <div className="cw-stack-wide">
        <div className="cw-columns cw-columns-2">
          <GateCard {...standing} />
          <KeysCard keys={standing.keys} />
        </div>
        <div className="cw-columns cw-columns-2">
          <BackupsCard backups={standing.backups} />
          <WitnessCard witnesses={standing.witnesses} />
        </div>
      </div>
    )}
  </Answered>
);
