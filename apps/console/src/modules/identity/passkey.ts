/** Passkeys: the browser's dialog between two calls, or over a hash that is worked out here. */
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import type { PasskeyOfficerKey, Session } from '@cityward/contracts';
import { canonicalJson, type Json } from '@cityward/kernel';
import { client, queries } from '../../live/live.ts';
import { toBase64Url } from '../../ui/bytes.ts';
import { words } from '../../words/en-GB.ts';

type Fields = Record<string, unknown>;

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

/** SHA-256 over exactly what is verified later. Worked out here, so that what is signed is what the page shows. */
export async function hashOver(domain: string, value: object): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(domain + canonicalJson(value as unknown as Json));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** Asks a passkey to sign the hash. Throws what the browser throws when the person leaves. */
export async function signHash(hash: Uint8Array, rpId = window.location.hostname) {
  const { id, response } = await startAuthentication({
    optionsJSON: { challenge: toBase64Url(hash), rpId, userVerification: 'required' },
  });
  return {
    alg: 'webauthn' as const,
    key: id,
    authenticatorData: response.authenticatorData,
    clientDataJson: response.clientDataJSON,
    signature: response.signature,
  };
}

const keep = (session: Session): Session => queries.setQueryData<Session>(['getSession', {}], session) ?? session;

export const useMakePasskey = (done?: () => void): UseMutationResult<Session, Error, void> =>
  useMutation({
    mutationFn: async () => {
      const options = await client.call('newPasskeyChallenge', {});
      const answer = await startRegistration({ optionsJSON: options as never }).catch((error: unknown) => {
        throw inWords(error);
      });
      return client.call('addPasskey', { body: answer as unknown as Fields });
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
      return client.call('showOfficerKey', { body: { officer, answer: answer as unknown as Fields } });
    },
  });

export const usePasskeySignIn = (): UseMutationResult<Session, Error, void> =>
  useMutation({
    mutationFn: async () => {
      const options = await client.call('passkeyChallenge', {});
      const answer = await startAuthentication({ optionsJSON: options as never }).catch((error: unknown) => {
        throw inWords(error);
      });
      return client.call('signInByPasskey', { body: answer as unknown as Fields });
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
