/** Puts the parts of fleet together: who may make a device change, and the changes themselves. */
import type { Route } from '@cityward/http';
import type { FleetNeeds } from './needs.ts';

export interface Fleet {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly routes: readonly Route[];
}

export function createFleet(needs: FleetNeeds): Fleet {
  return {
    start: async () => {
      await needs.sql.migrate({ module: 'fleet', folder: new URL('../migrations/', import.meta.url) });
    },
    stop: () => Promise.resolve(),
    routes: [],
  };
}
