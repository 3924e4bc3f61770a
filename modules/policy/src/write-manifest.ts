/** `node modules/policy/src/write-manifest.ts`: writes the bundle's manifest after a deliberate change of a policy. */
import { fileURLToPath } from 'node:url';
import { writeManifest } from './bundle-files.ts';

writeManifest(fileURLToPath(new URL('../bundle', import.meta.url)));
