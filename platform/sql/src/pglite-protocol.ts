/** Messages between the server's thread and the PGlite thread. */
export type WorkerRequest =
  | { readonly id: number; readonly operation: 'query'; readonly text: string; readonly parameters: readonly unknown[] }
  | { readonly id: number; readonly operation: 'execute'; readonly text: string }
  | { readonly id: number; readonly operation: 'close' };

export interface WorkerFault {
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}
/** Id 0 says that the database is open. */
export type WorkerAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly fault: WorkerFault };
