/** After a one-time link: make a passkey, print recovery codes, or go on without either for now. */
import { useState, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { words } from '../../words/en-GB.ts';
import type { Me } from '../../frame/session.ts';
import { IconCheck, IconFingerprint } from '../../ui/icons.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { canUsePasskeys, useMakePasskey } from './passkey.ts';
import { RecoveryCodes } from './recovery-codes.tsx';
import { SignInFrame } from './sign-in.tsx';

function PasskeyOffer({ made, onMade }: { readonly made: boolean; readonly onMade: () => void }): ReactNode {
  const make = useMakePasskey(onMade);
  const able = canUsePasskeys();
  if (made)
    return (
      <p className="cw-done">
        <IconCheck size={18} aria-hidden /> {words.welcome.passkeyMade}
      </p>
    );
  return (
    <>
      <p className="cw-muted">{able ? words.welcome.passkeyText : words.passkey.unable}</p>
      <Button
        disabled={!able}
        loading={make.isPending}
        leftSection={<IconFingerprint size={18} aria-hidden />}
        onClick={() => make.mutate()}
      >
        {words.passkey.make}
      </Button>
      {make.error && <ProblemNote error={make.error} wanted={words.wanted.passkey} />}
    </>
  );
}

interface Props {
  readonly me: Me;
  readonly city: string;
  readonly onDone: () => void;
}

export function Welcome({ me, city, onDone }: Props): ReactNode {
  const [made, setMade] = useState(me.passkeys > 0);
  const ready = made || me.recoveryCodesLeft > 0;
  return (
    <SignInFrame city={city}>
      <h1>{words.welcome.title(me.handle)}</h1>
      <p className="cw-muted">{words.welcome.text}</p>
      <section className="cw-stack" aria-label={words.passkey.name}>
        <h2 className="cw-small-head">{words.passkey.name}</h2>
        <PasskeyOffer made={made} onMade={() => setMade(true)} />
      </section>
      <section className="cw-stack" aria-label={words.recovery.name}>
        <h2 className="cw-small-head">{words.recovery.name}</h2>
        <RecoveryCodes left={me.recoveryCodesLeft} handle={me.handle} />
      </section>
      <Button variant={ready ? 'filled' : 'subtle'} size="md" onClick={onDone}>
        {ready ? words.welcome.go(city) : words.welcome.skip}
      </Button>
      {!ready && <p className="cw-muted cw-small">{words.welcome.skipText}</p>}
    </SignInFrame>
  );
}
