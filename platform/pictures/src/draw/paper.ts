/** A document in words, before it has a size: what the readers of formats make, and what the layout puts on pages. */
export type Part =
  | { readonly is: 'title'; readonly text: string }
  | { readonly is: 'heading'; readonly text: string }
  | { readonly is: 'text'; readonly text: string }
  /** Each row a name and what it is. */
  | { readonly is: 'rows'; readonly rows: readonly Row[] }
  /** Cells under headings. */
  | { readonly is: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
export type Row = readonly [name: string, value: string];
export type Paper = readonly Part[];
