/** Wanted configuration: what is wanted of classes, sites and devices, who differs, and the change that mends it. */
import { useState, type ReactNode } from 'react';
import { Button, Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { DesiredPart, Drift } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { useAsk } from '../../live/hooks.ts';
import { Answered } from '../../ui/answered.tsx';
import { IconPlus, IconStairsUp } from '../../ui/icons.ts';
import { Card, Empty, Page, RowsSkeleton } from '../../ui/parts.tsx';
import { Table } from '../../ui/table.tsx';
import { Moment } from '../../ui/time.tsx';
import { Person } from '../identity/person.tsx';
import { WantedDevice } from './wanted-device.tsx';
import { WantedForm } from './wanted-form.tsx';

const said = words.wantedConfig;
const HASH_SHOWN = 12;
const SAMPLE_SHOWN = 5;

interface GroupProps {
  readonly group: Drift['groups'][number];
  readonly mayPlan: boolean;
}
function DriftGroup({ group, mayPlan }: GroupProps): ReactNode {
  const shown = group.sample.slice(0, SAMPLE_SHOWN);
  const more = group.devices - shown.length;
  return (
    <li className="cw-stack">
      <div>
        {shown.map((device) => (
          <Link key={device} to="/changes/wanted" search={{ subject: device }} className="cw-wanted-device">
            {device}
          </Link>
        ))}
        {more > 0 && <span className="cw-muted cw-small">{said.more(more)}</span>}
        <span className="cw-block cw-muted cw-small">
          {said.document}: <code>{group.document.slice(0, HASH_SHOWN)}</code>
        </span>
      </div>
      {mayPlan && (
        <div>
          <Button
            size="xs"
            renderRoot={(props) => <Link to="/changes/new" search={{ drift: group.document }} {...props} />}
          >
            {said.mend(group.devices)}
          </Button>
        </div>
      )}
    </li>
  );
}

function DriftCard(): ReactNode {
  const drift = useAsk('listDrift', {});
  const mayPlan = useRole('operator');
  return (
    <Card title={said.driftTitle}>
      <Answered query={drift} wanted={words.wanted.drift} skeleton={<RowsSkeleton rows={2} height={28} />}>
        {({ groups }) =>
          groups.length === 0 ? (
            <p className="cw-muted">{words.planning.noDrift}</p>
          ) : (
            <>
              <p className="cw-muted cw-small">{said.driftText}</p>
              <ul className="cw-plain-list">
                {groups.map((group) => (
                  <DriftGroup key={group.document} group={group} mayPlan={mayPlan} />
                ))}
              </ul>
            </>
          )
        }
      </Answered>
    </Card>
  );
}

/** What somebody is about to say anew; an empty document for a part that is none yet. */
type Editing = Pick<DesiredPart, 'scope' | 'key' | 'document'>;
const NOTHING: Editing = { scope: 'class', key: '', document: {} };

const nameOf = ({ scope, key }: Editing): string =>
  scope === 'class' && Object.hasOwn(words.classes, key) ? words.classes[key as keyof typeof words.classes].many : key;

interface PartProps {
  readonly part: DesiredPart;
  readonly onEdit: ((part: Editing) => void) | null;
}
const PartRow = ({ part, onEdit }: PartProps): ReactNode => (
  <tr>
    <td>{said.scopes[part.scope]}</td>
    <th scope="row">
      {part.scope === 'device' ? (
        <Link to="/changes/wanted" search={{ subject: part.key }}>
          {part.key}
        </Link>
      ) : (
        nameOf(part)
      )}
    </th>
    <td>
      <pre className="cw-pre cw-wanted-document">{JSON.stringify(part.document, null, 2)}</pre>
    </td>
    <td>
      <Moment at={part.at} />
      <span className="cw-block cw-muted cw-small">
        <Person id={part.by} />
      </span>
    </td>
    {onEdit && (
      <td>
        <Button size="xs" variant="default" aria-label={said.editOf(nameOf(part))} onClick={() => onEdit(part)}>
          {said.edit}
        </Button>
      </td>
    )}
  </tr>
);

function PartsCard({ onEdit }: { readonly onEdit: ((part: Editing) => void) | null }): ReactNode {
  const desired = useAsk('listDesired', {});
  const columns = onEdit ? [...said.columns, said.actColumn] : said.columns;
  return (
    <Card title={said.partsTitle}>
      <Answered query={desired} wanted={words.wanted.desired} skeleton={<RowsSkeleton rows={4} height={28} />}>
        {({ parts }) =>
          parts.length === 0 ? (
            <Empty icon={IconStairsUp} {...said.empty} />
          ) : (
            <Table label={said.partsTitle} columns={columns} wide>
              {SCOPES.flatMap((scope) => parts.filter((part) => part.scope === scope)).map((part) => (
                <PartRow key={`${part.scope}/${part.key}`} part={part} onEdit={onEdit} />
              ))}
            </Table>
          )
        }
      </Answered>
    </Card>
  );
}
/** From wide to narrow: the later wins. */
const SCOPES: readonly DesiredPart['scope'][] = ['class', 'site', 'device'];

export function WantedPage(): ReactNode {
  const mayPlan = useRole('operator');
  const [editing, setEditing] = useState<Editing | null>(null);
  const close = (): void => setEditing(null);
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setEditing(NOTHING)}>
      {said.add}
    </Button>
  );
  return (
    <Page title={said.title} lead={said.lead} {...(mayPlan ? { actions: add } : {})}>
      <div className="cw-stack-wide">
        <DriftCard />
        <WantedDevice />
        <PartsCard onEdit={mayPlan ? setEditing : null} />
      </div>
      <Modal
        opened={editing !== null}
        onClose={close}
        size="lg"
        title={editing?.key ? said.editOf(nameOf(editing)) : said.add}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {editing && <WantedForm part={editing} onClose={close} />}
      </Modal>
    </Page>
  );
}
