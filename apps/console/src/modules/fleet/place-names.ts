/** Names of wards and services by their ids. */
import { useMemo } from 'react';
import { useAsk } from '../../live/hooks.ts';

/** The name of a place or service; its id as it is where the city has no such one. */
export function usePlaceNames(): (what: 'class' | 'ward' | 'service', id: string) => string {
  const city = useAsk('cityNow', {}).data;
  return useMemo(() => {
    const names = new Map(
      [...(city?.wards ?? []), ...(city?.services ?? [])].map((one) => [one.id as string, one.name]),
    );
    return (_what, id) => names.get(id) ?? id;
  }, [city]);
}
