/** Which device sits on which port of which switch, in which VLAN, and what came of the last attempt to move it. */
import type { ReactNode } from 'react';
import { SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { PortMove, PortSession } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { Badge } from '../../ui/badge.tsx';
import {
  IconAlertTriangle,
  IconArrowRight,
  IconBan,
  IconCheck,
  IconHourglass,
  IconPlugConnected,
} from '../../ui/icons.ts';
import { Card, Empty } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { goneOf, isDeviceClass, isShown, SHOWS, type NetworkAccess } from './network-access.ts';

const said = words.networks.ports;
const LOOK = {
  moved: ['trusted', IconCheck],
  ended: ['contained', IconBan],
  trying: ['watched', IconHourglass],
  failed: ['suspect', IconAlertTriangle],
} as const;

interface PlaceProps {
  readonly at: Pick<PortSession, 'nas' | 'port' | 'station'>;
  readonly switches: NetworkAccess['switches'];
}
const Place = ({ at, switches }: PlaceProps): ReactNode => (
  <>
    {switches.find(({ address }) => address === at.nas)?.name ?? at.nas} · {at.port ?? said.noPort}
    <span className="cw-block cw-muted cw-small">
      <code>{at.station}</code>
    </span>
  </>
);

function Outcome({ move }: { readonly move: PortMove }): ReactNode {
  const [look, icon] = LOOK[move.outcome];
  return (
    <>
      <Badge look={look} icon={icon} text={said.outcomes[move.outcome]} />
      {move.why !== null && <span className="cw-block cw-small">{move.why}</span>}
    </>
  );
}

const Vlan = ({ one }: { readonly one: PortSession }): ReactNode => (
  <>
    <strong className="cw-num">{one.vlan}</strong>{' '}
    {one.quarantined && <Badge look="quarantined" icon={IconBan} text={said.quarantine} />}
    {one.moving !== null && (
      <span className="cw-block cw-small">
        <IconArrowRight size={13} aria-hidden /> {said.moving(one.moving)}
      </span>
    )}
  </>
);

/** A gateway is no device of the inventory and has no page there. */
const Device = ({ id, isDevice }: { readonly id: string; readonly isDevice: boolean }): ReactNode =>
  isDevice ? (
    <Link to="/devices/$id" params={{ id }}>
      {id}
    </Link>
  ) : (
    id
  );
const classWord = (name: string): string =>
  isDeviceClass(name) ? words.classes[name].one : name === 'site-gateway' ? words.networks.kinds[name] : name;

interface RowProps {
  readonly one: PortSession;
  readonly switches: NetworkAccess['switches'];
}
const Row = ({ one, switches }: RowProps): ReactNode => (
  <tr>
    <th scope="row">
      <Device id={one.device} isDevice={isDeviceClass(one.class)} />
      <span className="cw-block cw-muted cw-small">{one.class === null ? words.notKnown : classWord(one.class)}</span>
    </th>
    <td>
      <Place at={one} switches={switches} />
    </td>
    <td>
      <Vlan one={one} />
    </td>
    <td>
      <Moment at={one.began} />
    </td>
    <td>
      {one.lastMove === null ? (
        <span className="cw-muted">{said.never}</span>
      ) : (
        <>
          <Outcome move={one.lastMove} />
          <span className="cw-block cw-muted cw-small">
            {said.fromTo(one.lastMove.from, one.lastMove.to)}, <Age at={one.lastMove.at} />
          </span>
        </>
      )}
    </td>
  </tr>
);

interface MovesProps {
  readonly moves: readonly PortMove[];
  readonly switches: NetworkAccess['switches'];
}
const Moves = ({ moves, switches }: MovesProps): ReactNode => (
  <Card title={said.moves}>
    <p className="cw-muted">{said.movesWhy}</p>
    <Table label={said.moves} columns={said.moveColumns} wide>
      {moves.map((move) => (
        <tr key={`${move.nas} ${move.station}`}>
          <th scope="row">
            <Link to="/devices/$id" params={{ id: move.device }}>
              {move.device}
            </Link>
          </th>
          <td>
            <Place at={move} switches={switches} />
          </td>
          <td>{said.fromTo(move.from, move.to)}</td>
          <td>
            <Outcome move={move} />
          </td>
          <td>
            <Age at={move.at} />
          </td>
        </tr>
      ))}
    </Table>
  </Card>
);

export function Ports({ access }: { readonly access: NetworkAccess }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const show = SHOWS.find((one) => one === url.state) ?? 'all';
  const { sessions, switches, count } = access;
  const gone = goneOf(access);
  if (sessions.length === 0 && gone.length === 0)
    return (
      <Card>
        <Empty icon={IconPlugConnected} {...said.empty} />
      </Card>
    );
  const rows = sessions.filter((one) => isShown(one, show));
  return (
    <div className="cw-stack-wide">
      <Card title={words.networks.tabs.ports} aside={said.shown(sessions.length, count)}>
        <SegmentedControl
          aria-label={said.show}
          value={show}
          onChange={(state) => setUrl({ state: state === 'all' ? null : state }, { replace: true })}
          data={SHOWS.map((value) => ({ value, label: said.shows[value] }))}
        />
        {rows.length === 0 ? (
          <p className="cw-muted">{said.none}</p>
        ) : (
          <Table label={words.networks.tabs.ports} columns={said.columns} wide>
            {rows.map((one) => (
              <Row key={`${one.nas} ${one.station}`} one={one} switches={switches} />
            ))}
          </Table>
        )}
      </Card>
      {gone.length > 0 && <Moves moves={gone} switches={switches} />}
    </div>
  );
}
