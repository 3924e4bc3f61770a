/** Asks for an export: filled in first, then read once more before it is asked for. */
import { useState, type ReactNode } from 'react';
import { Button, NativeSelect, NumberInput, Radio, Textarea, TextInput } from '@mantine/core';
import { EXPORT_K_MAX, type ExportDraft } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { DAY_MS, dayOf, formatDate } from '../../ui/format.ts';
import { REASON_MAX } from '../../ui/reason.ts';
import { ExportBudgetNote } from './export-budget.tsx';
import { ExportColumns } from './export-columns.tsx';
import {
  bandsOf,
  draftOf,
  emptyColumn,
  endOf,
  faultsOf,
  isFine,
  type ExportFaults,
  type ExportFilled,
} from './export-draft.ts';
import { CategoryField, ReaderField } from './pickers.tsx';
import { refusedAt, useDraft, type Form } from './use-draft.ts';

const said = words.askingExport;
const KEPT_DAYS = 180;
const [NAME_MAX, KEY_MAX, L_MAX] = [200, 3_000, 100];
const SHAPES = ['rows', 'counts'] as const;
const GROUNDS = ['law', 'consent'] as const;
const PURPOSES = Object.entries(words.exporting.purposes).map(([value, label]) => ({ value, label }));

const empty = (): ExportFilled => ({
  ...{ category: '', shape: 'rows', columns: [emptyColumn(0)], purpose: 'HRESCH', ground: 'law', person: '' },
  ...{ basis: '', recipient: '', publicKey: '', k: 5, l: 2, until: dayOf(Date.now() + KEPT_DAYS * DAY_MS) },
});

interface PartProps {
  readonly form: Form<ExportFilled>;
  readonly faults: ExportFaults;
  readonly error: Error | null;
}
const What = ({ form: { draft, set, shown, tried }, faults }: PartProps): ReactNode => (
  <section className="cw-stack" aria-label={said.parts.what}>
    <h3 className="cw-small-head">{said.parts.what}</h3>
    <CategoryField
      label={said.form.category}
      description={said.form.categoryHelp}
      value={draft.category}
      error={shown(faults.category)}
      first
      onChange={(category) => set({ category, columns: [emptyColumn(0)] })}
    />
    <Radio.Group
      label={said.form.shape}
      value={draft.shape}
      onChange={(shape) => set({ shape: shape as ExportDraft['shape'] })}
    >
      <div className="cw-choices">
        {SHAPES.map((shape) => (
          <Radio key={shape} value={shape} label={said.form.shapes[shape]} />
        ))}
      </div>
    </Radio.Group>
    <ExportColumns
      filled={draft}
      faults={tried ? faults.each : null}
      fault={shown(faults.columns)}
      onChange={(columns) => set({ columns })}
    />
  </section>
);

const Whom = ({ form: { draft, set, text, shown }, faults, error }: PartProps): ReactNode => {
  const [basis, key] = [text('basis', REASON_MAX, faults.basis), text('publicKey', KEY_MAX, faults.publicKey)];
  return (
    <section className="cw-stack" aria-label={said.parts.whom}>
      <h3 className="cw-small-head">{said.parts.whom}</h3>
      <TextInput label={said.form.recipient} {...text('recipient', NAME_MAX, faults.recipient)} />
      <Textarea
        label={said.form.key}
        description={said.form.keyHelp}
        autosize
        minRows={2}
        className="cw-mono"
        {...key}
        error={key.error ?? refusedAt(error, 'EXPORT_KEY_NOT_VALID')}
      />
      <div className="cw-pair">
        <NativeSelect
          label={said.form.purpose}
          value={draft.purpose}
          data={PURPOSES}
          onChange={(event) => set({ purpose: event.currentTarget.value as ExportDraft['purpose'] })}
        />
        <NativeSelect
          label={said.form.ground}
          value={draft.ground}
          data={GROUNDS.map((ground) => ({ value: ground, label: words.exporting.grounds[ground] }))}
          onChange={(event) => set({ ground: event.currentTarget.value as ExportDraft['ground'] })}
        />
      </div>
      {draft.ground === 'consent' && (
        <ReaderField
          label={said.form.person}
          value={draft.person}
          error={shown(faults.person) ?? refusedAt(error, 'PERSON_UNKNOWN')}
          onChange={(person) => set({ person })}
        />
      )}
      <Textarea label={said.form.basis} description={said.form.basisHelp} autosize minRows={2} {...basis} />
    </section>
  );
};

const Rule = ({ form: { draft, set, text, shown }, faults }: PartProps): ReactNode => (
  <section className="cw-stack" aria-label={said.parts.rule}>
    <h3 className="cw-small-head">{said.parts.rule}</h3>
    <div className="cw-pair">
      <NumberInput
        label={said.form.k}
        description={said.form.kHelp}
        value={draft.k}
        max={EXPORT_K_MAX}
        allowDecimal={false}
        error={shown(faults.k)}
        onChange={(k) => set({ k: Number(k) })}
      />
      <NumberInput
        label={said.form.l}
        description={said.form.lHelp}
        value={draft.l}
        max={L_MAX}
        allowDecimal={false}
        error={shown(faults.l)}
        onChange={(l) => set({ l: Number(l) })}
      />
    </div>
    <TextInput type="date" label={said.form.until} {...text('until', 10, faults.until)} />
  </section>
);

const Summary = ({ filled }: { readonly filled: ExportFilled }): ReactNode => (
  <div className="cw-stack">
    <p>
      <strong>
        {said.summary(filled.category, said.form.shapes[filled.shape].split(':')[0]!, filled.recipient.trim())}
      </strong>
    </p>
    <ul className="cw-plain-list">
      {filled.columns.map(({ key, name, role, bands }) => (
        <li key={key}>{said.summaryColumn(name, said.form.roles[role], role === 'quasi' ? bandsOf(bands) : [])}</li>
      ))}
    </ul>
    <p>{said.summaryRule(filled.k, filled.l, formatDate(endOf(filled.until)))}</p>
    <p>
      {words.exporting.purposes[filled.purpose]} · {words.exporting.grounds[filled.ground]} · {filled.basis.trim()}
    </p>
    <ExportBudgetNote category={filled.category.trim()} />
  </div>
);

export function ExportForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const form = useDraft<ExportFilled>(empty);
  const [checks, setChecks] = useState(false);
  const act = useAct('askExport', { refresh: ['listExports', 'countDesk'], done: onClose });
  const faults = faultsOf(form.draft, Date.now());
  const parts = { form, faults, error: act.error };
  const ask = (): void => act.mutate({ body: draftOf(form.draft) });
  const next = (): void => {
    act.reset();
    form.submit([isFine(faults) ? null : said.wanted], () => setChecks(true));
  };
  const say = { effect: said.effect, wanted: said.wanted, act, onClose };
  return checks ? (
    <ActForm {...say} yes={said.yes} onSubmit={ask}>
      <Summary filled={form.draft} />
      <div>
        <Button variant="subtle" size="xs" onClick={() => setChecks(false)}>
          {said.back}
        </Button>
      </div>
    </ActForm>
  ) : (
    <ActForm {...say} yes={said.next} onSubmit={next}>
      <What {...parts} />
      <Whom {...parts} />
      <Rule {...parts} />
    </ActForm>
  );
}
