/** The map's data: geography and device points, asked once and then kept up by the live stream. */
import { useMemo } from 'react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { client } from '../../live/live.ts';
import { useAsk } from '../../live/hooks.ts';
import { boundsOf, geographyOf, type Geography } from './geography.ts';
import { pointSet, type Bounds, type PointSet } from './points.ts';

const POINTS_STALE_MS = 5 * 60_000;

export interface CityGround {
  readonly geography: Geography;
  readonly bounds: Bounds;
}
interface Part<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

export function useGround(): Part<CityGround> {
  const query = useQuery({
    queryKey: ['cityMap', {}],
    queryFn: ({ signal }) => client.call('cityMap', {}, signal),
    staleTime: Infinity,
  });
  const data = useMemo(() => {
    if (!query.data) return undefined;
    const geography = geographyOf(query.data);
    const given = query.data.bounds;
    const usable = given[2] > given[0] && given[3] > given[1];
    return {
      geography,
      bounds: usable ? given : (boundsOf(geography.land.features) ?? [-0.1, -0.1, 0.1, 0.1]),
    } as CityGround;
  }, [query.data]);
  return { data, error: query.error, retry: () => void query.refetch() };
}

export function usePoints(): Part<PointSet> {
  const query = useQuery({
    queryKey: ['devicePoints', {}],
    queryFn: ({ signal }) => client.call('devicePoints', {}, signal),
    staleTime: POINTS_STALE_MS,
    placeholderData: keepPreviousData,
  });
  const data = useMemo(() => (query.data ? pointSet(query.data) : undefined), [query.data]);
  return { data, error: query.error, retry: () => void query.refetch() };
}

/** Names of wards by id; an id without a name is shown as it is. */
export function useWardNames(): (ward: string) => string {
  const wards = useAsk('cityNow', {}).data?.wards;
  return useMemo(() => {
    const names = new Map((wards ?? []).map((ward) => [ward.id, ward.name]));
    return (ward) => names.get(ward) ?? ward;
  }, [wards]);
}
