/** Decides between sign-in and the frame; keeps the address, so that signing in returns to the page that was asked for. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Loader } from '@mantine/core';
import { words } from '../words/en-GB.ts';
import { useAsk, useLive } from '../live/hooks.ts';
import { startLive } from '../live/live.ts';
import { ProblemNote } from '../ui/problem-note.tsx';
import { SignIn } from '../modules/identity/sign-in.tsx';
import { Welcome } from '../modules/identity/welcome.tsx';
import { Frame } from './frame.tsx';
import { SessionContext } from './session.ts';

const SESSION_CHECK_MS = 60_000;

const Waiting = (): ReactNode => (
  <div className="cw-alone" role="status" aria-label={words.loading}>
    <Loader size="sm" type="dots" />
  </div>
);

export function Gate(): ReactNode {
  const session = useAsk('getSession', {}, { refreshMs: SESSION_CHECK_MS });
  const [welcome, setWelcome] = useState(false);
  const known = useRef(false);
  const ended = useLive((state) => state.ended);
  const me = session.data?.me ?? null;
  if (me) known.current = true;
  const signedIn = me !== null && !welcome;

  useEffect(() => (signedIn ? startLive() : undefined), [signedIn]);

  if (session.data === undefined) {
    if (!session.error) return <Waiting />;
    return (
      <main className="cw-alone">
        <ProblemNote error={session.error} wanted={words.wanted.session} retry={() => void session.refetch()} />
      </main>
    );
  }
  if (!me)
    return (
      <SignIn
        session={session.data}
        ended={known.current ? (ended ?? 'unknown') : null}
        onLink={() => setWelcome(true)}
      />
    );
  if (welcome) return <Welcome me={me} city={session.data.city} onDone={() => setWelcome(false)} />;
  return (
    <SessionContext value={{ session: session.data, me }}>
      <Frame />
    </SessionContext>
  );
}
