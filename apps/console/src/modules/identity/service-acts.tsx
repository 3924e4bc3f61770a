/** What an administrator does with one cloud service: secret, certificate, key, reach, end. Secrets are shown once. */
import { useState, type ReactNode } from 'react';
import { Textarea } from '@mantine/core';
import { PUBLIC_KEY_MAX_CHARS, type ServiceIdentity } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm, ShownOnce } from '../../ui/act-form.tsx';
import { formatMoment } from '../../ui/format.ts';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { draftOfReach, ReachFields, reachOf } from './service-reach.tsx';

const said = words.cloud;
const REFRESH = ['listServices'] as const;

export interface ActProps {
  readonly service: ServiceIdentity;
  readonly onClose: () => void;
}

export function SecretAct({ service: { id }, onClose }: ActProps): ReactNode {
  const act = useAct('issueServiceSecret', { refresh: REFRESH });
  if (act.data)
    return (
      <ShownOnce
        lead={said.secretShown}
        values={[
          { label: said.facts.id, value: id },
          { label: said.secretLabel, value: act.data.secret },
          { label: said.tokenUrl, value: act.data.tokenUrl },
        ]}
        onClose={onClose}
      />
    );
  const submit = (): void => act.mutate({ params: { id } });
  const say = { effect: said.secretEffect, yes: said.secretYes, wanted: said.wantedSecret };
  return <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} />;
}

export function CertificateAct({ service: { id }, onClose }: ActProps): ReactNode {
  const act = useAct('issueServiceCode', { refresh: REFRESH });
  if (act.data)
    return (
      <ShownOnce
        lead={said.codeShown(formatMoment(act.data.expires))}
        values={[
          { label: said.facts.id, value: id },
          { label: said.codeLabel, value: act.data.code },
          { label: said.codeUrl, value: act.data.url },
        ]}
        onClose={onClose}
      />
    );
  const submit = (): void => act.mutate({ params: { id } });
  const say = { effect: said.codeEffect, yes: said.codeYes, wanted: said.wantedCode };
  return <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} />;
}

export function KeyAct({ service: { id }, onClose }: ActProps): ReactNode {
  const [pem, setPem] = useState('');
  const act = useAct('setServiceKey', { refresh: REFRESH });
  if (act.data)
    return (
      <ShownOnce
        lead={said.keySet}
        values={[{ label: said.facts.key, value: act.data.publicKey ?? '' }]}
        onClose={onClose}
      />
    );
  const submit = (): void => act.mutate({ params: { id }, body: { publicKey: pem.trim() } });
  const say = { effect: said.keyEffect, yes: said.keyYes, wanted: said.wantedKey };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} disabled={pem.trim() === ''}>
      <Textarea
        label={said.keyLabel}
        value={pem}
        maxLength={PUBLIC_KEY_MAX_CHARS}
        autosize
        minRows={4}
        maxRows={10}
        placeholder="-----BEGIN PUBLIC KEY-----"
        data-autofocus
        onChange={(event) => setPem(event.currentTarget.value)}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
    </ActForm>
  );
}

export function ReachAct({ service: { id, reach }, onClose }: ActProps): ReactNode {
  const [draft, setDraft] = useState(() => draftOfReach(reach));
  const act = useAct('setServiceReach', { refresh: REFRESH, done: onClose });
  const submit = (): void => act.mutate({ params: { id }, body: reachOf(draft) });
  const say = { effect: said.reachEffect, yes: said.reachYes, wanted: said.wantedReach };
  return (
    <ActForm {...say} act={act} onSubmit={submit} onClose={onClose} disabled={draft.data.length === 0}>
      <ReachFields value={draft} onChange={setDraft} />
    </ActForm>
  );
}

export function EndAct({ service: { id, name }, onClose }: ActProps): ReactNode {
  const act = useAct('endService', { refresh: REFRESH, done: onClose });
  return (
    <ReasonForm
      act={said.endOf(name)}
      wanted={said.wantedEnd}
      effect={<p>{said.endEffect}</p>}
      danger
      suggestions={said.endReasons}
      busy={act.isPending}
      error={act.error}
      onSubmit={(reason) => act.mutate({ params: { id }, body: { reason } })}
      onCancel={onClose}
    />
  );
}
