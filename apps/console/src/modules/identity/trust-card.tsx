/** How far a device is trusted now, and why: each part with its value, its reason and its age; unknown is shown as unknown. */
import type { ReactNode } from 'react';
import type { Trust, TrustComponent } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { Card, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Age, Moment } from '../../ui/time.tsx';

const Part = ({ part }: { readonly part: TrustComponent }): ReactNode => (
  <tr>
    <th scope="row">{words.trustKinds[part.kind]}</th>
    <td className={part.value === null ? 'cw-muted' : undefined}>{part.value ?? words.trust.unknown}</td>
    <td>
      {part.reason}
      {part.expires !== null && (
        <span className="cw-muted cw-small cw-block">
          {words.trust.until} <Moment at={part.expires} />
        </span>
      )}
    </td>
    <td>{part.since === null ? <span className="cw-muted">{words.dash}</span> : <Age at={part.since} />}</td>
  </tr>
);

const Whole = ({ trust }: { readonly trust: Trust }): ReactNode => (
  <div className="cw-stack">
    <p>
      <strong>{words.trustLevels[trust.level]}</strong>
      {trust.level === 'unknown' ? '' : `: ${trust.reason}`}
    </p>
    <p className="cw-muted cw-small">{words.trust.effect[trust.level]}</p>
    <Table label={words.trust.title} columns={words.trust.columns}>
      {trust.components.map((part) => (
        <Part key={part.kind} part={part} />
      ))}
    </Table>
  </div>
);

export function TrustCard({ id }: { readonly id: string }): ReactNode {
  const trust = useAsk('getDeviceTrust', { params: { id } });
  return (
    <Card title={words.trust.title}>
      <Answered query={trust} wanted={words.wanted.trust} skeleton={<RowsSkeleton rows={6} />}>
        {(answer) => <Whole trust={answer} />}
      </Answered>
    </Card>
  );
}
