/** Plan a change: what, to whom, how carefully; a dry run first, then it is planned and waits for signatures. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import type { ArtifactCard, ChangeDraft, ChangePlan } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useUrl } from '../../frame/url.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconStairsUp } from '../../ui/icons.ts';
import { Card, CardSkeleton, Empty, Page } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { draftOf, emptyForm, faultsOf, formOfDrift, type PlanForm } from './plan-draft.ts';
import { HowFields, WhatFields, WhenFields, WhoFields } from './plan-fields.tsx';
import { PlanPreview } from './plan-preview.tsx';

const isSame = (a: ChangeDraft, b: ChangeDraft | null): boolean => JSON.stringify(a) === JSON.stringify(b);
const listed = (text: string | undefined): readonly string[] => text?.split(',').filter((one) => one !== '') ?? [];

/** Begins with what the address names: from Fleet one comes with class and ward, from drift with the document to mend. */
function useForm(): readonly [PlanForm, (patch: Partial<PlanForm>) => void] {
  const url = useUrl();
  const [form, setForm] = useState<PlanForm>(() => {
    const empty = emptyForm(Intl.DateTimeFormat().resolvedOptions().timeZone);
    if (url.drift !== undefined) return formOfDrift(empty, url.drift, words.planning.mendTitle);
    return { ...empty, classes: listed(url.class), wards: listed(url.ward) };
  });
  return [form, (patch) => setForm((before) => ({ ...before, ...patch }))];
}

/** The button is below what it answers with, and below a field that may be wrong: both come into sight by themselves. */
function useSight(plan: ChangePlan | undefined, askedTimes: number) {
  const form = useRef<HTMLFormElement>(null);
  const preview = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (plan) preview.current?.scrollIntoView({ block: 'start' });
  }, [plan]);
  useEffect(() => {
    if (askedTimes > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [askedTimes]);
  return { form, preview };
}

function Planner({ artifacts }: { readonly artifacts: readonly ArtifactCard[] }): ReactNode {
  const [form, change] = useForm();
  const [opened] = useState(() => Date.now());
  const [askedTimes, setAskedTimes] = useState(0);
  const [tried, setTried] = useState<{ readonly draft: ChangeDraft; readonly plan: ChangePlan } | null>(null);
  const dryRun = useAct('planChange');
  const draft = draftOf(form, artifacts, opened);
  const sight = useSight(tried?.plan, askedTimes);
  const fields = { form, faults: askedTimes > 0 ? faultsOf(form) : {}, artifacts, onChange: change };
  const ask = (): void => {
    setAskedTimes(askedTimes + 1);
    if (draft) dryRun.mutate({ body: draft }, { onSuccess: (plan) => setTried({ draft, plan }) });
  };
  return (
    <div className="cw-plan">
      <form
        ref={sight.form}
        className="cw-stack-wide"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <WhatFields {...fields} />
        <WhoFields {...fields} />
        <HowFields {...fields} />
        <WhenFields {...fields} />
        {dryRun.error && <ProblemNote error={dryRun.error} wanted={words.wanted.dryRun} />}
        <div>
          <Button type="submit" loading={dryRun.isPending} variant={tried ? 'default' : 'filled'}>
            {tried ? words.planning.again : words.planning.dryRun}
          </Button>
        </div>
      </form>
      <div ref={sight.preview}>
        {tried ? (
          <PlanPreview {...tried} stale={!isSame(tried.draft, draft)} />
        ) : (
          <Card>
            <Empty icon={IconStairsUp} title={words.planning.preview} text={words.planning.before} />
          </Card>
        )}
      </div>
    </div>
  );
}

export function PlanChangePage(): ReactNode {
  const mayPlan = useRole('operator');
  const artifacts = useAsk('listArtifacts', {}, { enabled: mayPlan });
  return (
    <Page title={words.changes.plan} lead={words.planning.lead}>
      {mayPlan ? (
        <Answered query={artifacts} wanted={words.wanted.artifacts} skeleton={<CardSkeleton height={320} />}>
          {(answer) => <Planner artifacts={answer.artifacts} />}
        </Answered>
      ) : (
        <p className="cw-muted">{words.planning.noRole}</p>
      )}
    </Page>
  );
}
