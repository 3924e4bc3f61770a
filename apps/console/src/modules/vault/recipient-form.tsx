/** Registers a recipient with its key, or changes its address and key. */
import { useRef, type ReactNode } from 'react';
import { Button, FileButton, Textarea, TextInput } from '@mantine/core';
import type { Recipient } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ActForm } from '../../ui/act-form.tsx';
import { IconFileImport } from '../../ui/icons.ts';
import { idFault, refusedAt, shortFault, useDraft, type Form } from './use-draft.ts';

const said = words.keeping;
const [NAME_MAX, URL_MAX, KEY_MAX, ID_MAX] = [120, 300, 600, 64];
const NAME_MIN = 2;
const PEM = /^-----BEGIN PUBLIC KEY-----/;

const idOf = (name: string): string =>
  name
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, ID_MAX)
    .replaceAll(/^-|-$/g, '');

interface KeyProps {
  readonly form: Form<{ readonly publicKey: string }>;
  readonly fault: string | null;
  readonly error: Error | null;
}
function KeyField({ form: { text, set }, fault, error }: KeyProps): ReactNode {
  const reset = useRef<() => void>(null);
  const field = text('publicKey', KEY_MAX, fault);
  return (
    <>
      <Textarea
        label={said.form.key}
        description={said.form.keyHelp}
        autosize
        minRows={4}
        className="cw-mono"
        {...field}
        error={field.error ?? refusedAt(error, 'RECIPIENT_KEY_NOT_VALID')}
      />
      <div>
        <FileButton
          accept=".pem,.pub,.txt"
          resetRef={reset}
          onChange={(file) => {
            void file
              ?.slice(0, KEY_MAX)
              .text()
              .then((publicKey) => set({ publicKey }));
            reset.current?.();
          }}
        >
          {(props) => (
            <Button {...props} variant="default" size="xs" leftSection={<IconFileImport size={14} aria-hidden />}>
              {said.form.file}
            </Button>
          )}
        </FileButton>
      </div>
    </>
  );
}

interface Props {
  /** The one to change; without it a new one. */
  readonly one?: Recipient | undefined;
  readonly onClose: () => void;
}
export function RecipientForm({ one, onClose }: Props): ReactNode {
  const form = useDraft({
    ...{ id: one?.id ?? '', name: one?.name ?? '', url: one?.url ?? '', publicKey: one?.publicKey ?? '' },
    isOwnId: one !== undefined,
  });
  const { draft, set, text } = form;
  const act = useAct('keepRecipient', { refresh: ['listRecipients'], done: onClose });
  const faults = {
    name: shortFault(draft.name, NAME_MIN),
    id: idFault(draft.id),
    url: draft.url.trim() === '' || URL.canParse(draft.url.trim()) ? null : said.form.urlWrong,
    key: PEM.test(draft.publicKey.trim()) ? null : said.form.keyWrong,
  };
  const send = (): void => {
    const { id, name, url, publicKey } = draft;
    const address = url.trim() === '' ? null : url.trim();
    act.mutate({ body: { id: id.trim(), name: name.trim(), url: address, publicKey: `${publicKey.trim()}\n` } });
  };
  const urlField = text('url', URL_MAX, faults.url);
  const say = { effect: said.effect, yes: one ? said.yesChange : said.yes, wanted: said.wantedKeep };
  return (
    <ActForm {...say} act={act} onSubmit={() => form.submit(Object.values(faults), send)} onClose={onClose}>
      <TextInput
        label={said.form.name}
        description={said.form.nameHelp}
        data-autofocus
        {...text('name', NAME_MAX, faults.name)}
        onChange={(event) => {
          const name = event.currentTarget.value;
          set(draft.isOwnId ? { name } : { name, id: idOf(name) });
        }}
      />
      <TextInput
        label={said.form.id}
        description={said.form.idHelp}
        disabled={one !== undefined}
        {...text('id', ID_MAX, faults.id)}
        onChange={(event) => set({ id: event.currentTarget.value, isOwnId: true })}
      />
      <TextInput
        label={said.form.url}
        description={said.form.urlHelp}
        {...urlField}
        error={urlField.error ?? refusedAt(act.error, 'RECIPIENT_ADDRESS_NOT_VALID')}
      />
      <KeyField
        form={{ ...form, set, text: (_, max, fault) => text('publicKey', max, fault) }}
        fault={faults.key}
        error={act.error}
      />
    </ActForm>
  );
}
