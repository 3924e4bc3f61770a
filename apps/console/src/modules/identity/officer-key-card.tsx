/** A passkey made ready to be an officer's key: its public key as a file, and what others have still to do with it. */
import { useState, type ReactNode } from 'react';
import { Button, TextInput } from '@mantine/core';
import type { PasskeyOfficerKey } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import { useRole } from '../../frame/session.ts';
import { Copyable } from '../../ui/copy.tsx';
import { IconDownload, IconFingerprint } from '../../ui/icons.ts';
import { Card, Facts } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { jsonFile, saveFile } from '../../ui/save-file.ts';
import { canUsePasskeys, useOfficerKey } from './passkey.ts';

const OFFICER_MAX = 47;
const OFFICER_SHAPE = /^[a-z0-9][a-z0-9-]{1,45}[a-z0-9]$/;

interface ShownProps {
  readonly officerKey: PasskeyOfficerKey;
  readonly onAgain: () => void;
}
function Shown({ officerKey, onAgain }: ShownProps): ReactNode {
  const file = `${officerKey.id}.pub.json`;
  return (
    <div className="cw-stack" role="status">
      <p>{words.officerKey.made}</p>
      <Facts
        facts={[
          { term: words.officerKey.key, value: <code>{officerKey.id}</code> },
          { term: words.officerKey.address, value: <code>{officerKey.origin}</code> },
        ]}
      />
      <div className="cw-form-actions">
        <Button
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() => saveFile(file, jsonFile(officerKey))}
        >
          {words.officerKey.download}
        </Button>
        <Button variant="default" onClick={onAgain}>
          {words.officerKey.again}
        </Button>
      </div>
      <p className="cw-muted cw-small">{words.officerKey.next}</p>
      <div className="cw-link-box">
        <Copyable value={words.officerKey.command(file)} label={words.officerKey.next} />
      </div>
      <p className="cw-muted cw-small">{words.officerKey.not}</p>
    </div>
  );
}

function Choose(): ReactNode {
  const [officer, setOfficer] = useState('');
  const take = useOfficerKey();
  if (take.data) return <Shown officerKey={take.data} onAgain={take.reset} />;
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (OFFICER_SHAPE.test(officer)) take.mutate(officer);
      }}
    >
      <p className="cw-muted">{words.officerKey.text}</p>
      <TextInput
        label={words.officerKey.officer}
        description={words.officerKey.officerHelp}
        placeholder="ann-doe"
        value={officer}
        maxLength={OFFICER_MAX}
        onChange={(event) => setOfficer(event.currentTarget.value.trim().toLowerCase())}
      />
      <p className="cw-muted cw-small">{words.officerKey.not}</p>
      <div>
        <Button
          type="submit"
          variant="default"
          disabled={!OFFICER_SHAPE.test(officer) || !canUsePasskeys()}
          loading={take.isPending}
          leftSection={<IconFingerprint size={16} aria-hidden />}
        >
          {words.officerKey.use}
        </Button>
      </div>
      {!canUsePasskeys() && <p className="cw-muted cw-small">{words.passkey.unable}</p>}
      {take.error && <ProblemNote error={take.error} wanted={words.wanted.officerKey} />}
    </form>
  );
}

export function OfficerKeyCard({ passkeys }: { readonly passkeys: number }): ReactNode {
  const administers = useRole('administrator');
  if (administers || passkeys === 0)
    return (
      <Card title={words.officerKey.name}>
        <p className="cw-muted">{administers ? words.officerKey.administrator : words.officerKey.none}</p>
      </Card>
    );
  return (
    <Card title={words.officerKey.name}>
      <Choose />
    </Card>
  );
}
