/** This process among those that serve records over the same database: alone where the database is embedded in it. */
import { randomBytes } from 'node:crypto';
import type { VaultOptions } from '../needs.ts';
import type { VaultJournal } from '../vault-journal.ts';
import { VaultNode } from './node.ts';
import { sqlNodeStore } from './node-store.ts';
import { agreed, ALONE, learn, sharingAmong, type Learners, type Sharing } from './shared.ts';

const ID_BYTES = 8;

export interface Nodes {
  /** Of this start of this process. */
  readonly id: string;
  readonly sharing: Sharing;
  /** Are uses of a consent counted in SQL, since others count them too? */
  readonly isShared: boolean;
  mayServe(): boolean;
  over(journal: VaultJournal): VaultJournal;
  /** Whatever others told is in force here when it resolves. */
  start(learners: Learners): Promise<void>;
  stop(): Promise<void>;
}

const alone = (id: string): Nodes => ({
  id,
  sharing: ALONE,
  isShared: false,
  mayServe: () => true,
  over: (journal) => journal,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
});

/** May another process serve over the same database? An embedded one has none. */
export const isAmongOthers = ({ sql, processes }: Pick<VaultOptions, 'sql' | 'processes'>): boolean =>
  (processes ?? (sql.engine === 'postgres' ? 'many' : 'one')) === 'many';

export function openNodes(options: Pick<VaultOptions, 'sql' | 'processes' | 'clock' | 'monotonic' | 'log'>): Nodes {
  const { sql, clock, log, monotonic = () => performance.now() } = options;
  const id = randomBytes(ID_BYTES).toString('hex');
  if (!isAmongOthers(options)) return alone(id);
  const store = sqlNodeStore(sql);
  let learners: Learners | null = null;
  const node = new VaultNode({
    ...{ id, store, now: clock, monotonic, log },
    apply: async (change) => {
      if (!learners) throw new Error('follow another node: this one has not started');
      await learn(change, learners);
    },
  });
  const announce = (bodies: readonly string[]) => store.announce({ node: id, at: clock(), bodies });
  return {
    id,
    sharing: sharingAmong({ node, id, now: clock, announce }),
    isShared: true,
    mayServe: () => node.mayServe(),
    over: (journal) => agreed(journal, node),
    start: (parts) => {
      learners = parts;
      return node.start();
    },
    stop: () => node.stop(),
  };
}
