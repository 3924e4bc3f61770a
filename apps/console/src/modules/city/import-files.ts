/** The text of files previewed in this tab, so that a changed column map can be tried without choosing the file again. */
const FILES_MAX = 3;
const files = new Map<string, { readonly name: string; readonly text: string }>();

export function rememberFile(id: string, name: string, text: string): void {
  files.set(id, { name, text });
  for (const old of files.keys()) {
    if (files.size <= FILES_MAX) break;
    files.delete(old);
  }
}

export const rememberedFile = (id: string): { readonly name: string; readonly text: string } | null =>
  files.get(id) ?? null;
