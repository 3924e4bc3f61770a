/** Says how a class, site or device is to be configured: a JSON object, and why. No device changes by it. */
import { useState, type ReactNode } from 'react';
import { Select, Textarea, TextInput } from '@mantine/core';
import { DEVICE_CLASSES, type DesiredPart } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useAct } from '../../live/hooks.ts';
import { ReasonForm } from '../../ui/reason-form.tsx';
import { documentIn } from './wanted-document.ts';

const said = words.wantedConfig;
const SCOPES = ['class', 'site', 'device'] as const;
const CHANGED = ['listDesired', 'listDrift', 'getDesired'] as const;
const ID = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;

interface KeyProps {
  readonly scope: DesiredPart['scope'];
  readonly value: string;
  readonly error: string | null;
  readonly fixed: boolean;
  readonly onChange: (key: string) => void;
}
const KeyField = ({ scope, value, error, fixed, onChange }: KeyProps): ReactNode =>
  scope === 'class' ? (
    <Select
      label={said.scopes.class}
      data={DEVICE_CLASSES.map((one) => ({ value: one, label: words.classes[one].many }))}
      value={value || null}
      error={error}
      disabled={fixed}
      onChange={(key) => onChange(key ?? '')}
    />
  ) : (
    <TextInput
      label={said.idOf[scope]}
      value={value}
      error={error}
      disabled={fixed}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
    />
  );

interface Props {
  /** As it stands; its key is empty for one that is to be chosen. */
  readonly part: Pick<DesiredPart, 'scope' | 'key' | 'document'>;
  readonly onClose: () => void;
}
export function WantedForm({ part, onClose }: Props): ReactNode {
  const fixed = part.key !== '';
  const [scope, setScope] = useState(part.scope);
  const [key, setKey] = useState(part.key);
  const [text, setText] = useState(JSON.stringify(part.document, null, 2));
  const [asked, setAsked] = useState(false);
  const set = useAct('setDesired', { refresh: CHANGED, done: onClose });
  const document = documentIn(text);
  const fields = (
    <div className="cw-stack">
      <p className="cw-muted cw-small">{said.formText}</p>
      <div className="cw-pair">
        <Select
          label={said.scope}
          data={SCOPES.map((value) => ({ value, label: said.scopes[value] }))}
          value={scope}
          allowDeselect={false}
          disabled={fixed}
          onChange={(value) => {
            setScope(value ?? scope);
            setKey('');
          }}
        />
        <KeyField
          scope={scope}
          value={key}
          fixed={fixed}
          error={asked && !ID.test(key) ? said.noKey : null}
          onChange={setKey}
        />
      </div>
      <Textarea
        label={said.document}
        description={said.documentHint}
        value={text}
        autosize
        minRows={6}
        maxRows={16}
        styles={{ input: { fontFamily: 'var(--cw-mono, monospace)' } }}
        error={asked && !document ? said.noDocument : null}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
  return (
    <ReasonForm
      act={said.save}
      wanted={words.wanted.setDesired}
      effect={fields}
      busy={set.isPending}
      error={set.error}
      onSubmit={(reason) => {
        setAsked(true);
        if (document && ID.test(key)) set.mutate({ params: { scope, key }, body: { document, reason } });
      }}
      onCancel={onClose}
    />
  );
}
