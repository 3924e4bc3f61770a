/** What a form holds while it is filled in: its fields, whether it was tried to be sent, and what a refusal says of a field. */
import { useState } from 'react';
import { words } from '../../words/en-GB.ts';
import { ApiProblem } from '../../live/problem.ts';

type Texts<T> = { [K in keyof T]: T[K] extends string ? K : never }[keyof T] & string;

export interface Form<T extends object> {
  readonly draft: T;
  readonly tried: boolean;
  set(change: Partial<T>): void;
  /** Value, limit and change of a field of text; what is wrong is shown once it was tried to be sent. */
  text(
    name: Texts<T>,
    max: number,
    fault?: string | null,
  ): {
    readonly value: string;
    readonly maxLength: number;
    readonly error: string | null;
    readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
  };
  /** Shown once it was tried. */
  shown(fault: string | null): string | null;
  /** Sends it where nothing is wrong. */
  submit(faults: readonly (string | null)[], send: () => void): void;
}

export function useDraft<T extends object>(empty: T | (() => T)): Form<T> {
  const [draft, setDraft] = useState(empty);
  const [tried, setTried] = useState(false);
  const set = (change: Partial<T>): void => setDraft((before) => ({ ...before, ...change }));
  const shown = (fault: string | null): string | null => (tried ? fault : null);
  return {
    ...{ draft, tried, set, shown },
    text: (name, maxLength, fault = null) => ({
      ...{ value: draft[name] as string, maxLength, error: shown(fault) },
      onChange: (event) => set({ [name]: event.currentTarget.value } as unknown as Partial<T>),
    }),
    submit: (faults, send) => {
      setTried(true);
      if (faults.every((fault) => fault === null)) send();
    },
  };
}

const ID = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;
export const idFault = (id: string): string | null => (ID.test(id.trim()) ? null : words.choosing.wrongId);
export const shortFault = (text: string, least: number): string | null =>
  text.trim().length < least ? words.choosing.tooShort(least) : null;

/** What the server's refusal says of a field, where its code is one of these. */
export const refusedAt = (error: Error | null, ...codes: readonly string[]): string | null =>
  error instanceof ApiProblem && codes.includes(error.code) ? (words.refusals[error.code] ?? error.message) : null;
