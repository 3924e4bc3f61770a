/** The table that the build makes from `api` in contracts. */
declare module 'virtual:endpoints' {
  export const endpoints: Readonly<
    Record<string, { readonly method: string; readonly path: string; readonly text: boolean }>
  >;
}
