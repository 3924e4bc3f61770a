/** The suites that touch SQL, for a run with TEST_DATABASE_URL on a real PostgreSQL. */
import { defineConfig } from 'vitest/config';
import base from '../vitest.config.ts';

// Not mergeConfig: that would add to the list of files instead of replacing it.
export default defineConfig({
  test: {
    ...base.test,
    include: [
      'platform/{sql,jobs}/**/*.test.ts',
      'modules/{ledger,city,identity,watch,fleet,respond,vault}/src/**/*.test.ts',
    ],
    // What rests on no engine, or brings its own: once is enough, and it takes long.
    exclude: ['modules/vault/src/{attacks,domain}/**', 'modules/vault/src/**/kill.test.ts'],
  },
});
