/** A second officer looks whether a destruction is complete, reads the draft of its certificate, and signs it. */
import { useState, type ReactNode } from 'react';
import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Destruction, DestructionDraft } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { useAct } from '../../live/hooks.ts';
import { queries } from '../../live/live.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { IconFingerprint } from '../../ui/icons.ts';
import { Facts } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { canUsePasskeys } from '../identity/passkey.ts';
import { signCertificate } from './certify.ts';
import { Acts } from './desk-parts.tsx';

const said = words.destroying;
const FIELDS = ['name', 'title', 'location', 'contact'] as const;
const FIELD_MAX = 80;

function Drafted({ id, draft }: { readonly id: string; readonly draft: DestructionDraft }): ReactNode {
  const sign = useMutation({
    mutationFn: () => signCertificate(id, draft),
    onSuccess: () => {
      for (const stale of ['listDestructions', 'countDesk']) void queries.invalidateQueries({ queryKey: [stale] });
    },
  });
  return (
    <div className="cw-stack">
      {draft.words.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <Facts facts={[{ term: said.hash, value: <code className="cw-hash">{draft.hash}</code> }]} />
      {sign.error && <ProblemNote error={sign.error} wanted={said.wantedSign} />}
      {canUsePasskeys() ? (
        <Acts why={null}>
          <Button
            leftSection={<IconFingerprint size={16} aria-hidden />}
            loading={sign.isPending}
            onClick={() => sign.mutate()}
          >
            {said.sign}
          </Button>
        </Acts>
      ) : (
        <>
          <p className="cw-muted">{said.noPasskeys}</p>
          <Copyable value={said.command(id)} label={words.verify.commandName} />
        </>
      )}
    </div>
  );
}

export function CertifyCard({ one }: { readonly one: Destruction }): ReactNode {
  const { me } = useSession();
  const [isOpen, setOpen] = useState(false);
  const [verifier, setVerifier] = useState({ name: me.handle, title: '', location: '', contact: '' });
  const act = useAct('draftCertificate', { refresh: ['listDestructions'] });
  if (act.data) return <Drafted id={one.id} draft={act.data} />;
  if (!isOpen)
    return (
      <Acts why={null}>
        <Button onClick={() => setOpen(true)}>{said.certify}</Button>
      </Acts>
    );
  const isWhole = FIELDS.every((field) => verifier[field].trim() !== '');
  const say = { effect: said.certifyEffect, yes: said.draft, wanted: said.wantedDraft };
  return (
    <ActForm
      {...say}
      act={act}
      disabled={!isWhole}
      onSubmit={() => act.mutate({ params: { id: one.id }, body: { verifier } })}
      onClose={() => setOpen(false)}
    >
      <p className="cw-muted cw-small">{said.verifierHelp}</p>
      {FIELDS.map((field) => (
        <TextInput
          key={field}
          label={said.verifier[field]}
          value={verifier[field]}
          maxLength={FIELD_MAX}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setVerifier((before) => ({ ...before, [field]: value }));
          }}
        />
      ))}
    </ActForm>
  );
}
