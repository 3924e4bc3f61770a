/** How PGlite is opened, the same for initdb, server and tests: small buffers, so that the process stays under 220 MB. */
export const PGLITE_OPTIONS = {
  initDbStartParams: ['--wal-segsize=1'],
  postgresqlconf: ['shared_buffers=16MB', 'wal_buffers=1MB', 'min_wal_size=2MB', 'max_wal_size=64MB'],
};
