/** The suites that touch SQL, for a run with TEST_DATABASE_URL on a real PostgreSQL. */
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../vitest.config.ts';

export default mergeConfig(
  base,
  defineConfig({
    test: {
      include: ['platform/{sql,jobs}/**/*.test.ts', 'modules/{ledger,city,identity,watch,respond}/src/**/*.test.ts'],
    },
  }),
);
