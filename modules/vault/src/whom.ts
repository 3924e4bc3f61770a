/** Whom a request is about, as policy is asked. */
import type { Principal, Resource } from '@cityward/contracts';

export const person = (id: string): Resource => ({ type: 'Person', id, attributes: {} });
/** Oneself, where nobody is named. */
export const whom = (query: { readonly subject?: string }, { id }: Principal): string => query.subject ?? id;
