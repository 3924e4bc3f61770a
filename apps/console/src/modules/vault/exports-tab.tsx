/** Exports: what was asked for, what a second officer releases or refuses, what became of it. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { EXPORTS_SHOWN_MAX, type Export, type ExportManifest } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole, useSession } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { client } from '../../live/live.ts';
import { Answered } from '../../ui/answered.tsx';
import { Badge } from '../../ui/badge.tsx';
import { ConfirmForm } from '../../ui/confirm-form.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { formatCount, formatHash } from '../../ui/format.ts';
import { IconBan, IconCheck, IconCloud, IconDownload, IconHourglass } from '../../ui/icons.ts';
import { CardSkeleton, Facts, type Fact } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { usePersonName } from '../identity/person-name.ts';
import { Acts, ByAt, OpenButton, TaskList } from './desk-parts.tsx';
import { ExportBudgetNote } from './export-budget.tsx';
import { ExportForm } from './export-form.tsx';
import type { Desk } from './use-desk.ts';

const said = words.exporting;
const asking = words.askingExport;
const facts = words.desk.facts;
const REFRESH = ['listExports', 'listExportBudgets', 'countDesk'] as const;
const LOOK = {
  asked: ['watched', IconHourglass],
  released: ['contained', IconCheck],
  refused: ['unknown', IconBan],
  withdrawn: ['unknown', IconBan],
} as const;

const ExportState = ({ state }: Pick<Export, 'state'>): ReactNode => {
  const [look, icon] = LOOK[state];
  return <Badge look={look} icon={icon} text={said.states[state]} />;
};
const whatOf = ({ draft }: Export): string => said.shape(draft.category, said.shapes[draft.shape]);

/** Only for a recipient that can be asked to delete it again. */
function Fetch({ one }: { readonly one: Export }): ReactNode {
  const { name } = one.draft.recipient;
  const known = useAsk('listRecipients', {});
  if (known.data === undefined) return null;
  if (!known.data.recipients.some((recipient) => [recipient.id, recipient.name].includes(name)))
    return <p className="cw-muted">{said.unknownRecipient(name)}</p>;
  return (
    <Button
      component="a"
      href={client.url('fetchExport', { params: { id: one.id } })}
      download={`${one.id}.sealed`}
      leftSection={<IconDownload size={16} aria-hidden />}
    >
      {said.fetch}
    </Button>
  );
}

function ExportActs({ one }: { readonly one: Export }): ReactNode {
  const { me } = useSession();
  const isOfficer = useRole('officer');
  const [open, setOpen] = useState<'release' | 'refuse' | null>(null);
  const done = (): void => setOpen(null);
  const release = useAct('releaseExport', { refresh: REFRESH, done });
  const refuse = useAct('refuseExport', { refresh: REFRESH, done });
  const hasFile = one.state === 'released' && one.bytes !== null;
  if (!isOfficer || (one.state !== 'asked' && !hasFile)) return null;
  const params = { id: one.id };
  const no = hasFile ? said.withdraw : said.refuse;
  if (open === 'release')
    return (
      <ConfirmForm
        {...{ act: said.release, effect: said.releaseEffect(one.draft.recipient.name), onCancel: done }}
        wanted={said.wantedRelease}
        busy={release.isPending}
        error={release.error}
        onConfirm={() => release.mutate({ params })}
      />
    );
  if (open === 'refuse')
    return (
      <ReasonForm
        act={no}
        effect={<p>{hasFile ? said.withdrawEffect : said.refuseEffect}</p>}
        wanted={said.wantedRefuse}
        danger
        suggestions={said.refuseReasons}
        busy={refuse.isPending}
        error={refuse.error}
        onSubmit={(reason) => refuse.mutate({ params, body: { reason } })}
        onCancel={done}
      />
    );
  const isOwn = one.state === 'asked' && one.asked.by === me.person;
  return (
    <>
      {isOwn && <p className="cw-muted">{words.desk.second}</p>}
      {hasFile && <Fetch one={one} />}
      <Acts why={null}>
        {one.state === 'asked' && !isOwn && <Button onClick={() => setOpen('release')}>{said.release}</Button>}
        <Button variant="default" onClick={() => setOpen('refuse')}>
          {no}
        </Button>
      </Acts>
    </>
  );
}

