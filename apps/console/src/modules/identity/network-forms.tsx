/** Forms of a network: register, for whom it speaks, its one-time code, its end. */
import { useState, type ReactNode } from 'react';
import { Select, Textarea, TextInput } from '@mantine/core';
import { NETWORK_KINDS, type NetworkIdentity, type NetworkKind, type SpeaksFor } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct, useAsk } from '../../live/hooks.ts';
import { ActForm, ShownOnce } from '../../ui/act-form.tsx';
import { formatMoment, wordsIn } from '../../ui/format.ts';
import { ReasonForm } from '../../ui/reason-form.tsx';

const said = words.networks;
const REFRESH = ['listNetworks'] as const;
const ID_PATTERN = '[a-z0-9][a-z0-9\\-]{1,62}[a-z0-9]';
const IDS_MAX_CHARS = 200_000;
/** The RADIUS server is registered by the command that configures it. */
const KINDS = NETWORK_KINDS.filter((kind) => kind !== 'radius-server');

interface OneProps {
  readonly one: NetworkIdentity;
  readonly onClose: () => void;
}

/** As a form holds it: ids are still text. */
interface SpeaksDraft {
  readonly devices: string;
  readonly sites: string;
}
const speaksForOf = ({ devices, sites }: SpeaksDraft): SpeaksFor => ({
  devices: wordsIn(devices),
  sites: wordsIn(sites),
});

interface SpeaksProps {
  readonly value: SpeaksDraft;
  readonly onChange: (value: SpeaksDraft) => void;
}
const SpeaksFields = ({ value, onChange }: SpeaksProps): ReactNode => (
  <>
    {(['devices', 'sites'] as const).map((name) => (
      <Textarea
        key={name}
        label={said.list[name]}
        description={said.list.ids}
        value={value[name]}
        maxLength={IDS_MAX_CHARS}
        autosize
        minRows={2}
        maxRows={8}
        onChange={(event) => onChange({ ...value, [name]: event.currentTarget.value })}
      />
    ))}
  </>
);

export function SpeaksForm({ one, onClose }: OneProps): ReactNode {
  const { devices, sites } = one.speaksFor;
  const [draft, setDraft] = useState<SpeaksDraft>({ devices: devices.join(' '), sites: sites.join(' ') });
  const act = useAct('setSpeaksFor', { refresh: REFRESH, done: onClose });
  const say = { effect: said.list.changeEffect, yes: said.list.changeYes, wanted: said.wantedSpeaks };
  const submit = (): void => act.mutate({ params: { id: one.id }, body: speaksForOf(draft) });
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose}>
      <SpeaksFields value={draft} onChange={setDraft} />
    </ActForm>
  );
}

export function CodeForm({ one: { id }, onClose }: OneProps): ReactNode {
  const act = useAct('issueNetworkCode', { refresh: REFRESH });
  if (act.data)
    return (
      <ShownOnce
        lead={said.list.codeShown(formatMoment(act.data.expires))}
        values={[
          { label: said.list.code, value: act.data.code },
          { label: said.list.url, value: act.data.url },
        ]}
        onClose={onClose}
      />
    );
  const say = { effect: said.list.codeEffect, yes: said.list.codeYes, wanted: said.wantedCode };
  return <ActForm {...say} act={act} onSubmit={() => act.mutate({ params: { id } })} onClose={onClose} />;
}

export function EndForm({ one, onClose }: OneProps): ReactNode {
  const end = useAct('endNetwork', { refresh: REFRESH, done: onClose });
  return (
    <ReasonForm
      act={said.list.endOf(one.name)}
      wanted={said.wantedEnd}
      effect={<p>{said.list.endEffect}</p>}
      danger
      suggestions={said.list.reasons}
      busy={end.isPending}
      error={end.error}
      onSubmit={(reason) => end.mutate({ params: { id: one.id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}

interface Draft extends SpeaksDraft {
  readonly name: string;
  readonly id: string;
  readonly kind: NetworkKind;
  readonly party: string | null;
}
interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (patch: Partial<Draft>) => void;
}
function RegisterFields({ draft, onChange }: FieldsProps): ReactNode {
  const parties = useAsk('listParties', {}).data?.parties ?? [];
  const { form } = said.list;
  return (
    <>
      <TextInput
        required
        label={form.name}
        minLength={2}
        maxLength={100}
        value={draft.name}
        data-autofocus
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        required
        label={form.id}
        description={form.idHint}
        pattern={ID_PATTERN}
        maxLength={64}
        value={draft.id}
        onChange={(event) => onChange({ id: event.currentTarget.value })}
      />
      <Select
        label={form.kind}
        value={draft.kind}
        allowDeselect={false}
        data={KINDS.map((value) => ({ value, label: said.kinds[value] }))}
        onChange={(kind) => kind && onChange({ kind: kind as NetworkKind })}
      />
      <Select
        required
        label={form.party}
        data={parties.map(({ id, name }) => ({ value: id, label: name }))}
        value={draft.party}
        searchable
        nothingFoundMessage={form.noParty}
        onChange={(party) => onChange({ party })}
      />
      <SpeaksFields value={draft} onChange={onChange} />
    </>
  );
}

export function RegisterForm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [draft, setDraft] = useState<Draft>({
    ...{ name: '', id: '', kind: 'site-gateway', party: null },
    ...{ devices: '', sites: '' },
  });
  const act = useAct('registerNetwork', { refresh: REFRESH, done: onClose });
  const { name, id, kind, party } = draft;
  const submit = (): void => {
    if (party !== null) act.mutate({ body: { name: name.trim(), id, kind, party, speaksFor: speaksForOf(draft) } });
  };
  const say = { effect: said.list.why, yes: said.list.registerYes, wanted: said.wantedRegister };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} disabled={party === null}>
      <RegisterFields draft={draft} onChange={(patch) => setDraft({ ...draft, ...patch })} />
    </ActForm>
  );
}
