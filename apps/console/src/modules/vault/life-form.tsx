/** Records a change in somebody's life with its document; a second officer confirms it. */
import type { ReactNode } from 'react';
import { NativeSelect, TextInput } from '@mantine/core';
import { OFFICES, type Office, type WeightyChange } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { PersonField, ReaderField, RecordField } from './pickers.tsx';
import { idFault, refusedAt, useDraft, type Form } from './use-draft.ts';

const said = words.recordingLife;
const changes = words.desk.lives.changes;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const [DAY_MAX, CLAUSE_MAX] = [10, 64];
type Do = WeightyChange['do'];

interface Filled {
  readonly subject: string;
  readonly do: Do;
  readonly document: string;
  readonly born: string;
  readonly person: string;
  readonly as: Office;
  readonly until: string;
  readonly clause: string;
}
const EMPTY: Filled = {
  ...{ subject: '', do: 'died', document: '', born: '', person: '', as: 'guardian', until: '', clause: '' },
};
const endOf = (day: string): number => new Date(`${day}T23:59:59`).getTime();
const dayFault = (day: string): string | null => (DAY.test(day) ? null : said.form.needsDay);

const changeOf = ({ do: what, born, person, as, until, clause }: Filled): WeightyChange => {
  switch (what) {
    case 'minor':
      return { do: what, born };
    case 'appoint':
      return { do: what, person: person.trim(), as, until: until === '' ? null : endOf(until) };
    case 'hush':
      return { do: what, until: endOf(until), clause: clause.trim() };
    default:
      return { do: what };
  }
};
const faultsOf = ({ do: what, ...filled }: Filled) => ({
  subject: idFault(filled.subject),
  document: filled.document === '' ? words.choosing.wanted : null,
  born: what === 'minor' ? dayFault(filled.born) : null,
  person: what === 'appoint' ? idFault(filled.person) : null,
  until: what === 'hush' ? dayFault(filled.until) : null,
  clause: what === 'hush' ? idFault(filled.clause) : null,
});

interface DetailProps {
  readonly form: Form<Filled>;
  readonly faults: ReturnType<typeof faultsOf>;
  readonly error: Error | null;
}
const Details = ({ form: { draft, set, text, shown }, faults, error }: DetailProps): ReactNode => (
  <>
    {draft.do === 'minor' && <TextInput type="date" label={said.form.born} {...text('born', DAY_MAX, faults.born)} />}
    {draft.do === 'appoint' && (
      <>
        <ReaderField
          label={said.form.person}
          value={draft.person}
          error={shown(faults.person) ?? refusedAt(error, 'PERSON_UNKNOWN')}
          onChange={(person) => set({ person })}
        />
        <NativeSelect
          label={said.form.as}
          value={draft.as}
          data={OFFICES.map((office) => ({ value: office, label: said.offices[office] }))}
          onChange={(event) => set({ as: event.currentTarget.value as Office })}
        />
      </>
    )}
    {(draft.do === 'appoint' || draft.do === 'hush') && (
      <TextInput
        type="date"
        label={said.form.until}
        description={draft.do === 'hush' ? said.form.hushHelp : said.form.untilHelp}
        {...text('until', DAY_MAX, faults.until)}
      />
    )}
    {draft.do === 'hush' && (
      <TextInput
        label={said.form.clause}
        description={said.form.clauseHelp}
        {...text('clause', CLAUSE_MAX, faults.clause)}
        error={shown(faults.clause) ?? refusedAt(error, 'CLAUSE_LETS_NOTHING_WAIT')}
      />
    )}
  </>
);

export function LifeForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const form = useDraft<Filled>(EMPTY);
  const { draft, set, shown } = form;
  const act = useAct('proposeLife', { refresh: ['listLifeProposals', 'countDesk'], done: onClose });
  const faults = faultsOf(draft);
  const send = (): void =>
    act.mutate({ body: { subject: draft.subject.trim(), change: changeOf(draft), document: draft.document } });
  const say = { effect: said.effect, yes: said.yes, wanted: said.wanted };
  return (
    <ActForm {...say} act={act} onSubmit={() => form.submit(Object.values(faults), send)} onClose={onClose}>
      <PersonField
        label={said.form.subject}
        value={draft.subject}
        error={shown(faults.subject)}
        first
        onChange={(subject) => set({ subject, document: '' })}
      />
      <NativeSelect
        label={said.form.change}
        value={draft.do}
        data={Object.entries(changes).map(([value, label]) => ({ value, label }))}
        onChange={(event) => set({ do: event.currentTarget.value as Do })}
      />
      <Details form={form} faults={faults} error={act.error} />
      <RecordField
        label={said.form.document}
        description={said.form.documentHelp}
        subject={draft.subject.trim()}
        value={draft.document}
        error={shown(faults.document) ?? refusedAt(act.error, 'DOCUMENT_UNKNOWN')}
        onChange={(document) => set({ document })}
      />
    </ActForm>
  );
}
