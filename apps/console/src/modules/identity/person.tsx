/** The name of whoever did something. */
import type { ReactNode } from 'react';
import { usePersonName } from './person-name.ts';

export function Person({ id }: { readonly id: string }): ReactNode {
  return usePersonName()(id);
}
