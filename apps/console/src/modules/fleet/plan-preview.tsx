/** The dry run of a change: what it would touch, its waves with the line, whom it leaves out. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { ChangeDraft, ChangePlan } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { IconAlertTriangle, IconCheck } from '../../ui/icons.ts';
import { Card } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Moment } from '../../ui/time.tsx';
import { Difference, Excluded, Steps, Touches } from './change-tables.tsx';
import { usePlaceNames } from './place-names.ts';
import { GROUPS, type Group } from './wave-bars.ts';
import { WaveChart, type WaveRow } from './wave-chart.tsx';

const NOBODY = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
const rowsOf = (plan: ChangePlan): readonly WaveRow[] =>
  plan.waves.map(({ name, devices }) => ({
    name,
    devices,
    state: 'waiting',
    groups: { ...NOBODY, waiting: devices },
  }));

interface Props {
  readonly plan: ChangePlan;
  readonly draft: ChangeDraft;
  /** The form has changed since. */
  readonly stale: boolean;
}

function Add({ plan, draft, stale }: Props): ReactNode {
  const navigate = useNavigate();
  const add = useAct('addChange', {
    refresh: ['listChanges'],
    done: ({ changes }) => {
      const first = changes[0];
      if (first) void navigate({ to: '/changes/$id', params: { id: first.id } });
    },
  });
  return (
    <>
      {stale && (
        <p className="cw-error" role="status">
          <IconAlertTriangle size={16} aria-hidden /> {words.planning.stale}
        </p>
      )}
      {plan.devices === 0 && <p className="cw-error">{words.planning.nobody}</p>}
      {add.error && <ProblemNote error={add.error} wanted={words.wanted.addChange} />}
      <div className="cw-card-actions">
        <Button
          disabled={stale || plan.devices === 0}
          loading={add.isPending}
          leftSection={<IconCheck size={16} aria-hidden />}
          onClick={() => add.mutate({ body: draft })}
        >
          {words.planning.add}
        </Button>
        <span className="cw-muted cw-small">{words.planning.addWhy}</span>
      </div>
    </>
  );
}

export function PlanPreview(props: Props): ReactNode {
  const { plan, draft } = props;
  const nameOf = usePlaceNames();
  const { threshold, atThreshold } = draft.options;
  const limit = threshold === undefined ? null : { threshold, act: atThreshold ?? ('stop' as const) };
  return (
    <div className="cw-stack-wide">
      <Card title={words.planning.preview}>
        <p role="status">
          <strong>{plan.sentence}</strong>
        </p>
        <p className="cw-muted">
          {words.change.opens}: <Moment at={plan.opens} />
        </p>
        <Steps plan={plan} />
        <Add {...props} />
      </Card>
      <Card title={words.change.touches}>
        <Touches plan={plan} nameOf={nameOf} />
      </Card>
      {plan.waves.length > 0 && (
        <Card title={words.change.waves}>
          <WaveChart waves={rowsOf(plan)} limit={limit} />
        </Card>
      )}
      <Card title={words.change.excluded}>
        <Excluded plan={plan} />
      </Card>
      <Card title={words.change.difference}>
        <Difference plan={plan} />
      </Card>
    </div>
  );
}
