/** One node over a database that answers when the test lets it. */
import { describe, expect, it } from 'vitest';
import { NODE_LEASE_MS, NODE_MARGIN_MS, VaultNode } from './node.ts';
import type { NodeStore, SeenNode, SharedChange } from './node-store.ts';

const QUIET = { error: () => undefined, warn: () => undefined };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function nodeOver(change: (store: NodeStore) => Partial<NodeStore> = () => ({})) {
  const clock = { now: 1_000 };
  const changes: SharedChange[] = [];
  const rows = new Map<string, SeenNode>();
  const store: NodeStore = {
    announce: ({ node, bodies }) => {
      for (const body of bodies) changes.push({ sequence: changes.length + 1, node, body });
      return Promise.resolve(changes.length);
    },
    renew: (row) => Promise.resolve(void rows.set(row.id, row)),
    nodes: () => Promise.resolve([...rows.values()]),
    changesAfter: (sequence, limit) =>
      Promise.resolve(changes.slice(Math.max(0, sequence), Math.max(0, sequence) + limit)),
    lastChange: () => Promise.resolve(changes.length),
    onTold: () => () => undefined,
    remove: () => Promise.resolve(),
    prune: () => Promise.resolve(),
  };
  const node = new VaultNode({
    id: 'node-1',
    store: { ...store, ...change(store) },
    now: () => clock.now,
    monotonic: () => clock.now,
    apply: () => Promise.resolve(),
    log: QUIET,
    wait: settled,
  });
  return { node, clock, changes, rows };
}

describe('a node', () => {
  it('serves for its lease less a margin, from before it asked for it', async () => {
    let answer = (): void => undefined;
    const { node, clock } = nodeOver((store) => ({
      renew: async (row) => {
        await new Promise<void>((resolve) => (answer = resolve));
        await store.renew(row);
      },
    }));
    const turning = node.turn();
    await settled();
    clock.now += NODE_LEASE_MS - NODE_MARGIN_MS - 1;
    answer();
    await turning;
    expect(node.mayServe()).toBe(true);
    clock.now += 1;
    expect(node.mayServe()).toBe(false);
  });

  it('tells what comes while others are being told, before it says that it is told', async () => {
    let answer: (() => void) | null = null;
    const { node, changes } = nodeOver((store) => ({
      announce: async (announcement) => {
        if (answer === null) await new Promise<void>((resolve) => (answer = resolve));
        return store.announce(announcement);
      },
    }));
    const first = node.tell(['first']);
    await settled();
    const second = node.tell(['second']);
    answer!();
    await Promise.all([first, second]);
    expect(changes.map(({ body }) => body)).toEqual(['first', 'second']);
  });

  it('confirms once another has it in force, or was seen to stand still for a lease', async () => {
    const { node, clock, rows } = nodeOver();
    rows.set('node-2', { id: 'node-2', turn: 7, applied: 0 });
    let isConfirmed = false;
    const telling = node.tell(['taken']).then(() => (isConfirmed = true));
    for (let i = 0; i < 20; i++) await settled();
    clock.now += NODE_LEASE_MS - 1;
    for (let i = 0; i < 20; i++) await settled();
    expect(isConfirmed).toBe(false);
    rows.set('node-2', { id: 'node-2', turn: 8, applied: 0 });
    for (let i = 0; i < 20; i++) await settled();
    clock.now += NODE_LEASE_MS - 1;
    for (let i = 0; i < 20; i++) await settled();
    expect(isConfirmed).toBe(false);
    clock.now += 1;
    await telling;
  });

  it('serves nothing once the database was put back', async () => {
    const { node, changes } = nodeOver();
    await node.tell(['first']);
    await node.turn();
    expect(node.mayServe()).toBe(true);
    changes.splice(0);
    await node.turn();
    expect(node.mayServe()).toBe(false);
  });
});
