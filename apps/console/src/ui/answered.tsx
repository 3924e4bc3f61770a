/** Shows an answer once it is there; a skeleton of its shape before, and the failure in words instead. */
import type { ReactNode } from 'react';
import type { UseQueryResult } from '@tanstack/react-query';
import { ProblemNote } from './problem-note.tsx';

interface Props<T> {
  readonly query: UseQueryResult<T>;
  readonly wanted: string;
  readonly skeleton: ReactNode;
  readonly children: (answer: T) => ReactNode;
}

/** An old answer stays on the screen while asking again fails: the banner of the frame then says how old it is. */
export function Answered<T>({ query, wanted, skeleton, children }: Props<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ProblemNote error={query.error} wanted={wanted} retry={() => void query.refetch()} />;
  return skeleton;
}
