/** Contain: what holds now, else the preview of what would be cut, then the act with its reason. */
import { useState, type ReactNode } from 'react';
import { Button, SegmentedControl } from '@mantine/core';
import type { ContainmentPlan, Incident } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconAlertTriangle, IconBan, IconLock } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Moment } from '../../ui/time.tsx';
import { ContainmentCard } from './containment-card.tsx';
import { addedSince, idsOf } from './growth.ts';
import { holding } from './incident-room.tsx';
import { objectOf } from './objects.ts';
import { PlanTables } from './plan-tables.tsx';

const HOURS = [1, 4, 12, 24, 72] as const;
const HOURS_DEFAULT = 4;

/** What somebody takes out of all that the plan knew of then. */
interface Choice {
  readonly devices: readonly string[];
  readonly knew: readonly string[];
}
interface PlanProps {
  readonly incident: Incident;
  readonly plan: ContainmentPlan;
  readonly choice: Choice | null;
  readonly onChoice: (choice: Choice | null) => void;
  readonly onRenew: () => void;
}

const planned = (plan: ContainmentPlan): string[] => [...plan.cut, ...plan.spared].map((one) => one.device);

function ApplyForm({ incident, plan, choice }: PlanProps): ReactNode {
  const apply = useAct('applyContainment', { refresh: ['getIncident', 'traceIncident', 'listDevices', 'cityNow'] });
  const mayAct = useRole('operator', 'analyst');
  if (!mayAct) return <p className="cw-muted">{words.contain.noRole}</p>;
  return (
    <ReasonForm
      act={words.contain.act(objectOf(plan.cut.map((one) => one.class)))}
      wanted={words.wanted.contain}
      effect={
        <p className="cw-muted">
          {words.contain.ends} <Moment at={plan.ends} />. {words.contain.undoable}
        </p>
      }
      suggestions={words.contain.reasons}
      danger
      busy={apply.isPending}
      error={apply.error}
      onSubmit={(reason) =>
        apply.mutate({
          params: { id: incident.id },
          body: { hours: plan.hours, hash: plan.hash, reason, ...(choice && { devices: [...choice.devices] }) },
        })
      }
    />
  );
}

/** The situation grew while the plan was read. The plan stays as it was read until somebody asks for the new one. */
function Grown({ incident, plan, choice, onChoice, onRenew }: PlanProps): ReactNode {
  const added = addedSince(incident, [...planned(plan), ...(choice?.knew ?? [])]);
  if (added.length === 0) return null;
  const renew = (): void => {
    if (choice === null) onRenew();
    else onChoice({ devices: [...choice.devices, ...idsOf(added)], knew: [...choice.knew, ...idsOf(added)] });
  };
  return (
    <div className="cw-callout" role="status">
      <IconAlertTriangle size={18} aria-hidden />
      <span className="cw-grow">{words.contain.grown(objectOf(added.map((one) => one.class)), added.length)}</span>
      <Button size="xs" variant="default" onClick={renew}>
        {words.contain.renew}
      </Button>
    </div>
  );
}

function Plan(props: PlanProps): ReactNode {
  const { plan, choice, onChoice } = props;
  const onChosen = (devices: readonly string[] | null): void =>
    onChoice(devices === null ? null : { devices, knew: choice?.knew ?? planned(plan) });
  return (
    <>
      {plan.possible && <Grown {...props} />}
      <p className="cw-plan-sentence">{plan.sentence}</p>
      {!plan.possible && (
        <div className="cw-problem" role="status">
          <IconBan size={20} aria-hidden />
          <div className="cw-problem-text">
            <strong>{words.contain.impossible}</strong>
            <p>{plan.refusal ?? words.contain.impossibleText}</p>
          </div>
        </div>
      )}
      <PlanTables plan={plan} chosen={choice?.devices ?? null} onChosen={onChosen} />
      {plan.possible && plan.cut.length > 0 && <ApplyForm {...props} />}
    </>
  );
}

function Preview({ incident }: { readonly incident: Incident }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const [choice, setChoice] = useState<Choice | null>(null);
  const hours = HOURS.find((one) => one === url.hours) ?? HOURS_DEFAULT;
  const body = choice === null ? { hours } : { hours, devices: [...choice.devices] };
  const plan = useAsk('previewContainment', { params: { id: incident.id }, body }, { keep: true });
  return (
    <Card
      title={words.contain.preview}
      aside={
        <span className="cw-hours">
          <span id="cw-hours-label">{words.contain.for}</span>
          <SegmentedControl
            size="xs"
            aria-labelledby="cw-hours-label"
            value={String(hours)}
            onChange={(next) => setUrl({ hours: Number(next) }, { replace: true })}
            data={HOURS.map((one) => ({ value: String(one), label: words.contain.hours(one) }))}
          />
        </span>
      }
    >
      <Answered query={plan} wanted={words.wanted.plan} skeleton={<CardSkeleton height={260} />}>
        {(answer) => (
          <Plan
            incident={incident}
            plan={answer}
            choice={choice}
            onChoice={setChoice}
            onRenew={() => void plan.refetch()}
          />
        )}
      </Answered>
    </Card>
  );
}

export function ContainTab({ incident }: { readonly incident: Incident }): ReactNode {
  const now = holding(incident);
  const before = incident.containments.filter((one) => one !== now);
  return (
    <div className="cw-stack">
      {now && <ContainmentCard containment={now} />}
      {!now && incident.state === 'open' && <Preview incident={incident} />}
      {!now && incident.state === 'closed' && before.length === 0 && <Empty icon={IconLock} {...words.contain.never} />}
      {before.map((one) => (
        <ContainmentCard key={one.id} containment={one} />
      ))}
    </div>
  );
}
