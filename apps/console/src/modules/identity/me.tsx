/** My own ways in: passkeys, recovery codes, when this session ends. */
import type { ReactNode } from 'react';
import { Button } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import { useSession } from '../../frame/session.ts';
import { IconFingerprint, IconLogout } from '../../ui/icons.ts';
import { Card, Facts, Page } from '../../ui/parts.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { Until } from '../../ui/time.tsx';
import { AccountCard } from './account-card.tsx';
import { OfficerKeyCard } from './officer-key-card.tsx';
import { canUsePasskeys, useMakePasskey } from './passkey.ts';
import { RecoveryCodes } from './recovery-codes.tsx';
import { useSignOut } from './sign-out.ts';

function Passkeys({ count }: { readonly count: number }): ReactNode {
  const make = useMakePasskey();
  return (
    <div className="cw-stack">
      <p className="cw-muted">{words.passkey.have(count)}</p>
      <div>
        <Button
          variant={count === 0 ? 'filled' : 'default'}
          disabled={!canUsePasskeys()}
          loading={make.isPending}
          leftSection={<IconFingerprint size={16} aria-hidden />}
          onClick={() => make.mutate()}
        >
          {count === 0 ? words.passkey.make : words.passkey.another}
        </Button>
      </div>
      {!canUsePasskeys() && <p className="cw-muted cw-small">{words.passkey.unable}</p>}
      {make.error && <ProblemNote error={make.error} wanted={words.wanted.passkey} />}
    </div>
  );
}

export function MePage(): ReactNode {
  const { me, session } = useSession();
  const signOut = useSignOut();
  return (
    <Page title={words.me.title} lead={words.me.lead}>
      <div className="cw-cards">
        <Card title={words.passkey.name}>
          <Passkeys count={me.passkeys} />
        </Card>
        <Card title={words.recovery.name}>
          <RecoveryCodes left={me.recoveryCodesLeft} handle={me.handle} />
        </Card>
        {session.provider !== null && <AccountCard connected={me.account} provider={session.provider} />}
        <Card title={words.me.session}>
          <Facts
            facts={[
              { term: words.me.handle, value: me.handle },
              { term: words.person.roles, value: me.roles.map((role) => words.roles[role].name).join(', ') },
              { term: words.me.ends, value: <Until at={me.expires} /> },
              { term: words.me.version, value: session.version },
            ]}
          />
          <Button variant="default" leftSection={<IconLogout size={16} aria-hidden />} onClick={signOut}>
            {words.person.signOut}
          </Button>
        </Card>
        <OfficerKeyCard passkeys={me.passkeys} />
      </div>
    </Page>
  );
}
