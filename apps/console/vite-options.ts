/** How Vite builds the console: one place for the dev server, `npm start` and tests. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { api } from '@cityward/contracts';
import type { InlineConfig, Plugin } from 'vite';

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const TABLE = 'virtual:endpoints';

/** Method, path and body kind of every endpoint, so that the browser gets no schema library. */
export const endpointTable = (): Record<string, { method: string; path: string; text: boolean }> =>
  Object.fromEntries(
    Object.values(api).map((endpoint) => [
      endpoint.name,
      {
        method: endpoint.method,
        path: endpoint.path,
        text: (endpoint.body as { type?: string } | undefined)?.type === 'string',
      },
    ]),
  );

const endpoints = (): Plugin => ({
  name: 'cityward-endpoints',
  resolveId: (id) => (id === TABLE ? `\0${TABLE}` : null),
  load: (id) => (id === `\0${TABLE}` ? `export const endpoints = ${JSON.stringify(endpointTable())};` : null),
});

/** Imports each icon from its own file: the barrel has 6,000, and reading them costs the build most of its time. */
const icons = (): Plugin => ({
  name: 'cityward-icons',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/src/ui/icons.ts')) return null;
    return code.replace(/export \{([^}]*)\} from '@tabler\/icons-react';/, (_all, names: string) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => `export { default as ${name} } from '@tabler/icons-react/dist/esm/icons/${name}.mjs';`)
        .join('\n'),
    );
  },
});

/** Kernel's use of Node stays out: nothing that the browser takes from kernel reaches these. */
const nodeless = (): Plugin => ({
  name: 'cityward-nodeless',
  enforce: 'pre',
  resolveId: (id) => (id.startsWith('node:') ? `\0${id}` : null),
  load: (id) =>
    id.startsWith('\0node:')
      ? 'export const randomBytes = undefined; export const inspect = { custom: undefined };'
      : null,
});

/** Only the word lists of contracts reach the browser: nothing in these folders acts on import. */
const pure = (id: string): boolean => !/\/(contracts|kernel)\/src\/|\/node_modules\/typebox\//.test(id);

/** @param outDir where the built files go; emptied first */
export const consoleOptions = (outDir: string): InlineConfig => ({
  root: ROOT,
  configFile: false,
  envDir: false,
  logLevel: 'warn',
  plugins: [nodeless(), endpoints(), icons(), react()],
  resolve: { dedupe: ['react', 'react-dom'] },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    reportCompressedSize: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: { treeshake: { moduleSideEffects: (id: string) => pure(id) } },
  },
});
