/** The development server's settings (`npx vite apps/console`): the built options with a proxy to a running server. */
import { defineConfig } from 'vite';
import { consoleOptions } from './vite-options.ts';

const server = process.env['CITYWARD_URL'] ?? 'http://localhost:8080';

export default defineConfig({
  ...consoleOptions('dist'),
  server: { port: 21_600, proxy: { '/api': { target: server, changeOrigin: true } } },
});
