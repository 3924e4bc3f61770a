/** Inbox: what changed that matters? A list of grouped situations, one of them open beside it. */
import { useLayoutEffect, useState, type ReactNode } from 'react';
import { Button, SegmentedControl } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { Situation } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { isTyping } from '../../frame/go-keys.ts';
import { useSetUrl, useUrl } from '../../frame/url.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconInbox } from '../../ui/icons.ts';
import { Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Age } from '../../ui/time.tsx';
import { Origin, Severity } from './severity.tsx';
import { SituationPanel } from './situation-panel.tsx';

type Show = Situation['state'];
const SHOWN: readonly Show[] = ['open', 'incident', 'dismissed'];

function Item({
  situation,
  here,
  onPick,
}: {
  readonly situation: Situation;
  readonly here: boolean;
  readonly onPick: () => void;
}): ReactNode {
  return (
    <li>
      <button type="button" className="cw-inbox-item" aria-current={here} onClick={onPick}>
        <span className="cw-meta">
          <Severity severity={situation.severity} />
          <Origin replay={situation.replay} simulated={false} />
          <span className="cw-muted cw-small cw-push">
            <Age at={situation.lastAt} />
          </span>
        </span>
        <span className="cw-inbox-title">{situation.title}</span>
        <span className="cw-muted cw-small">
          {words.situation.size(situation.devices.length, situation.findings)}
          {situation.wards.length > 0 && ` · ${situation.wards.join(', ')}`}
        </span>
      </button>
    </li>
  );
}

interface KeyInput {
  readonly all: readonly Situation[];
  readonly at: number;
  readonly pick: (id: string) => void;
  readonly enter: (situation: Situation) => void;
  readonly dismiss: () => void;
}

/** The keys hold from the moment the list is there: a key pressed as soon as it is seen must not be lost. */
function useInboxKeys({ all, at, pick, enter, dismiss }: KeyInput): void {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || all.length === 0) return;
      const here = all[at];
      if (event.key === 'j') pick(all[Math.min(all.length - 1, at + 1)]!.id);
      else if (event.key === 'k') pick(all[Math.max(0, at - 1)]!.id);
      else if (event.key === 'e' && here?.state === 'open') dismiss();
      else if (
        event.key === 'Enter' &&
        here &&
        !(event.target instanceof HTMLElement && event.target.closest('button, a'))
      )
        enter(here);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [all, at, pick, enter, dismiss]);
}

const nothingIn = (show: Show): ReactNode => <Empty icon={IconInbox} {...words.inbox.empty[show]} />;

function List({ all, show }: { readonly all: readonly Situation[]; readonly show: Show }): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const navigate = useNavigate();
  const [dismissing, setDismissing] = useState(false);
  const open = useAct('openIncident', {
    refresh: ['listSituations', 'listIncidents', 'cityNow'],
    done: (incident) => void navigate({ to: '/incidents/$id', params: { id: incident.id } }),
  });
  const found = all.findIndex((one) => one.id === url.situation);
  const at = found < 0 ? 0 : found;
  const here = all[at];
  const pick = (id: string): void => setUrl({ situation: id }, { replace: true });
  const enter = (situation: Situation): void => {
    if (situation.incident !== null) void navigate({ to: '/incidents/$id', params: { id: situation.incident } });
    else if (situation.state === 'open') open.mutate({ params: { id: situation.id } });
  };
  useInboxKeys({ all, at, pick, enter, dismiss: () => setDismissing(true) });
  if (!here) return nothingIn(show);
  return (
    <div className="cw-inbox" data-chosen={found >= 0 || undefined}>
      <ul className="cw-inbox-list" aria-label={words.inbox.list}>
        {all.map((situation) => (
          <Item
            key={situation.id}
            situation={situation}
            here={situation.id === here.id}
            onPick={() => setUrl({ situation: situation.id })}
          />
        ))}
      </ul>
      <div className="cw-inbox-detail">
        <Button className="cw-only-narrow" variant="subtle" size="xs" onClick={() => setUrl({ situation: null })}>
          {words.inbox.back}
        </Button>
        <SituationPanel
          key={here.id}
          situation={here}
          opening={open.isPending}
          problem={open.error}
          dismissing={dismissing}
          onDismissing={setDismissing}
          onEnter={() => enter(here)}
        />
      </div>
    </div>
  );
}

export function InboxPage(): ReactNode {
  const url = useUrl();
  const setUrl = useSetUrl();
  const show: Show = SHOWN.find((one) => one === url.state) ?? 'open';
  const situations = useAsk('listSituations', { query: { state: show } });
  const { data: city } = useAsk('cityNow', {});
  const ward = city?.wards.find((one) => one.id === url.ward);
  const inWard = (one: Situation): boolean => !ward || one.wards.includes(ward.name) || one.wards.includes(ward.id);
  return (
    <Page
      title={words.pages.inbox.name}
      lead={words.inbox.lead}
      actions={
        <SegmentedControl
          aria-label={words.inbox.show}
          value={show}
          onChange={(state) => setUrl({ state: state === 'open' ? null : state, situation: null })}
          data={SHOWN.map((state) => ({ value: state, label: words.inbox.states[state] }))}
        />
      }
    >
      <Answered query={situations} wanted={words.wanted.situations} skeleton={<RowsSkeleton rows={6} height={56} />}>
        {(answer) => <List all={answer.situations.filter(inWard)} show={show} />}
      </Answered>
    </Page>
  );
}
