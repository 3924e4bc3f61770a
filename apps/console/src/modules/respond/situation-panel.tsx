/** One situation, answered in order: what, where, since when, how unusual, why, what it touches, what you can do. */
import type { ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Situation } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconUrgent, IconX } from '../../ui/icons.ts';
import { Facts, RowsSkeleton, type Fact } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { FindingCard } from '../watch/finding-card.tsx';
import { Origin, Severity } from './severity.tsx';

const DEVICES_SHOWN = 12;
const FINDINGS_SHOWN = 8;

/** Devices as links, outside addresses as they are; the first few of them. */
const Nodes = ({ ids }: { readonly ids: readonly string[] }): ReactNode => (
  <span className="cw-id-list">
    {ids.slice(0, DEVICES_SHOWN).map((id) =>
      id.startsWith('ip:') ? (
        <code key={id}>{id.slice(3)}</code>
      ) : (
        <Link key={id} to="/devices/$id" params={{ id }}>
          {id}
        </Link>
      ),
    )}
    {ids.length > DEVICES_SHOWN && <span className="cw-muted">{words.andMore(ids.length - DEVICES_SHOWN)}</span>}
  </span>
);

const outsideFirst = (peers: readonly string[]): string[] =>
  peers.toSorted((a, b) => Number(b.startsWith('ip:')) - Number(a.startsWith('ip:')));

function factsOf(situation: Situation): Fact[] {
  const q = words.situation.questions;
  const facts: Fact[] = [
    { term: q.where, value: situation.wards.join(', ') || words.situation.noWard },
    {
      term: q.since,
      value: (
        <>
          <Moment at={situation.opened} /> (<Age at={situation.opened} />)
        </>
      ),
    },
    { term: q.devices, value: <Nodes ids={situation.devices} /> },
  ];
  if (situation.peers.length > 0) facts.push({ term: q.peers, value: <Nodes ids={outsideFirst(situation.peers)} /> });
  facts.push({ term: q.why, value: situation.cause });
  facts.push({ term: q.touches, value: situation.touches.join(', ') || words.situation.touchesNothing });
  return facts;
}

function DismissForm({
  situation,
  onClose,
}: {
  readonly situation: Situation;
  readonly onClose: () => void;
}): ReactNode {
  const dismiss = useAct('dismissSituation', {
    refresh: ['listSituations', 'getSituation', 'listFindings', 'cityNow'],
    done: onClose,
  });
  return (
    <ReasonForm
      act={words.situation.dismiss}
      wanted={words.wanted.dismiss}
      effect={<p>{words.situation.dismissEffect}</p>}
      suggestions={words.situation.dismissReasons}
      busy={dismiss.isPending}
      error={dismiss.error}
      onSubmit={(reason) => dismiss.mutate({ params: { id: situation.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

interface Props {
  readonly situation: Situation;
  readonly opening: boolean;
  readonly problem: Error | null;
  readonly dismissing: boolean;
  readonly onDismissing: (open: boolean) => void;
  readonly onEnter: () => void;
}

function Acts({ situation, opening, onEnter, onDismissing }: Props): ReactNode {
  const mayAct = useRole('analyst');
  if (situation.state === 'dismissed')
    return situation.dismissed ? (
      <p className="cw-muted">
        {words.situation.dismissedBy} <Person id={situation.dismissed.by} />, <Moment at={situation.dismissed.at} />:{' '}
        {situation.dismissed.reason}
      </p>
    ) : null;
  if (situation.incident !== null)
    return (
      <Button leftSection={<IconUrgent size={16} aria-hidden />} onClick={onEnter}>
        {words.incident.go}
      </Button>
    );
  if (!mayAct) return <p className="cw-muted">{words.situation.noRole}</p>;
  return (
    <>
      <Button leftSection={<IconUrgent size={16} aria-hidden />} loading={opening} onClick={onEnter}>
        {words.situation.open}
      </Button>
      <Button variant="default" leftSection={<IconX size={16} aria-hidden />} onClick={() => onDismissing(true)}>
        {words.situation.dismiss}
      </Button>
    </>
  );
}

export function SituationPanel(props: Props): ReactNode {
  const { situation } = props;
  const detail = useAsk('getSituation', { params: { id: situation.id } });
  return (
    <article className="cw-card cw-situation" aria-label={situation.title}>
      <div className="cw-meta">
        <Severity severity={situation.severity} />
        <Origin replay={situation.replay} simulated={situation.simulated} />
      </div>
      <h2 className="cw-situation-title">{situation.title}</h2>
      <p>{situation.summary}</p>
      <div className="cw-actions">
        <Acts {...props} />
      </div>
      {props.problem && <ProblemNote error={props.problem} wanted={words.wanted.openIncident} />}
      <Facts facts={factsOf(situation)} />
      <h3 className="cw-small-head">{words.situation.questions.unusual}</h3>
      <Answered query={detail} wanted={words.wanted.findings} skeleton={<RowsSkeleton rows={4} />}>
        {(answer) => (
          <div className="cw-stack">
            {answer.findings.length === 0 && <p className="cw-muted">{words.finding.noneHere}</p>}
            {answer.findings.slice(0, FINDINGS_SHOWN).map((finding) => (
              <FindingCard key={finding.id} finding={finding} />
            ))}
            {answer.findings.length > FINDINGS_SHOWN && (
              <p className="cw-muted">{words.finding.more(answer.findings.length - FINDINGS_SHOWN)}</p>
            )}
          </div>
        )}
      </Answered>
      <Modal
        opened={props.dismissing}
        onClose={() => props.onDismissing(false)}
        title={words.situation.dismiss}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <DismissForm situation={situation} onClose={() => props.onDismissing(false)} />
      </Modal>
    </article>
  );
}
