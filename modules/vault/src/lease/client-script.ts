/** `client.ts` and its other part as a browser takes them, as one script: types are taken out, nothing else is changed. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

const PARTS = ['client-asking.ts', 'client.ts'];
const BETWEEN_PARTS = /^import [^;]*;$|^export \{ [^}]*\};$/gm;
const partOf = (name: string): string =>
  readFileSync(new URL(name, import.meta.url), 'utf8').replace(BETWEEN_PARTS, '');

let script: string | null = null;
export function clientScript(): string {
  script ??= PARTS.map((name) => stripTypeScriptTypes(partOf(name))).join('');
  return script;
}
