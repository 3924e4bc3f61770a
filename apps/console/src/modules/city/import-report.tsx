/** One import: its column map, its difference by verdict, and the act: commit, or take back. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import type { ImportReport } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { client } from '../../live/live.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount } from '../../ui/format.ts';
import { IconArrowBackUp, IconCheck } from '../../ui/icons.ts';
import { Card, CardSkeleton, Page } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { Moment } from '../../ui/time.tsx';
import { ColumnMapCard } from './column-map-card.tsx';
import { DifferenceTabs } from './difference-tabs.tsx';
import { ImportState } from './import-state.tsx';

const CHANGED = [
  'getImport',
  'listImports',
  'listDevices',
  'cityNow',
  'devicePoints',
  'cityMap',
  'listParties',
] as const;

function UndoForm({ report, onClose }: { readonly report: ImportReport; readonly onClose: () => void }): ReactNode {
  const undo = useAct('undoImport', { refresh: CHANGED, done: onClose });
  return (
    <ReasonForm
      act={words.import.undo}
      wanted={words.wanted.undoImport}
      effect={<p>{words.import.undoEffect(formatCount(report.counts.new), formatCount(report.counts.changed))}</p>}
      danger
      busy={undo.isPending}
      error={undo.error}
      onSubmit={(reason) => undo.mutate({ params: { id: report.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

function Act({ report }: { readonly report: ImportReport }): ReactNode {
  const commit = useAct('commitImport', { refresh: CHANGED });
  const [undoing, setUndoing] = useState(false);
  const mayImport = useRole('operator');
  const count = report.counts.new + report.counts.changed;
  if (!mayImport) return null;
  if (report.state === 'previewed')
    return (
      <>
        {commit.error && <ProblemNote error={commit.error} wanted={words.wanted.commit} />}
        <Button
          disabled={count === 0}
          loading={commit.isPending}
          leftSection={<IconCheck size={16} aria-hidden />}
          onClick={() => commit.mutate({ params: { id: report.id } })}
        >
          {count === 0 ? words.import.nothing : words.import.commit(formatCount(count))}
        </Button>
      </>
    );
  if (report.state === 'undone') return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconArrowBackUp size={16} aria-hidden />}
        onClick={() => setUndoing(true)}
      >
        {words.import.undo}
      </Button>
      <Modal
        opened={undoing}
        onClose={() => setUndoing(false)}
        title={words.import.undo}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        <UndoForm report={report} onClose={() => setUndoing(false)} />
      </Modal>
    </>
  );
}

const Whole = ({ report }: { readonly report: ImportReport }): ReactNode => (
  <Page
    title={report.file}
    lead={
      <span className="cw-meta">
        <ImportState state={report.state} />
        <span>{words.import.formatNames[report.format]}</span>
        <span>{words.import.rows(formatCount(report.counts.rows))}</span>
        <span>
          <Person id={report.by} />, <Moment at={report.at} />
        </span>
        {report.sha256 && (
          <a href={client.url('getImportFile', { params: { id: report.id } })} download title={report.sha256}>
            {words.import.file}
          </a>
        )}
      </span>
    }
    actions={<Act report={report} />}
  >
    <div className="cw-stack-wide">
      <ColumnMapCard report={report} />
      <Card title={report.state === 'previewed' ? words.import.difference : words.import.done}>
        <DifferenceTabs report={report} />
      </Card>
    </div>
  </Page>
);

export function ImportReportPage(): ReactNode {
  const { id } = useParams({ from: '/import/$id' });
  const report = useAsk('getImport', { params: { id } });
  return (
    <Answered
      key={id}
      query={report}
      wanted={words.wanted.import}
      skeleton={
        <Page title={words.pages.import.name}>
          <CardSkeleton height={320} />
        </Page>
      }
    >
      {(answer) => <Whole report={answer} />}
    </Answered>
  );
}
