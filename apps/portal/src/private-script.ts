/** The script of the page about records that only their owner can read; its address changes with its content. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const bytes = readFileSync(new URL('./look/private.js', import.meta.url));
export const PRIVATE_SCRIPT = {
  file: '/private.js',
  path: `/private.js?v=${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`,
  bytes,
} as const;
