/** Lets somebody answer for a control that is not met: for whom, why, and until which day. */
import { useState, type ReactNode } from 'react';
import { Button, Select, TextInput } from '@mantine/core';
import { BASELINE_EXCEPTION_MAX_DAYS, EXCEPTION_SCOPES, type ControlView } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { Card } from '../../ui/parts.tsx';
import { ReasonForm } from '../../ui/reason-form.tsx';

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 30;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

type Scope = (typeof EXCEPTION_SCOPES)[number];

export function ExceptForm({ view }: { readonly view: ControlView }): ReactNode {
  const [open, setOpen] = useState(false);
  const [scope, setScope] = useState<Scope>('device');
  const [key, setKey] = useState('');
  const [owner, setOwner] = useState('');
  const [until, setUntil] = useState(() => dayOf(Date.now() + DAYS_DEFAULT * DAY_MS));
  const add = useAct('addBaselineException', {
    refresh: ['getControl', 'listBaselineDevices', 'listBaselineExceptions', 'getBaseline'],
    done: () => setOpen(false),
  });
  if (!open)
    return (
      <Button variant="default" onClick={() => setOpen(true)}>
        {words.baseline.except}
      </Button>
    );
  const { id } = view.control;
  return (
    <Card title={words.baseline.except}>
      <div className="cw-stack">
        <Select
          label={words.baseline.scope}
          value={scope}
          allowDeselect={false}
          data={EXCEPTION_SCOPES.map((value) => ({ value, label: words.baseline.scopes[value] }))}
          onChange={(value) => setScope((value ?? 'device') as Scope)}
        />
        <TextInput label={words.baseline.scopes[scope]} value={key} onChange={(event) => setKey(event.target.value)} />
        <TextInput label={words.baseline.owner} value={owner} onChange={(event) => setOwner(event.target.value)} />
        <TextInput
          label={words.baseline.until}
          type="date"
          value={until}
          min={dayOf(Date.now() + DAY_MS)}
          max={dayOf(Date.now() + (BASELINE_EXCEPTION_MAX_DAYS - 1) * DAY_MS)}
          onChange={(event) => setUntil(event.target.value)}
        />
      </div>
      <ReasonForm
        act={words.baseline.except}
        wanted={words.baseline.except}
        effect={words.baseline.noExceptions}
        busy={add.isPending}
        error={add.error}
        onSubmit={(reason) =>
          add.mutate({ body: { control: id, scope, key, owner, reason, until: Date.parse(until) } })
        }
        onCancel={() => setOpen(false)}
      />
    </Card>
  );
}
