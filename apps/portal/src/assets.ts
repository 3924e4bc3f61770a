/** The files that pages name: style, scripts, picture. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

export interface Asset {
  readonly path: string;
  readonly media: string;
  readonly bytes: Buffer;
  /** As a page names it: the query changes with the content. */
  readonly address: string;
}
const SCRIPT_TYPE = 'text/javascript; charset=utf-8';

const asset = (path: string, media: string, bytes: Buffer): Asset => ({
  ...{ path, media, bytes },
  address: `${path}?v=${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`,
});
const lookAt = (name: string, media: string = SCRIPT_TYPE): Asset =>
  asset(`/${name}`, media, readFileSync(new URL(`./look/${name}`, import.meta.url)));

export const STYLE = lookAt('portal.css', 'text/css; charset=utf-8');
export const SCRIPT = lookAt('portal.js');
export const LIVE_SCRIPT = lookAt('live.js');
export const PRIVATE_SCRIPT = lookAt('private.js');
/** A script tells a resource in the same words as the pages here: its types are taken out, nothing else is changed. */
const FHIR_ROWS = asset(
  '/fhir-rows.js',
  SCRIPT_TYPE,
  Buffer.from(stripTypeScriptTypes(readFileSync(new URL('./fhir-rows.ts', import.meta.url), 'utf8'))),
);

export const ASSETS: readonly Asset[] = [
  STYLE,
  SCRIPT,
  LIVE_SCRIPT,
  PRIVATE_SCRIPT,
  lookAt('shown.js'),
  FHIR_ROWS,
  lookAt('shield.svg', 'image/svg+xml'),
];
