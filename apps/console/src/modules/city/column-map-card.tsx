/** Which column means what: guessed, shown with a sample, and open to correction before the commit. */
import { useState, type ReactNode } from 'react';
import { Button, NativeSelect } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { IMPORT_FIELDS, type ImportReport } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { Card } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Table } from '../../ui/table.tsx';
import { canCorrect, mapOf, mapText, type ColumnMap } from './column-map.ts';
import { rememberedFile, rememberFile } from './import-files.ts';

function Again({ report, changed }: { readonly report: ImportReport; readonly changed: ColumnMap }): ReactNode {
  const navigate = useNavigate();
  const file = rememberedFile(report.id);
  const again = useAct('previewImport', { refresh: ['listImports'] });
  if (!file) return <p className="cw-muted cw-small">{words.import.chooseAgain}</p>;
  const map = mapText(mapOf(report.columns, changed));
  return (
    <>
      <div className="cw-card-actions">
        <Button
          size="xs"
          loading={again.isPending}
          onClick={() =>
            again.mutate(
              { query: { file: file.name, format: report.format, map }, body: file.text },
              {
                onSuccess: (next) => {
                  rememberFile(next.id, file.name, file.text);
                  void navigate({ to: '/import/$id', params: { id: next.id }, replace: true });
                },
              },
            )
          }
        >
          {words.import.checkAgain}
        </Button>
      </div>
      {again.error && <ProblemNote error={again.error} wanted={words.wanted.preview} />}
    </>
  );
}

export function ColumnMapCard({ report }: { readonly report: ImportReport }): ReactNode {
  const [changed, setChanged] = useState<ColumnMap>(new Map());
  if (report.columns.length === 0) return null;
  const map = mapOf(report.columns, changed);
  const used = new Set(
    [...map.values(), ...report.columns.map((column) => column.field)].filter((field) => field !== null),
  );
  const fields = [...new Set([...IMPORT_FIELDS, ...used])];
  const editable = report.state === 'previewed' && rememberedFile(report.id) !== null;
  const ignored = [...map.values()].filter((field) => field === null).length;
  return (
    <Card
      title={words.import.columns}
      aside={<span className="cw-muted cw-small">{words.import.ignored(ignored)}</span>}
    >
      <Table label={words.import.columns} columns={words.import.mapColumns} tall>
        {report.columns.map((column) => (
          <tr key={column.column}>
            <th scope="row">{column.column}</th>
            <td className="cw-small cw-sample">{column.sample}</td>
            <td>
              {editable && canCorrect(column.column) ? (
                <NativeSelect
                  size="xs"
                  aria-label={words.import.means(column.column)}
                  value={map.get(column.column) ?? ''}
                  data={[
                    { value: '', label: words.import.notUsed },
                    ...fields.map((field) => ({ value: field, label: field })),
                  ]}
                  onChange={(event) =>
                    setChanged(new Map([...changed, [column.column, event.currentTarget.value || null]]))
                  }
                />
              ) : (
                (map.get(column.column) ?? <span className="cw-muted">{words.import.notUsed}</span>)
              )}
            </td>
          </tr>
        ))}
      </Table>
      {report.state === 'previewed' && (changed.size > 0 || !editable) && <Again report={report} changed={changed} />}
    </Card>
  );
}
