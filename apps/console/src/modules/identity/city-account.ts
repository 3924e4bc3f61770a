/** The city account: away to the provider's page and back. */
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import type { Session } from '@cityward/contracts';
import { client, queries } from '../../live/live.ts';
import { keepAttempt, type AccountAnswer, type Purpose } from './account-answer.ts';

/** Leaves for the provider's page. */
export const useAccountPage = (purpose: Purpose): UseMutationResult<void, Error, void> =>
  useMutation({
    mutationFn: async () => {
      const { url, attempt } = await client.call(
        purpose === 'sign-in' ? 'beginAccountSignIn' : 'beginAccountConnection',
        {},
      );
      keepAttempt(purpose, attempt);
      window.location.assign(url);
    },
  });

const keep = (session: Session): void => void queries.setQueryData<Session>(['getSession', {}], session);

export const useSignInByAccount = (): UseMutationResult<Session, Error, AccountAnswer> =>
  useMutation({ mutationFn: (body) => client.call('signInByAccount', { body }), onSuccess: keep });

export const useConnectAccount = (): UseMutationResult<Session, Error, AccountAnswer> =>
  useMutation({ mutationFn: (body) => client.call('connectAccount', { body }), onSuccess: keep });

export const useDisconnectAccount = (): UseMutationResult<Session, Error, void> =>
  useMutation({ mutationFn: () => client.call('disconnectAccount', {}), onSuccess: keep });