const manifestFacts = ({ manifest, fetched, bytes }: Export): Fact[] =>
  manifest === null
    ? []
    : [
        { term: said.facts.shown, value: formatCount(manifest.shown) },
        { term: said.facts.marks, value: formatCount(manifest.marks) },
        { term: said.facts.file, value: bytes === null ? words.none : said.bytes(bytes) },
        { term: said.facts.fetched, value: fetched === null ? said.notFetched : <Moment at={fetched} /> },
      ];

/** What was kept back, so that nobody stands out. */
const HeldBack = ({ manifest }: { readonly manifest: ExportManifest }): ReactNode => (
  <section className="cw-stack" aria-label={asking.gate.title}>
    <h3 className="cw-small-head">{asking.gate.title}</h3>
    <p className="cw-muted cw-small">{asking.gate.lead}</p>
    <Facts
      facts={[
        { term: asking.gate.few, value: formatCount(manifest.leftOut.few) },
        { term: asking.gate.uncovering, value: formatCount(manifest.leftOut.uncovering) },
        { term: asking.gate.folded, value: formatCount(manifest.folded) },
        ...(manifest.shape === 'counts' ? [{ term: asking.gate.withheld, value: formatCount(manifest.withheld) }] : []),
        { term: asking.gate.before, value: formatCount(manifest.before) },
      ]}
    />
    <p className="cw-muted cw-small">{manifest.notice}</p>
  </section>
);

function One({ one }: { readonly one: Export }): ReactNode {
  const nameOf = usePersonName();
  const { draft, asked, decided } = one;
  return (
    <>
      <p className="cw-drawer-name">{whatOf(one)}</p>
      <Facts
        facts={[
          { term: facts.id, value: <Copyable value={one.id} label={facts.id} /> },
          { term: facts.state, value: <ExportState state={one.state} /> },
          { term: said.facts.columns, value: draft.columns.map(({ name }) => name).join(', ') },
          { term: said.facts.recipient, value: draft.recipient.name },
          { term: said.facts.key, value: <code title={draft.recipient.key}>{formatHash(draft.recipient.key)}</code> },
          { term: said.facts.purpose, value: said.purposes[draft.purpose] },
          { term: said.facts.ground, value: said.grounds[draft.ground] },
          { term: said.facts.basis, value: draft.basis },
          { term: said.facts.least, value: said.least(draft.k, draft.l) },
          { term: said.facts.until, value: <Moment at={draft.until} /> },
          {
            term: said.facts.asked,
            value: <ByAt by={nameOf(asked.by)} at={asked.at} />,
          },
          ...(decided === null
            ? []
            : [
                {
                  term: said.facts.decided,
                  value: (
                    <>
                      <ByAt by={nameOf(decided.by)} at={decided.at} />
                      {decided.why !== null && `: ${decided.why}`}
                    </>
                  ),
                },
              ]),
          ...manifestFacts(one),
        ]}
      />
      {one.manifest !== null && <HeldBack manifest={one.manifest} />}
      {one.state === 'asked' && <ExportBudgetNote category={draft.category} />}
      <ExportActs one={one} />
    </>
  );
}

const Row = ({ one }: { readonly one: Export }): ReactNode => (
  <tr>
    <th scope="row">{whatOf(one)}</th>
    <td>{one.draft.recipient.name}</td>
    <td>{said.purposes[one.draft.purpose]}</td>
    <td>
      <Age at={one.asked.at} />
    </td>
    <td>
      <ExportState state={one.state} />
    </td>
    <td>
      <OpenButton what={said.what} id={one.id} />
    </td>
  </tr>
);

export function ExportsTab({ exports }: Pick<Desk, 'exports'>): ReactNode {
  const isOfficer = useRole('officer');
  const [asks, setAsks] = useState(false);
  const close = (): void => setAsks(false);
  return (
    <Answered query={exports} wanted={words.desk.wanted} skeleton={<CardSkeleton height={260} />}>
      {({ exports: all }) => (
        <div className="cw-stack">
          {isOfficer && (
            <div className="cw-toolbar">
              <Button onClick={() => setAsks(true)}>{asking.ask}</Button>
            </div>
          )}
          <TaskList {...{ tab: 'exports', icon: IconCloud, said, all, row: Row, task: One }} max={EXPORTS_SHOWN_MAX} />
          <Modal
            opened={asks}
            onClose={close}
            size="xl"
            title={asking.ask}
            closeButtonProps={{ 'aria-label': words.close }}
          >
            <ExportForm onClose={close} />
          </Modal>
        </div>
      )}
    </Answered>
  );
}
