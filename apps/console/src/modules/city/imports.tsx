/** Import: choose, drop or paste a file; see what it would change before anything does; all imports so far. */
import { useRef, useState, type DragEvent, type ReactNode } from 'react';
import { Button, FileButton, Textarea } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { words } from '../../words/en-GB.ts';
import { Person } from '../identity/person.tsx';
import { useRole } from '../../frame/session.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import type { Answer } from '../../live/client.ts';
import { Answered } from '../../ui/answered.tsx';
import { formatCount } from '../../ui/format.ts';
import { IconFileImport } from '../../ui/icons.ts';
import { Card, Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Moment } from '../../ui/time.tsx';
import { Table } from '../../ui/table.tsx';
import { ImportState } from './import-state.tsx';
import { rememberFile } from './import-files.ts';

const FILE_BYTES_MAX = 64 * 1_048_576;
const ACCEPTED = '.csv,.json,.geojson,.jsonld,text/csv,application/json,application/geo+json';

function usePreview(): {
  readonly send: (name: string, text: string) => void;
  readonly busy: boolean;
  readonly error: Error | null;
} {
  const navigate = useNavigate();
  const preview = useAct('previewImport', { refresh: ['listImports'] });
  const send = (name: string, text: string): void =>
    preview.mutate(
      { query: { file: name }, body: text },
      {
        onSuccess: (report) => {
          rememberFile(report.id, name, text);
          void navigate({ to: '/import/$id', params: { id: report.id } });
        },
      },
    );
  return { send, busy: preview.isPending, error: preview.error };
}

function Paste({ onText, busy }: { readonly onText: (text: string) => void; readonly busy: boolean }): ReactNode {
  const [text, setText] = useState('');
  return (
    <details className="cw-paste">
      <summary>{words.import.paste}</summary>
      <div className="cw-stack">
        <Textarea
          aria-label={words.import.paste}
          placeholder={words.import.pastePlaceholder}
          value={text}
          minRows={5}
          maxRows={12}
          autosize
          onChange={(event) => setText(event.currentTarget.value)}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        />
        <div>
          <Button variant="default" disabled={text.trim() === ''} loading={busy} onClick={() => onText(text)}>
            {words.import.check}
          </Button>
        </div>
      </div>
    </details>
  );
}

function Drop(): ReactNode {
  const { send, busy, error } = usePreview();
  const [over, setOver] = useState(false);
  const [tooLarge, setTooLarge] = useState<string | null>(null);
  const reset = useRef<() => void>(null);
  const take = (file: File | null | undefined): void => {
    reset.current?.();
    if (!file) return;
    setTooLarge(file.size > FILE_BYTES_MAX ? file.name : null);
    if (file.size <= FILE_BYTES_MAX) void file.text().then((text) => send(file.name, text));
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    <Card title={words.import.choose}>
      <div
        className="cw-drop"
        data-over={over || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <IconFileImport size={30} stroke={1.5} aria-hidden />
        <p>{words.import.dropText}</p>
        <FileButton onChange={take} accept={ACCEPTED} resetRef={reset}>
          {(props) => (
            <Button {...props} loading={busy}>
              {words.import.chooseFile}
            </Button>
          )}
        </FileButton>
        <p className="cw-muted cw-small">{words.import.formats}</p>
      </div>
      <Paste busy={busy} onText={(text) => send(words.import.pasted, text)} />
      {tooLarge !== null && (
        <p role="alert" className="cw-error">
          {words.import.tooLarge(tooLarge)}
        </p>
      )}
      {error && <ProblemNote error={error} wanted={words.wanted.preview} />}
    </Card>
  );
}

type Row = Answer<'listImports'>['imports'][number];
const HistoryRow = ({ one }: { readonly one: Row }): ReactNode => (
  <tr>
    <th scope="row">
      <Link to="/import/$id" params={{ id: one.id }}>
        {one.file}
      </Link>
    </th>
    <td>
      <ImportState state={one.state} />
    </td>
    <td>
      <Moment at={one.at} />
    </td>
    <td>
      <Person id={one.by} />
    </td>
    <td className="cw-num">{formatCount(one.counts.rows)}</td>
    <td className="cw-small">
      {words.import.summary(
        formatCount(one.counts.new),
        formatCount(one.counts.changed),
        formatCount(one.counts.conflict + one.counts.rejected),
      )}
    </td>
  </tr>
);

function History(): ReactNode {
  const imports = useAsk('listImports', {});
  return (
    <Card title={words.import.history} className="cw-card-table">
      <Answered query={imports} wanted={words.wanted.imports} skeleton={<RowsSkeleton rows={4} />}>
        {(answer) =>
          answer.imports.length === 0 ? (
            <Empty icon={IconFileImport} {...words.import.empty} />
          ) : (
            <Table label={words.import.history} columns={words.import.historyColumns}>
              {answer.imports.map((one) => (
                <HistoryRow key={one.id} one={one} />
              ))}
            </Table>
          )
        }
      </Answered>
    </Card>
  );
}

export function ImportsPage(): ReactNode {
  const mayImport = useRole('operator');
  return (
    <Page title={words.pages.import.name} lead={words.import.lead}>
      <div className="cw-stack-wide">
        {mayImport ? <Drop /> : <p className="cw-muted">{words.import.noRole}</p>}
        <History />
      </div>
    </Page>
  );
}
