/** Passkeys: the browser's dialog between two calls. */
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import type { PasskeyOfficerKey, Session } from '@cityward/contracts';
import { client, queries } from '../../live/live.ts';
import { words } from '../../words/en-GB.ts';

type Json = Record<string, unknown>;

/** False in an old browser, and on an address that may not have passkeys (127.0.0.1; plain http elsewhere). */
export const canUsePasskeys = (): boolean => browserSupportsWebAuthn() && window.isSecureContext;

/** The browser's refusals in our words; its own mention specification sections. */
export function inWords(error: unknown): Error {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return new Error(words.passkey.cancelled);
  if (name === 'InvalidStateError') return new Error(words.passkey.already);
  if (name === 'SecurityError') return new Error(words.passkey.address);
  return error instanceof Error ? error : new Error(String(error));
}

const keep = (session: Session): Session => queries.setQueryData<Session>(['getSession', {}], session) ?? session;

export const useMakePasskey = (done?: () => void): UseMutationResult<Session, Error, void> =>
  useMutation({
    mutationFn: async () => {
      const options = await client.call('newPasskeyChallenge', {});
      const answer = await startRegistration({ optionsJSON: options as never }).catch((error: unknown) => {
        throw inWords(error);
      });
      return client.call('addPasskey', { body: answer as unknown as Json });
    },
    onSuccess: (session) => {
      keep(session);
      done?.();
    },
  });

/** Asks one of the person's own passkeys to answer; its public key, as an officers document names it. */
export const useOfficerKey = (): UseMutationResult<PasskeyOfficerKey, Error, string> =>
  useMutation({
    mutationFn: async (officer: string) => {
      const options = await client.call('officerKeyChallenge', {});
      const answer = await startAuthentication({ optionsJSON: options as never }).catch((error: unknown) => {
        throw inWords(error);
      });
      return client.call('showOfficerKey', { body: { officer, answer: answer as unknown as Json } });
    },
  });

export const usePasskeySignIn = (): UseMutationResult<Session, Error, void> =>
  useMutation({
    mutationFn: async () => {
      const options = await client.call('passkeyChallenge', {});
      const answer = await startAuthentication({ optionsJSON: options as never }).catch((error: unknown) => {
        throw inWords(error);
      });
      return client.call('signInByPasskey', { body: answer as unknown as Json });
    },
    onSuccess: keep,
  });

export const useSignInWith = (
  name: 'signInByLink' | 'signInByRecoveryCode',
): UseMutationResult<Session, Error, string> =>
  useMutation({
    mutationFn: (secret: string) =>
      name === 'signInByLink'
        ? client.call('signInByLink', { body: { token: secret } })
        : client.call('signInByRecoveryCode', { body: { code: secret } }),
    onSuccess: keep,
  });
