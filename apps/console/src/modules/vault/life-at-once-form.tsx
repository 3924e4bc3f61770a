/** Takes a say away at once: those who act are at odds, one of them acts no more, or a category is kept from them. */
import type { ReactNode } from 'react';
import { NativeSelect } from '@mantine/core';
import { STANDING_ENDS, type SwiftChange } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { CategoryField, PersonField } from './pickers.tsx';
import { idFault, refusedAt, useDraft, type Form } from './use-draft.ts';

const said = words.recordingLife;
const KINDS = ['dispute', 'end', 'keep'] as const;

interface Filled {
  readonly subject: string;
  readonly do: (typeof KINDS)[number];
  readonly standing: string;
  readonly why: (typeof STANDING_ENDS)[number];
  readonly category: string;
}
const EMPTY: Filled = { subject: '', do: 'dispute', standing: '', why: 'order-ended', category: '' };
const changeOf = ({ do: what, standing, why, category }: Filled): SwiftChange =>
  what === 'end'
    ? { do: what, standing, why }
    : what === 'keep'
      ? { do: what, category: category.trim() }
      : { do: what };

interface EndProps {
  readonly form: Form<Filled>;
  readonly fault: string | null;
  readonly error: Error | null;
}
function EndFields({ form: { draft, set, shown }, fault, error }: EndProps): ReactNode {
  const subject = draft.subject.trim();
  const life = useAsk('getLife', { query: { subject } }, { enabled: idFault(subject) === null });
  const acting = (life.data?.standings ?? []).filter(({ ended }) => ended === null);
  return (
    <>
      <NativeSelect
        label={said.standing}
        description={life.data && acting.length === 0 ? said.standingNone : undefined}
        value={draft.standing}
        error={shown(fault) ?? refusedAt(error, 'STANDING_UNKNOWN')}
        data={[
          { value: '', label: words.desk.requests.choose },
          ...acting.map(({ id, person, as }) => ({ value: id, label: `${words.desk.lives.offices[as]}: ${person}` })),
        ]}
        onChange={(event) => set({ standing: event.currentTarget.value })}
      />
      <NativeSelect
        label={said.why}
        value={draft.why}
        data={STANDING_ENDS.map((why) => ({ value: why, label: said.ends[why] }))}
        onChange={(event) => set({ why: event.currentTarget.value as Filled['why'] })}
      />
    </>
  );
}

export function LifeAtOnceForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const form = useDraft<Filled>(EMPTY);
  const { draft, set, shown } = form;
  const subject = draft.subject.trim();
  const act = useAct('changeLife', { refresh: ['getLife'], done: onClose });
  const faults = {
    subject: idFault(subject),
    standing: draft.do === 'end' && draft.standing === '' ? words.choosing.wanted : null,
    category: draft.do === 'keep' ? idFault(draft.category) : null,
  };
  const send = (): void => act.mutate({ body: { subject, change: changeOf(draft) } });
  const say = { effect: said.atOnceEffect, yes: said.yesAtOnce, wanted: said.wantedAtOnce };
  return (
    <ActForm {...say} act={act} onSubmit={() => form.submit(Object.values(faults), send)} onClose={onClose}>
      <PersonField
        label={said.form.subject}
        value={draft.subject}
        error={shown(faults.subject)}
        first
        onChange={(id) => set({ subject: id, standing: '' })}
      />
      <NativeSelect
        label={said.form.change}
        value={draft.do}
        data={KINDS.map((kind) => ({ value: kind, label: said[kind] }))}
        onChange={(event) => set({ do: event.currentTarget.value as Filled['do'] })}
      />
      {draft.do === 'end' && <EndFields form={form} fault={faults.standing} error={act.error} />}
      {draft.do === 'keep' && (
        <CategoryField
          value={draft.category}
          error={shown(faults.category)}
          onChange={(category) => set({ category })}
        />
      )}
    </ActForm>
  );
}
