/** What the studio asks of its processes, and what they answer. */
import type { Refusal, Result } from '@cityward/kernel';
import type { Wanted } from './draw/draw.ts';
import type { Said } from './mark/name.ts';
import type { Pattern } from './mark/pattern.ts';
import type { Prepared } from './prepare.ts';

export type Asked =
  | { readonly id: number; readonly do: 'pattern'; readonly pattern: Pattern }
  | { readonly id: number; readonly do: 'letters' }
  | { readonly id: number; readonly do: 'draw'; readonly wanted: Wanted }
  | { readonly id: number; readonly do: 'search'; readonly picture: Uint8Array };

export interface PreparedPage {
  /** How many the document has. */
  readonly pages: number;
  readonly page: Prepared;
}
export type Letter = readonly [letter: string, drawn: { readonly width: number; readonly ink: Uint8Array }];
export interface Answers {
  readonly pattern: null;
  readonly letters: readonly Letter[];
  readonly draw: Result<PreparedPage, Refusal>;
  readonly search: Result<readonly Said[], Refusal>;
}
export interface Answered {
  readonly id: number;
  readonly answer: Answers[keyof Answers];
}
