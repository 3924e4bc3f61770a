/** `client.ts` as a browser takes it: its types are taken out, nothing else is changed. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

let script: string | null = null;
export function clientScript(): string {
  script ??= stripTypeScriptTypes(readFileSync(new URL('client.ts', import.meta.url), 'utf8'));
  return script;
}
