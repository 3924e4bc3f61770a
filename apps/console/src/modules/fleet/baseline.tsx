/** Baseline: scores by kind of device and tier, the worst controls, exceptions with their end. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { BaselineScan, BaselineSetView, ControlTally } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconKey, IconShieldCheck } from '../../ui/icons.ts';
import { Card, Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Table } from '../../ui/table.tsx';
import { BaselineExceptions } from './baseline-exceptions.tsx';

/** Scores come with readings, of which no event tells. */
const REFRESH_MS = 15_000;
const SCAN_REFRESH_MS = 2_000;
const WORST_SHOWN = 8;
const ALL = { classes: [], sites: [], devices: [] };

const ControlRow = ({ control }: { readonly control: ControlTally }): ReactNode => (
  <tr>
    <th scope="row">
      <Link to="/baseline/$id" params={{ id: control.id }}>
        {control.title}
      </Link>
    </th>
    <td>{words.baseline.tiers[control.tier]}</td>
    <td className="cw-num">{control.failed > 0 ? <strong>{control.failed}</strong> : 0}</td>
    <td className="cw-num">{control.unknown}</td>
    <td className="cw-num">{control.excepted}</td>
    <td className="cw-num">{control.passed}</td>
  </tr>
);

function Controls({ controls }: { readonly controls: readonly ControlTally[] }): ReactNode {
  const [all, setAll] = useState(false);
  return (
    <>
      <Table label={words.baseline.worst} columns={words.baseline.controlColumns} texts={2} wide>
        {(all ? controls : controls.slice(0, WORST_SHOWN)).map((control) => (
          <ControlRow key={control.id} control={control} />
        ))}
      </Table>
      {!all && controls.length > WORST_SHOWN && (
        <Button variant="subtle" onClick={() => setAll(true)}>
          {words.baseline.allControls(controls.length)}
        </Button>
      )}
    </>
  );
}

const SetCard = ({ set }: { readonly set: BaselineSetView }): ReactNode => (
  <Card
    title={set.title}
    aside={`${words.baseline.devices(set.devices)}, ${words.baseline.unread(set.unread)}`}
    className="cw-baseline-set"
  >
    <Table label={set.title} columns={words.baseline.tierColumns} texts={1}>
      {set.tiers.map((tier) => (
        <tr key={tier.tier}>
          <th scope="row">{words.baseline.tiers[tier.tier]}</th>
          <td className="cw-num">
            <strong>{words.baseline.percent(tier.score)}</strong>
          </td>
          <td className="cw-num">{tier.met}</td>
          <td className="cw-num">{tier.metButExcepted}</td>
          <td className="cw-num">{tier.notMet}</td>
          <td className="cw-num">{tier.unknown}</td>
        </tr>
      ))}
    </Table>
    <h3 className="cw-small-head">{words.baseline.worst}</h3>
    <Controls controls={set.controls} />
  </Card>
);

const ScanLine = ({ scan }: { readonly scan: BaselineScan }): ReactNode => (
  <p className="cw-muted" role="status">
    {scan.ended === null ? words.baseline.scanning(scan.answered, scan.devices) : words.baseline.scanned(scan)}
  </p>
);

export function BaselinePage(): ReactNode {
  const summary = useAsk('getBaseline', {}, { refreshMs: REFRESH_MS });
  const [isOperator, isAnalyst] = [useRole('operator'), useRole('analyst')];
  const start = useAct('startBaselineScan', { refresh: ['getBaseline'] });
  const running = start.data !== undefined && start.data.ended === null;
  const followed = useAsk(
    'getBaselineScan',
    { params: { id: start.data?.id ?? '' } },
    { enabled: running, refreshMs: SCAN_REFRESH_MS },
  );
  const scan = followed.data ?? start.data ?? summary.data?.scan ?? null;
  const button = (
    <Button loading={start.isPending} onClick={() => start.mutate({ body: ALL })}>
      {words.baseline.scan}
    </Button>
  );
  return (
    <Page
      title={words.pages.baseline.name}
      lead={words.baseline.lead}
      actions={
        <>
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/baseline/rotation" {...props} />}
            leftSection={<IconKey size={16} aria-hidden />}
          >
            {words.rotation.open}
          </Button>
          {(isOperator || isAnalyst) && button}
        </>
      }
    >
      {start.error && <ProblemNote error={start.error} wanted={words.baseline.scan} />}
      {scan && <ScanLine scan={scan} />}
      <Answered query={summary} wanted={words.wanted.baseline} skeleton={<RowsSkeleton rows={10} height={28} />}>
        {({ sets }) =>
          sets.length === 0 ? (
            <Empty icon={IconShieldCheck} {...words.baseline.empty} />
          ) : (
            <div className="cw-stack-wide">
              {sets.map((set) => (
                <SetCard key={set.id} set={set} />
              ))}
              <BaselineExceptions />
            </div>
          )
        }
      </Answered>
    </Page>
  );
}
