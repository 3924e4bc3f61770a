/** React's way to the client and the live store. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useMutation, useQuery, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import type { Answer, EndpointName, Input } from './client.ts';
import { client, live, queries } from './live.ts';
import type { LiveState } from './store.ts';

interface AskOptions {
  readonly enabled?: boolean;
  readonly refreshMs?: number;
  /** Keeps showing the last answer while the next one for other input is fetched. */
  readonly keep?: boolean;
}

/** Asks an endpoint and keeps its answer in the one cache, under its name and input. */
export const useAsk = <Name extends EndpointName>(
  name: Name,
  input: Input<Name>,
  options: AskOptions = {},
): UseQueryResult<Answer<Name>> =>
  useQuery<Answer<Name>>({
    queryKey: [name, input],
    queryFn: ({ signal }) => client.call(name, input, signal),
    enabled: options.enabled ?? true,
    refetchInterval: options.refreshMs ?? false,
    ...(options.keep === true ? { placeholderData: (before: Answer<Name> | undefined) => before as never } : {}),
  });

/** Does something; the answers named in `refresh` are then asked again. */
export const useAct = <Name extends EndpointName>(
  name: Name,
  options: { readonly refresh?: readonly EndpointName[]; readonly done?: (answer: Answer<Name>) => void } = {},
): UseMutationResult<Answer<Name>, Error, Input<Name>> =>
  useMutation({
    mutationFn: (input: Input<Name>) => client.call(name, input),
    onSuccess: (answer) => {
      for (const stale of options.refresh ?? []) void queries.invalidateQueries({ queryKey: [stale] });
      options.done?.(answer);
    },
  });

export const useLive = <T>(select: (state: LiveState) => T): T =>
  useSyncExternalStore(live.subscribe, () => select(live.get()));

/** The time of day, renewed every `everyMs`; ages on the screen are worked out from it. */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs]);
  return now;
}
