/** Hands a text to the browser as a file. */
const KEPT_MS = 10_000;

export function saveFile(name: string, text: string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read it only after the click.
  window.setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}

export const jsonFile = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
