/** The way in: one-time link, passkey or recovery code. There is no password to guess. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Button, Loader, TextInput } from '@mantine/core';
import type { Session } from '@cityward/contracts';
import { words } from '../../words/en-GB.ts';
import type { Ended } from '../../live/store.ts';
import { Mark } from '../../frame/mark.tsx';
import { IconBuildingCommunity, IconFingerprint, IconKey } from '../../ui/icons.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { spendAnswer } from './account-answer.ts';
import { useAccountPage, useSignInByAccount } from './city-account.ts';
import { spendToken } from './link-token.ts';
import { canUsePasskeys, usePasskeySignIn, useSignInWith } from './passkey.ts';

const CODE_MIN = 8;

export function SignInFrame({ city, children }: { readonly city: string; readonly children: ReactNode }): ReactNode {
  return (
    <main className="cw-door">
      <div className="cw-door-card">
        <div className="cw-door-brand">
          <Mark size={36} />
          <div>
            <div className="cw-door-product">{words.product}</div>
            <div className="cw-muted">{city}</div>
          </div>
        </div>
        {children}
      </div>
    </main>
  );
}

function PasskeyPart(): ReactNode {
  const signIn = usePasskeySignIn();
  const able = canUsePasskeys();
  return (
    <div className="cw-stack">
      <Button
        size="md"
        fullWidth
        disabled={!able}
        loading={signIn.isPending}
        leftSection={<IconFingerprint size={18} aria-hidden />}
        onClick={() => signIn.mutate()}
      >
        {words.signIn.passkey}
      </Button>
      {!able && <p className="cw-muted cw-small">{words.passkey.unable}</p>}
      {signIn.error && <ProblemNote error={signIn.error} wanted={words.wanted.signIn} />}
    </div>
  );
}

function AccountPart({ provider }: { readonly provider: string }): ReactNode {
  const page = useAccountPage('sign-in');
  return (
    <div className="cw-stack">
      <Button
        variant="default"
        size="md"
        fullWidth
        loading={page.isPending || page.isSuccess}
        leftSection={<IconBuildingCommunity size={18} aria-hidden />}
        onClick={() => page.mutate()}
      >
        {words.signIn.account}
      </Button>
      <p className="cw-muted cw-small">{words.signIn.accountAt(provider)}</p>
      {page.error && <ProblemNote error={page.error} wanted={words.wanted.signIn} />}
    </div>
  );
}

function RecoveryPart(): ReactNode {
  const [open, setOpen] = useState(false);
  const [code, setCode] = useState('');
  const signIn = useSignInWith('signInByRecoveryCode');
  if (!open)
    return (
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<IconKey size={18} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        {words.signIn.recovery}
      </Button>
    );
  return (
    <form
      className="cw-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (code.trim().length >= CODE_MIN) signIn.mutate(code.trim());
      }}
    >
      <TextInput
        label={words.signIn.code}
        description={words.signIn.codeHelp}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        autoFocus
        maxLength={60}
      />
      <Button type="submit" disabled={code.trim().length < CODE_MIN} loading={signIn.isPending}>
        {words.signIn.useCode}
      </Button>
      {signIn.error && <ProblemNote error={signIn.error} wanted={words.wanted.signIn} />}
    </form>
  );
}

interface Props {
  readonly session: Session;
  /** Why the sign-in that was here has ended; null where nobody was. */
  readonly ended: Ended | 'unknown' | null;
  /** The link was good: offer a passkey before the city. */
  readonly onLink: () => void;
}

/** Whoever arrives with a one-time link or from the provider is let in without asking; both work once. */
function useArrival(onLink: () => void) {
  const [token] = useState(spendToken);
  const [answer] = useState(() => spendAnswer('sign-in'));
  const link = useSignInWith('signInByLink');
  const account = useSignInByAccount();
  const { mutate: byLink } = link;
  const { mutate: byAccount } = account;
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return; // sent once, whatever renders again
    sent.current = true;
    if (token !== null) byLink(token, { onSuccess: onLink });
    else if (answer !== null) byAccount(answer);
  }, [token, answer, byLink, byAccount, onLink]);
  return { link, account };
}

/** Why somebody who was here has to sign in again, as far as the server could say it. */
function Heading({ ended }: Pick<Props, 'ended'>): ReactNode {
  const said =
    ended === null
      ? words.signIn
      : ended === 'unknown'
        ? { title: words.signIn.endedTitle, text: words.signIn.endedText }
        : words.signIn.ended[ended.why];
  const access = ended === null || ended === 'unknown' ? null : ended.access;
  return (
    <div role={ended === null ? undefined : 'status'}>
      <h1>{said.title}</h1>
      {access && (
        <p>
          {access.why === 'time'
            ? `${words.access.ends.time}.`
            : words.signIn.endedAccess(words.access.ends[access.why], access.reason)}
        </p>
      )}
      <p className="cw-muted">{said.text}</p>
    </div>
  );
}

export function SignIn({ session, ended, onLink }: Props): ReactNode {
  const { link, account } = useArrival(onLink);
  useEffect(() => {
    document.title = `${words.signIn.title} · ${words.product}`;
  }, []);
  if (link.isPending || account.isPending)
    return (
      <SignInFrame city={session.city}>
        <div className="cw-door-wait" role="status">
          <Loader size="sm" /> {link.isPending ? words.signIn.checking : words.signIn.checkingAccount}
        </div>
      </SignInFrame>
    );
  return (
    <SignInFrame city={session.city}>
      <Heading ended={ended} />
      {link.error && <ProblemNote error={link.error} wanted={words.wanted.link} />}
      {account.error && <ProblemNote error={account.error} wanted={words.wanted.signIn} />}
      <PasskeyPart />
      {session.provider !== null && <AccountPart provider={session.provider} />}
      <RecoveryPart />
      <p className="cw-muted cw-small">
        {words.signIn.lost} <code>{words.signIn.lostCommand}</code>
      </p>
    </SignInFrame>
  );
}
